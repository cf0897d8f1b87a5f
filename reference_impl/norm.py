"""Norms: the p-th root of the sum of p-th powers of magnitudes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .autograd.node import Gradients, Node
from .choice import where
from .dtype import dtype
from .layout import Shape, wrap_dims
from .op import RESULT, operation, record
from .promote import cast, operand
from .quiet import quiet
from .reduce import spread, total
from .storage import Array
from .tensor import Tensor


def _measure(array: Array, p: float, dims: Shape) -> Array:
    """The norm over dimensions, which stay with size 1."""
    magnitude = quiet(np.abs, array)
    if p == math.inf:
        return np.maximum.reduce(magnitude, axis=dims, keepdims=True)
    if p == -math.inf:
        return np.minimum.reduce(magnitude, axis=dims, keepdims=True)
    if p == 0:
        return np.count_nonzero(array, axis=dims, keepdims=True)
    if p == 1:
        return total(magnitude, dims, True)
    if p == 2:
        return quiet(np.sqrt, total(quiet(np.multiply, magnitude, magnitude), dims, True))  # type: ignore[no-any-return]
    return quiet(np.power, total(quiet(np.power, magnitude, p), dims, True), 1 / p)  # type: ignore[no-any-return]


class LinalgVectorNormBackward0(Node):
    """Zero at the zero vector; equal extremes share the gradient."""

    __slots__ = ()
    saves = ("self", "result")
    args: tuple[float, Shape, bool]

    def gradient(self, grad: Tensor) -> Gradients:
        x, y = self.tensors()
        p, dims, keepdim = self.args
        shape = x._array.shape
        grad, y = spread(grad, shape, dims, keepdim), spread(y, shape, dims, keepdim)
        if p == 0:
            return grad.detach() * 0
        if p == 1:
            return x.sgn() * grad
        if p == 2:
            return x * where(y == 0, 0, grad / where(y == 0, 1, y))
        magnitude = x.abs()
        if math.isinf(p):
            equal = (magnitude == y) | ((magnitude != magnitude) & (y != y))
            count = equal.sum(dims, keepdim=True) if shape else 1
            return x.sgn() * where(equal, grad / count, 0)
        zero = (y == 0) | (magnitude == 0) if p < 2 else y == 0
        ratio = where(zero, 1, magnitude) / where(y == 0, 1, y)
        return where(zero, 0, x.sgn() * ratio.pow(p - 1) * grad)


def _norm(input: Tensor, p: float, dim: Any, keepdim: bool, d: dtype | None) -> Tensor:
    if not (d or input._dtype).differentiable:
        raise RuntimeError(
            f"linalg.vector_norm: Expected a floating point or complex tensor as input. Got {input._dtype.word}"
        )
    if d is not None:
        input = input.to(d)
    result_dtype = input._dtype.to_real()
    dims = wrap_dims(dim, input.ndim)
    array = operand(input, input._dtype)
    if math.isinf(p) and any(array.shape[i] == 0 for i in dims if array.ndim):
        raise RuntimeError(
            f"linalg.vector_norm cannot compute the {p} norm on an empty tensor because the operation does not have an "
            "identity"
        )
    result = _measure(array if array.ndim else array.reshape(1), p, dims if array.ndim else (0,))
    shape = array.shape
    kept = tuple(1 if i in dims else n for i, n in enumerate(shape) if keepdim or i not in dims)
    result = cast(np.asarray(result), result_dtype).reshape(kept)
    saved, args = (input, RESULT), (p, dims, keepdim)
    kind = LinalgVectorNormBackward0
    return record(kind, result, result_dtype, input._device, (input,), saved=saved, args=args)


@operation(method=False)
def vector_norm(
    x: Tensor, ord: float = 2, dim: Any = None, keepdim: bool = False, *, dtype: dtype | None = None
) -> Tensor:
    """The p-norm over some dimensions or all: `inf` the greatest magnitude, `-inf` the least, 0 counts nonzeros."""
    return _norm(x, float(ord), dim, keepdim, dtype)


@operation()
def norm(input: Tensor, p: Any = "fro", dim: Any = None, keepdim: bool = False, dtype: dtype | None = None) -> Tensor:
    """The p-norm over some dimensions or all; by default the square root of the sum of squares."""
    p = 2.0 if p is None or p == "fro" else float(p)
    return _norm(input, p, dim, keepdim, dtype)
