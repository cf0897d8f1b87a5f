"""Reductions: sums, means and products over dimensions."""

from __future__ import annotations

from typing import Any

import numpy as np

from .autocast import wider
from .autograd.node import Gradients, Node
from .choice import where
from .dtype import FLOATING, dtype, int64
from .hollow import Hollow, rows
from .layout import Shape, numel, wrap_dim, wrap_dims
from .op import RESULT, operation, record
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


LARGE = 1 << 15
"""From so many elements on, adding in blocks pays."""

BLOCK = 512
"""Einsum adds so many neighbours in vector registers, with no larger an error than adding pairwise."""

ROWS = 16
"""So many rows are added one after the other before float64 takes over."""


def total(array: Array, dims: Shape, keepdim: bool) -> Array:
    """The sum over dimensions, in row-major order. NumPy adds pairwise only along the axis it reads first, so floats
    elsewhere are added in float64; many of them in blocks."""
    kind = None
    if array.dtype == np.float32:
        if array.flags.f_contiguous and not array.flags.c_contiguous:
            turned = total(array.T, tuple([array.ndim - 1 - i for i in reversed(dims)]), keepdim)
            return rows(turned.T)
        if array.size >= LARGE and array.flags.c_contiguous and type(array) is not Hollow:
            summed = _in_blocks(array, dims)
            if summed is not None:
                kept = [1 if i in dims else n for i, n in enumerate(array.shape) if keepdim or i not in dims]
                return summed.reshape(kept)
        if dims[-1:] != (array.ndim - 1,) or not array.flags.c_contiguous:
            kind = np.float64
    return rows(quiet(np.add.reduce, array, axis=dims, keepdims=keepdim, dtype=kind))


def _in_blocks(array: Array, dims: Shape) -> Array | None:
    """The sum over the first or the last dimensions, flattened; None for others."""
    if dims == tuple(range(dims[0], array.ndim)):
        return quiet(_along_rows, array.reshape(numel(array.shape[: dims[0]]), -1))  # type: ignore[no-any-return]
    if dims == tuple(range(len(dims))):
        return quiet(_along_columns, array.reshape(-1, numel(array.shape[len(dims) :])))  # type: ignore[no-any-return]
    return None


def _along_rows(rows: Array) -> Array:
    """The sum of each row, added in blocks."""
    whole = rows.shape[1] // BLOCK * BLOCK
    blocks = np.einsum("ijk->ij", rows[:, :whole].reshape(len(rows), whole // BLOCK, BLOCK))
    summed: Array = np.add.reduce(blocks, axis=1) + np.einsum("ij->i", rows[:, whole:])
    return summed


def _along_columns(rows: Array) -> Array:
    """The sum of each column, in float64: first rows far from each other, so that NumPy adds long runs."""
    whole = len(rows) // ROWS * ROWS
    blocks = np.add.reduce(rows[:whole].reshape(ROWS, whole // ROWS, rows.shape[1]), axis=0)
    summed: Array = np.add.reduce(blocks, axis=0, dtype=np.float64)
    summed += np.add.reduce(rows[whole:], axis=0, dtype=np.float64)
    return summed


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


@operation()
def nansum(input: Tensor, dim: Any = None, keepdim: bool = False, *, dtype: dtype | None = None) -> Tensor:
    """The sum without NaN. RuntimeError for complex numbers."""
    if input._dtype.is_complex:
        raise RuntimeError("nansum on CPU does not support complex inputs")
    if input._dtype.category == FLOATING:
        input = where(input != input, 0, input)
    return sum(input, dim, keepdim, dtype=dtype)


@operation()
def nanmean(input: Tensor, dim: Any = None, keepdim: bool = False, *, dtype: dtype | None = None) -> Tensor:
    """The mean of what is not NaN. RuntimeError for integers."""
    if not input._dtype.is_floating_point:
        raise RuntimeError(f"nanmean(): expected input to have floating point dtype but got {input._dtype.word}")
    count = sum(input == input, dim, keepdim)
    return nansum(input, dim, keepdim, dtype=dtype) / count


class ProdBackward0(Node):
    """The product of the others: the result divided by the element, unless there are zeros."""

    __slots__ = ()
    saves = ("self", "result")
    args: tuple[int, bool]

    def gradient(self, grad: Tensor) -> Gradients:
        x, y = self.tensors()
        dim, keepdim = self.args
        shape = x._array.shape
        if shape and not keepdim:
            grad, y = grad.unsqueeze(dim), y.unsqueeze(dim)
        if np.all(x._array):
            return grad * (y / x).conj() if x._dtype.is_complex else grad * (y / x)
        others = _without_each(x, dim)
        return grad * (others.conj() if x._dtype.is_complex else others)


class ProdBackward1(ProdBackward0):
    """Over one dimension."""

    __slots__ = ()


def _without_each(x: Tensor, dim: int) -> Tensor:
    """For each place along a dimension the product of the other places, which may be zeros."""
    if not x.ndim:
        return x.detach() * 0 + 1
    n = x._array.shape[dim]
    own = x._from_numpy(np.eye(n, dtype=np.bool_)).to(x._device)
    lines = x.transpose(dim, -1).unsqueeze(-2)
    return prod(where(own, 1, lines), -1).transpose(dim, -1)


@operation(autocast=wider)
def prod(input: Tensor, dim: int | None = None, keepdim: bool = False, *, dtype: dtype | None = None) -> Tensor:
    """The product over one dimension or all. Integers and bools multiply in int64."""
    d = dtype or (input._dtype if input._dtype.differentiable else int64)
    if d is not input._dtype:
        input = input.to(d)
    kind = ProdBackward0 if dim is None else ProdBackward1
    if dim is None:
        input = input.reshape(-1)
    dim = wrap_dim(0 if dim is None else dim, input.ndim)
    array = input._array
    if array.dtype != d.compute:
        array = array.astype(d.compute)
    result = cast(
        np.asarray(quiet(np.multiply.reduce, array, axis=dim, keepdims=keepdim) if array.ndim else array.copy()), d
    )
    return record(kind, result, d, input._device, (input,), saved=(input, RESULT), args=(dim, keepdim))
