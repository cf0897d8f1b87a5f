"""Slices along one dimension, named by a vector: index_select, index_add, index_copy, index_fill."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import layout
from .accumulate import added
from .autograd.node import Gradients, Node
from .create import checked, fitting
from .dtype import int32, int64
from .gather import check_bounds
from .op import operation, record
from .promote import cast, same_device
from .storage import Array
from .tensor import Tensor, wrap


class IndexSelectBackward0(Node):
    __slots__ = ()
    saves = ("index",)

    def gradient(self, grad: Tensor) -> Gradients:
        (index,) = self.tensors()
        shape, dim = self.args
        return grad.new_zeros(shape).index_add(dim, index, grad)


@operation(promotes=False, apart=True)
def index_select(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """The slices along a dimension that a vector names, as a copy. IndexError out of range and for an index of more
    dimensions."""
    dim = layout.wrap_dim(dim, input.ndim)
    device = same_device(input, index)
    if index.ndim > 1:
        raise IndexError("index_select(): Index is supposed to be a vector")
    if index._dtype is not int64 and index._dtype is not int32:
        raise RuntimeError("index_select(): Expected dtype int32 or int64 for index")
    at = index._array.reshape(-1)
    if not input.ndim and at.size != 1:
        raise RuntimeError(f"index_select(): Index to scalar can have only 1 value, got {at.size} value(s)")
    size = (input._array.shape or (1,))[dim]
    if at.size and (at.min() < 0 or at.max() >= size):
        raise IndexError("index out of range in self")
    array = np.take(input._array, at, dim) if input.ndim else input._array.reshape(1)[at].reshape(())
    args = (input._array.shape, dim)
    return record(IndexSelectBackward0, array, input._dtype, device, (input,), saved=(index,), args=args)


def _vector(index: Tensor, name: str) -> Array:
    if index.ndim > 1:
        raise IndexError(
            f"{name}(): Index is supposed to be a vector, but got dim: {index.ndim} with type: {index._dtype.word} and "
            f"size: {list(index._array.shape)}"
        )
    if index._dtype is not int64 and index._dtype is not int32:
        raise RuntimeError(f"{name}(): Expected dtype int32/int64 for index but got: {index._dtype.word}")
    return index._array.reshape(-1)


def check_added(input: Tensor, dim: int, index: Tensor, source: Tensor, name: str) -> tuple[int, Array]:
    """The wrapped dimension and the places. IndexError out of range, RuntimeError for other sizes or another dtype."""
    dim = layout.wrap_dim(dim, input.ndim)
    at = _vector(index, name)
    ours, theirs = input._array.shape, source._array.shape
    if source._dtype is not input._dtype:
        raise RuntimeError(
            f"{name}(): self ({input._dtype.word}) and source ({source._dtype.word}) must have the same scalar type"
        )
    same_device(input, index, source)
    count = theirs[dim] if theirs else 1
    if len(at) != count:
        raise RuntimeError(
            f"{name}(): Number of indices ({len(at)}) should be equal to source.size(dim): ({count}), for dim: {dim}"
        )
    if len(ours) != len(theirs) or (*ours[:dim], *ours[dim + 1 :]) != (*theirs[:dim], *theirs[dim + 1 :]):
        raise RuntimeError(
            "source tensor shape must match self tensor shape, excluding the specified dimension. Got self.shape = "
            f"{list(ours)} source.shape = {list(theirs)}"
        )
    if at.size and (at.min() < 0 or at.max() >= (ours or (1,))[dim]):
        raise IndexError("index out of range in self")
    return dim, at


class IndexAddBackward0(Node):
    __slots__ = ()
    saves = ("index",)

    def gradient(self, grad: Tensor) -> Gradients:
        (index,) = self.tensors()
        dim, alpha, shape = self.args
        source = None
        if self.needs(1):
            source = index_select(grad, dim, index).reshape(shape)
            source = source * alpha if alpha != 1 else source
        return grad, source


@operation(inplace=True, promotes=False, apart=True)
def index_add(input: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: Any = 1) -> Tensor:
    """A copy to which the slices of the source, times alpha, are added at the places that a vector names; repeated
    places add up. IndexError out of range, RuntimeError for other sizes or another dtype."""
    dim, at = check_added(input, dim, index, source, "index_add_")
    d, device = input._dtype, input._device
    ours, theirs = input._array.shape, source._array.shape
    values = source._array.reshape(theirs or (1,))
    if alpha != 1:
        values = (values.astype(d.compute) * checked(alpha, d)).astype(d.compute, copy=False)
    front = np.moveaxis(input._array.reshape(ours or (1,)), dim, 0)
    array = np.moveaxis(added(front, at, np.moveaxis(values, dim, 0), d), 0, dim).reshape(ours)
    array = cast(np.ascontiguousarray(array).reshape(ours), d)
    args = (dim, alpha, theirs)
    return record(IndexAddBackward0, array, d, device, (input, source), saved=(index,), args=args)


class IndexCopyBackward0(Node):
    __slots__ = ()
    saves = ("index",)

    def gradient(self, grad: Tensor) -> Gradients:
        (index,) = self.tensors()
        dim, shape = self.args
        rest = index_fill(grad, dim, index, 0) if self.needs(0) else None
        return rest, index_select(grad, dim, index).reshape(shape) if self.needs(1) else None


@operation(inplace=True, promotes=False, apart=True)
def index_copy(input: Tensor, dim: int, index: Tensor, source: Tensor) -> Tensor:
    """A copy in which the places that a vector names have the slices of the source. IndexError out of range,
    RuntimeError for other sizes or another dtype."""
    dim = layout.wrap_dim(dim, input.ndim)
    ours, theirs = input._array.shape, source._array.shape
    _check_copy(input, dim, index, source)
    at = index._array.reshape(-1)
    if at.size and (at.min() < 0 or at.max() >= (ours or (1,))[dim]):
        bad = at[(at < 0) | (at >= (ours or (1,))[dim])][0]
        raise IndexError(
            f"index_copy_(): index {bad} is out of bounds for dimension {dim} with size {(ours or (1,))[dim]}"
        )
    array = input._array.copy("C")
    np.moveaxis(array.reshape(ours or (1,)), dim, 0)[at] = np.moveaxis(source._array.reshape(theirs or (1,)), dim, 0)
    device, args = same_device(input, index, source), (dim, theirs)
    return record(IndexCopyBackward0, array, input._dtype, device, (input, source), saved=(index,), args=args)


def _check_copy(input: Tensor, dim: int, index: Tensor, source: Tensor) -> None:
    if index.ndim > 1:
        raise IndexError(f"index_copy_(): Index should have dimension 1 or 0 (got {index.ndim})")
    if index._dtype is not int64:
        raise RuntimeError(f"index_copy_(): Expected a long tensor for index, but got {index._dtype.word}")
    if source._dtype is not input._dtype:
        raise RuntimeError(
            f"index_copy_(): self and source expected to have the same dtype, but got (self) {input._dtype.word} and "
            f"(source) {source._dtype.word}"
        )
    ours, theirs = input._array.shape, source._array.shape
    if ours and theirs and len(ours) != len(theirs):
        raise IndexError(
            "index_copy_(): When source and destination are not scalars, their dimensionality must match. Source "
            f"dimensionality ({len(theirs)}), destination dimensionality ({len(ours)})"
        )
    rest, other = (*ours[:dim], *ours[dim + 1 :]), (*theirs[:dim], *theirs[dim + 1 :])
    if rest != other:
        shown, found = " ".join(map(str, rest)), " ".join(map(str, other))
        raise RuntimeError(
            "index_copy_(): Source/destination tensor must have same slice shapes. Destination slice shape: "
            f"{shown} at dimension {dim} and source slice shape: {found} at dimension 0."
        )
    count = theirs[dim] if theirs else 1
    if index.numel() != count:
        raise IndexError(
            f"index_copy_(): Number of indices ({index.numel()}) should be equal to source.size(dim) ({count})"
        )


class IndexFillBackward0(Node):
    __slots__ = ()
    saves = ("index",)

    def gradient(self, grad: Tensor) -> Gradients:
        (index,) = self.tensors()
        rest = index_fill(grad, self.args, index, 0) if self.needs(0) else None
        if not self.needs(1):
            return rest, None
        once = wrap(np.unique(index._array % max(1, (grad.shape or (1,))[self.args])), int64, grad._device)
        return rest, index_select(grad, self.args, once).sum()


@operation(inplace=True, overlap=True, out=False)
def index_fill(input: Tensor, dim: int, index: Tensor, value: Any) -> Tensor:
    """A copy in which the slices that a vector names have one value; negative places count from the end. IndexError
    out of range."""
    dim = layout.wrap_dim(dim, input.ndim)
    if index._dtype is not int64:
        raise IndexError("index_fill_(): Expected dtype int64 for index.")
    if index.ndim > 1:
        raise RuntimeError("Index has to be a vector/scalar")
    if isinstance(value, Tensor) and value.ndim:
        raise RuntimeError(
            f"index_fill_ only supports a 0-dimensional value tensor, but got tensor with {value.ndim} dimension(s)."
        )
    shape = input._array.shape or (1,)
    at = index._array.reshape(-1)
    check_bounds(at, dim, shape[dim], IndexError, -shape[dim])
    same_device(input, index)
    array = input._array.copy("C")
    d = input._dtype
    filled = cast(value._array, d) if isinstance(value, Tensor) else fitting(value, d)
    np.moveaxis(array.reshape(shape), dim, 0)[at] = filled
    return record(IndexFillBackward0, array, d, input._device, (input, value), saved=(index,), args=dim)
