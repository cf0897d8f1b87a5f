"""Variance, standard deviation, covariance and correlation."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from .autograd.node import Gradients, Node
from .choice import clamp, where
from .complex import complex
from .dtype import bool as bool_
from .layout import Shape, wrap_dims
from .op import RESULT, floating, operation, record
from .promote import cast, operand
from .quiet import quiet
from .reduce import mean, spread, total
from .storage import Array
from .tensor import Tensor


def _spread_of(array: Array, dims: Shape, count: int, correction: float, keepdim: bool) -> Array:
    """The sum of squared distances from the mean, divided by the degrees of freedom.

    Two passes, so that a large mean does not cancel the digits: T. F. Chan, G. H. Golub, R. J. LeVeque, Algorithms
    for computing the sample variance, The American Statistician 37 (1983).
    """
    centre = quiet(np.true_divide, total(array, dims, True), count).astype(array.dtype)
    distance = quiet(np.subtract, array, centre)
    if np.iscomplexobj(distance):
        squares = quiet(np.multiply, distance, np.conj(distance)).real
    else:
        squares = quiet(np.multiply, distance, distance, out=distance)
    freedom = max(0.0, count - correction)
    return np.asarray(quiet(np.true_divide, total(squares, dims, keepdim), freedom)).astype(squares.dtype)


def variance_gradient(x: Tensor, grad: Tensor, dims: Shape, keepdim: bool, correction: float) -> Tensor:
    """The gradient of a variance: twice the distance from the mean, over the degrees of freedom."""
    shape = x._array.shape
    count = math.prod(shape[i] for i in dims) if shape else 1
    freedom = max(0.0, count - correction)
    centre = mean(x, dims, True) if shape else x
    factor = 2 / freedom if freedom else math.inf
    return spread(grad, shape, dims, keepdim) * ((x - centre) * factor)


class VarBackward0(Node):
    __slots__ = ()
    saves = ("self",)
    args: tuple[Shape, bool, float]

    def gradient(self, grad: Tensor) -> Gradients:
        (x,) = self.tensors()
        return variance_gradient(x, grad, *self.args)


class StdBackward0(Node):
    """Zero where the deviation is."""

    __slots__ = ()
    saves = ("self", "result")
    args: tuple[Shape, bool, float]

    def gradient(self, grad: Tensor) -> Gradients:
        x, y = self.tensors()
        slope = where(y == 0, 0, grad / (where(y == 0, 1, y) * 2))
        return variance_gradient(x, slope, *self.args)


def _measured(
    name: str, words: str, input: Tensor, dim: Any, unbiased: Any, keepdim: bool, correction: Any
) -> tuple[Array, Shape, float]:
    d = input._dtype
    if not d.differentiable:
        raise RuntimeError(f"{words} only support floating point and complex dtypes")
    if correction is None:
        correction = 1 if unbiased is None or unbiased else 0
    dims = wrap_dims(dim, input.ndim)
    array = operand(input, d)
    count = math.prod(array.shape[i] for i in dims) if array.ndim else 1
    if count - correction <= 0:
        warnings.warn(
            f"{name}(): degrees of freedom is <= 0. Correction should be strictly less than the reduction factor "
            "(input numel divided by output numel).",
            UserWarning,
            stacklevel=4,
        )
    shaped = array if array.ndim else array.reshape(1)
    result = _spread_of(shaped, dims if array.ndim else (0,), count, correction, keepdim and array.ndim > 0)
    return result, dims, correction


@operation()
def var(
    input: Tensor, dim: Any = None, unbiased: Any = None, keepdim: bool = False, *, correction: float | None = None
) -> Tensor:
    """The mean squared distance from the mean, divided by the count less `correction`. RuntimeError for integers."""
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    array, dims, correction = _measured("var", "var", input, dim, unbiased, keepdim, correction)
    d = input._dtype.to_real()
    args = (dims, keepdim, correction)
    return record(VarBackward0, cast(array, d), d, input._device, (input,), saved=(input,), args=args)


@operation()
def std(
    input: Tensor, dim: Any = None, unbiased: Any = None, keepdim: bool = False, *, correction: float | None = None
) -> Tensor:
    """The square root of the variance. RuntimeError for integers."""
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    array, dims, correction = _measured("std", "std and var", input, dim, unbiased, keepdim, correction)
    d = input._dtype.to_real()
    array = cast(np.asarray(quiet(np.sqrt, array)), d)
    args = (dims, keepdim, correction)
    return record(StdBackward0, array, d, input._device, (input,), saved=(input, RESULT), args=args)


@operation(method=False)
def var_mean(input: Tensor, dim: Any = None, **options: Any) -> tuple[Tensor, Tensor]:
    """The variance and the mean; arguments as for `var`."""
    return var(input, dim, **options), mean(
        input, None if isinstance(dim, bool) else dim, options.get("keepdim", False)
    )


@operation(method=False)
def std_mean(input: Tensor, dim: Any = None, **options: Any) -> tuple[Tensor, Tensor]:
    """The standard deviation and the mean; arguments as for `std`."""
    return std(input, dim, **options), mean(
        input, None if isinstance(dim, bool) else dim, options.get("keepdim", False)
    )


@operation(out=False)
def cov(input: Tensor, *, correction: int = 1, fweights: Any = None, aweights: Any = None) -> Tensor:
    """The covariance matrix of the rows; a vector is one row. RuntimeError for more than two dimensions."""
    if input._dtype is bool_:
        raise RuntimeError("cov(): bool dtype is not supported for input")
    if input.ndim > 2:
        raise RuntimeError(
            f"cov(): expected input to have two or fewer dimensions but got an input with {input.ndim} dimensions"
        )
    rows = input if input.ndim == 2 else input.reshape(1, -1)
    if not rows._dtype.differentiable:
        rows = rows.to(floating(input._dtype)[0])
    weights = _weights(fweights, aweights)
    if weights is None:
        count: Any = rows._array.shape[1]
        centred = rows - mean(rows, 1, True)
        product = centred @ _turned(centred)
    else:
        count = weights.sum()
        centred = rows - (rows * weights).sum(1, keepdim=True) / count
        product = (centred * weights) @ _turned(centred)
    per_degree = 1 if aweights is None else (weights * aweights).sum() / count
    degrees = count - per_degree * correction
    if degrees <= 0:
        warnings.warn(
            "cov(): degrees of freedom is <= 0. Correction should be strictly less than the number of observations.",
            UserWarning,
            stacklevel=3,
        )
        degrees = degrees * 0
    return (product / degrees).squeeze()  # type: ignore[no-any-return]


def _turned(x: Tensor) -> Tensor:
    y: Tensor = (x.conj() if x._dtype.is_complex else x).transpose(0, 1)
    return y


def _weights(fweights: Any, aweights: Any) -> Any:
    if fweights is None or aweights is None:
        return aweights if fweights is None else fweights
    return fweights * aweights


@operation(out=False)
def corrcoef(input: Tensor) -> Tensor:
    """The correlation matrix of the rows, within [-1, 1], of complex numbers in both parts."""
    c = cov(input)
    if not c.ndim:
        return c / c
    n = c._array.shape[0]
    deviation = c.reshape(-1)[:: n + 1].sqrt()
    matrix = c / deviation.unsqueeze(1) / deviation
    if not matrix._dtype.is_complex:
        return clamp(matrix, -1, 1)
    return complex(clamp(matrix.real, -1, 1), clamp(matrix.imag, -1, 1))
