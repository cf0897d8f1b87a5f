"""Reading and writing under masks, and by places in row-major order."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import layout
from .accumulate import added
from .arguments import spoken
from .autograd.node import Gradients, Node
from .deterministic import alert
from .dtype import bool as bool_
from .dtype import int64
from .gradmode import check_unmapped
from .hollow import has_values
from .inplace_rules import fill_out
from .op import operation, record
from .promote import cast, same_device
from .storage import Array
from .stride import brought_back
from .tensor import Tensor, attach, wrap


@spoken
def nonzero(input: Tensor, *, out: Tensor | None = None, as_tuple: bool = False) -> Any:
    """The places of the elements that are not zero, one to a row in row-major order; `as_tuple` gives one tensor for
    each dimension."""
    check_unmapped("nonzero")
    if as_tuple:
        found = np.nonzero(input._array if input.ndim else input._array.reshape(1))
        return tuple(wrap(a.astype(np.int64, copy=False), int64, input._device) for a in found)
    rows = argwhere(input)
    return rows if out is None else fill_out(out, rows, promotes=False)


@operation(promotes=False)
def argwhere(input: Tensor) -> Tensor:
    """The places of the elements that are not zero, one to a row in row-major order."""
    check_unmapped("argwhere")
    array = input._array
    found = np.argwhere(array) if input.ndim else np.zeros((int(bool(array)), 0), np.int64)
    return wrap(np.asarray(found, np.int64, order="F"), int64, input._device)


class MaskedSelectBackward0(Node):
    __slots__ = ()
    saves = ("self", "mask")

    def gradient(self, grad: Tensor) -> Gradients:
        self.tensors()
        shape, at = self.args
        return brought_back(grad, shape, at)


@operation(promotes=False, apart=True)
def masked_select(input: Tensor, mask: Tensor) -> Tensor:
    """The elements under a mask in row-major order; tensor and mask broadcast. RuntimeError for a mask that is not
    bool."""
    check_unmapped("masked_select")
    if mask._dtype is not bool_:
        raise RuntimeError("masked_select: expected BoolTensor for mask")
    device = same_device(input, mask)
    shape = layout.broadcast_shapes(mask._array.shape, input._array.shape)
    at = np.flatnonzero(np.broadcast_to(mask._array, shape))
    array = np.broadcast_to(input._array, shape).reshape(-1)[at]
    return record(MaskedSelectBackward0, array, input._dtype, device, (input,), (input, mask), (shape, at))


class MaskedScatterBackward0(Node):
    __slots__ = ()
    saves = ("mask",)

    def gradient(self, grad: Tensor) -> Gradients:
        (mask,) = self.tensors()
        rest = grad.masked_fill(mask, 0) if self.needs(0) else None
        if not self.needs(1):
            return rest, None
        picked = masked_select(grad, mask.expand(grad.shape))
        size = layout.numel(self.args)
        return rest, brought_back(picked, (size,), np.arange(picked.numel())).reshape(self.args)


@operation(inplace=True, out=False)
def masked_scatter(input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """A copy in which the places under a mask have the elements of the source, both in row-major order. RuntimeError
    for a mask that is not bool, and for a source with too few elements."""
    if mask._dtype is not bool_:
        raise RuntimeError(f"masked_scatter_ only supports boolean masks, but got mask with dtype {mask._dtype.word}")
    if source._dtype is not input._dtype:
        raise RuntimeError(
            "masked_scatter: expected self and source to have same dtypes but got"
            f"{input._dtype.word} and {source._dtype.word}"
        )
    device = same_device(input, mask, source)
    shape = layout.broadcast_shapes(mask._array.shape, input._array.shape)
    at = np.flatnonzero(np.broadcast_to(mask._array, shape)) if has_values(mask._array) else np.zeros(0, np.int64)
    if at.size > source.numel():
        raise RuntimeError("Number of elements of source < number of ones in mask")
    array = np.array(np.broadcast_to(input._array, shape), order="C")
    array.reshape(-1)[at] = source._array.reshape(-1)[: at.size]
    args = source._array.shape
    return record(MaskedScatterBackward0, array, input._dtype, device, (input, source), saved=(mask,), args=args)


def _flat(input: Tensor, index: Tensor, name: str) -> Array:
    """The places, counted from the front. IndexError out of range."""
    if index._dtype is not int64:
        raise RuntimeError(f"{name}(): Expected a long tensor for index, but got {index._dtype.word}")
    at, size = index._array, input.numel()
    if at.size and not size:
        tried = "tried to take from" if name == "take" else "Tried to put elements into"
        raise IndexError(f"{name}(): {tried} an empty tensor")
    if at.size and (at.min() < -size or at.max() >= size):
        bad = at[(at < -size) | (at >= size)].flat[0]
        raise IndexError(f"out of range: tried to access index {bad} on a tensor of {size} elements.")
    return np.where(at < 0, at + size, at)


class TakeBackward0(Node):
    __slots__ = ()
    saves = ("self", "index")

    def gradient(self, grad: Tensor) -> Gradients:
        self.tensors()
        return brought_back(grad, *self.args)


@operation(promotes=False, apart=True)
def take(input: Tensor, index: Tensor) -> Tensor:
    """The elements at places of the flattened tensor, in the shape of the index. IndexError out of range."""
    at = _flat(input, index, "take")
    device = same_device(input, index)
    array = input._array.reshape(-1)[at]
    return record(TakeBackward0, array, input._dtype, device, (input,), (input, index), (input._array.shape, at))


class PutBackward0(Node):
    __slots__ = ()
    saves = ("index",)

    def gradient(self, grad: Tensor) -> Gradients:
        (index,) = self.tensors()
        accumulate, shape = self.args
        rest = grad
        if not accumulate and self.needs(0):
            rest = put(grad, index, grad.new_zeros(index.shape))
        return rest, take(grad, index).reshape(shape) if self.needs(1) else None


@operation(inplace=True, out=False)
def put(input: Tensor, index: Tensor, source: Tensor, accumulate: bool = False) -> Tensor:
    """A copy in which places of the flattened tensor have the elements of the source, or have them added. IndexError
    out of range, and for another number of elements."""
    if source._dtype is not input._dtype:
        raise RuntimeError(
            "put_(): self and source expected to have the same dtype, but got self.dtype = "
            f"{input._dtype.word} and source.dtype = {source._dtype.word}"
        )
    if source.numel() != index.numel():
        raise IndexError(
            "put_(): Expected source and index to have the same number of elements, but got source.numel() = "
            f"{source.numel()}, index.numel() = {index.numel()}"
        )
    if not accumulate:
        alert("put_")
    at = _flat(input, index, "put_").reshape(-1)
    device, values = same_device(input, index, source), source._array.reshape(-1)
    array = input._array.copy("C")
    if accumulate:
        array = cast(added(array.reshape(-1), at, values, input._dtype).reshape(array.shape), input._dtype)
    else:
        array.reshape(-1)[at] = values
    args = (accumulate, source._array.shape)
    return record(PutBackward0, array, input._dtype, device, (input, source), saved=(index,), args=args)


def unravel_index(indices: Tensor, shape: Any) -> tuple[Tensor, ...]:
    """For places of a flattened tensor of a shape, the index along each dimension. TypeError for what is no integer."""
    if indices._dtype.differentiable or indices._dtype is bool_:
        raise TypeError(f"expected 'indices' to be integer dtype, but got {indices._dtype}")
    sizes = (shape,) if isinstance(shape, int) else tuple(shape)
    for n in sizes:
        if not isinstance(n, int):
            raise TypeError(f"expected 'shape' sequence to only contain ints, but got {type(n)}")
    if any(n < 0 for n in sizes):
        raise ValueError(f"'shape' cannot have negative values, but got {sizes}")
    found = []
    rest = indices._array.astype(np.int64)
    for size in reversed(sizes):
        found.append(wrap(np.asarray(rest % size), int64, indices._device))
        rest = rest // size
    return tuple(reversed(found))


attach("nonzero", nonzero)
