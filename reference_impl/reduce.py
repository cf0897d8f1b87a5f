"""Reductions: sums and means over dimensions."""

from __future__ import annotations

from typing import Any

import numpy as np

from .autograd.node import Gradients, Node
from .dtype import dtype, int64
from .layout import Shape, wrap_dims
from .op import operation, record
from .promote import cast
from .quiet import quiet
from .storage import Array
from .tensor import Tensor


def spread(grad: Tensor, shape: Shape, dims: Shape, keepdim: bool) -> Tensor:
    """A gradient of a reduction, expanded to the shape that was reduced."""
    if not keepdim and grad.ndim != len(shape):
        kept = tuple(1 if i in dims else n for i, n in enumerate(shape))
        grad = grad.reshape(kept)
    return grad.expand(shape)


class SumBackward1(Node):
    __slots__ = ()
    args: tuple[Shape, Shape, bool]

    def gradient(self, grad: Tensor) -> Gradients:
        return spread(grad, *self.args)


class SumBackward0(SumBackward1):
    __slots__ = ()


def total(array: Array, dims: Shape, keepdim: bool) -> Array:
    """The sum over dimensions. NumPy adds pairwise only along the axis it reads first, so floats elsewhere are added
    in float64."""
    if (array.dtype == np.float32 and not array.flags.c_contiguous) or (
        array.dtype == np.float32 and dims[-1:] != (array.ndim - 1,)
    ):
        return quiet(np.add.reduce, array, axis=dims, keepdims=keepdim, dtype=np.float64)  # type: ignore[no-any-return]
    return quiet(np.add.reduce, array, axis=dims, keepdims=keepdim)  # type: ignore[no-any-return]


@operation()
def sum(input: Tensor, dim: Any = None, keepdim: bool = False, *, dtype: dtype | None = None) -> Tensor:
    """The sum over all dimensions or some. Integers and bools add up in int64."""
    d = dtype or (input._dtype if input._dtype.differentiable else int64)
    if dtype is not None and dtype is not input._dtype:
        input = input.to(dtype)
    array = input._array
    if array.dtype != d.compute:
        array = array.astype(d.compute)
    dims = wrap_dims(dim, array.ndim)
    result = cast(total(array, dims, keepdim) if array.ndim else array.copy(), d)
    kind = SumBackward0 if dim is None else SumBackward1
    return record(kind, result, d, input._device, (input,), args=(array.shape, dims, keepdim))


class MeanBackward1(Node):
    __slots__ = ()
    args: tuple[Shape, Shape, bool, int]

    def gradient(self, grad: Tensor) -> Gradients:
        shape, dims, keepdim, count = self.args
        return spread(grad, shape, dims, keepdim) / count


class MeanBackward0(MeanBackward1):
    __slots__ = ()


@operation()
def mean(input: Tensor, dim: Any = None, keepdim: bool = False, *, dtype: dtype | None = None) -> Tensor:
    """The mean over all dimensions or some. RuntimeError for integers and bools, unless a floating dtype is given."""
    d = dtype or input._dtype
    if not d.differentiable:
        what = "Input" if dtype is None else "Optional"
        raise RuntimeError(
            f"mean(): could not infer output dtype. {what} dtype must be either a floating point or complex dtype. "
            f"Got: {d.word}"
        )
    if d is not input._dtype:
        input = input.to(d)
    array = input._array
    if array.dtype != d.compute:
        array = array.astype(d.compute)
    dims = wrap_dims(dim, array.ndim)
    count = 1
    for i in dims:
        count *= array.shape[i] if array.ndim else 1
    summed = total(array, dims, keepdim) if array.ndim else array
    result = cast(quiet(np.true_divide, summed, count), d)
    kind = MeanBackward0 if dim is None else MeanBackward1
    return record(kind, result, d, input._device, (input,), args=(array.shape, dims, keepdim, count))
