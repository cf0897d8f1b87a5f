"""Norms of vectors: the p-th root of the sum of p-th powers of magnitudes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .autograd.node import Gradients, Node
from .choice import where
from .dtype import PROMOTE, dtype
from .layout import Shape, wrap_dims
from .op import RESULT, operation, record
from .promote import cast, operand
from .quiet import quiet
from .reduce import spread, total
from .storage import Array
from .tensor import Tensor


def _measure(array: Array, p: float, dims: Shape) -> Array:
    """The norm over dimensions, which stay with size 1."""
    magnitude = array if p == 2 and array.dtype.kind != "c" else quiet(np.abs, array)  # a square needs no sign
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


def check_dtypes(name: str, x: Tensor, d: dtype | None) -> None:
    """RuntimeError for integers and bools, and for a `dtype=` that would lose something of the input."""
    if not x._dtype.differentiable:
        raise RuntimeError(f"{name}: Expected a floating point or complex tensor as input. Got {x._dtype.word}")
    if d is None:
        return
    if not d.differentiable:
        raise RuntimeError(f"{name}: dtype should be floating point or complex, but got {d.word}")
    if d.is_complex is not x._dtype.is_complex:
        kind = "complex" if x._dtype.is_complex else "real"
        raise RuntimeError(f"{name}: dtype should be {kind} for {kind} inputs, but got {d.word}")
    if PROMOTE[x._dtype, d] is not d:
        raise RuntimeError(
            f"{name}: the dtype of the input ({x._dtype.word}) should be convertible without narrowing to the "
            f"specified dtype ({d.word})"
        )


def _check_order(ord: Any) -> float:
    if isinstance(ord, complex):
        raise RuntimeError("linalg.vector_norm: Expected a non-complex scalar as the order of norm.")
    if isinstance(ord, str):
        raise TypeError("linalg_vector_norm(): argument 'ord' must be Number, not str")
    return float(ord)


def _check_empty(shape: Shape, p: float, dim: Any, dims: Shape) -> None:
    """RuntimeError for norms that have no value where there are no elements: the extremes and negative p."""
    empty = [i for i in dims if shape and shape[i] == 0]
    if empty and (p < 0 or p == math.inf):
        place = "an empty tensor" if dim is None or dim == () else f"the dimension {empty[0]}"
        space = " " if dim is None or dim == () else ""  # torch's words lack it
        raise RuntimeError(
            f"linalg.vector_norm cannot compute the {p:g} norm on {place}{space}because "
            f"{'the' if space else 'this dimension is empty and the'} operation does not have an identity"
        )


@operation(method=False, name="linalg_vector_norm", promotes=False)
def vector_norm(
    input: Tensor, ord: float = 2, dim: Any = None, keepdim: bool = False, *, dtype: dtype | None = None
) -> Tensor:
    """The p-norm over some dimensions or all: `inf` the greatest magnitude, `-inf` the least, 0 counts nonzeros.

    It is real, also of complex numbers. RuntimeError for integers, for a `dtype` that is narrower than the input's, and
    for norms that have no value over no elements.
    """
    p = _check_order(ord)
    check_dtypes("linalg.vector_norm", input, dtype)
    if dtype is not None:
        input = input.to(dtype)
    d = input._dtype.to_real()
    dims = wrap_dims(dim, input.ndim)
    array, shape = operand(input, input._dtype), input._array.shape
    _check_empty(shape, p, dim, dims)
    result = _measure(array if shape else array.reshape(1), p, dims if shape else (0,))
    kept = tuple(1 if i in dims else n for i, n in enumerate(shape) if keepdim or i not in dims)
    result = cast(np.asarray(result), d).reshape(kept)
    return record(
        LinalgVectorNormBackward0, result, d, input._device, (input,), saved=(input, RESULT), args=(p, dims, keepdim)
    )
