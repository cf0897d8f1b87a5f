"""Indexing: views by integers and slices, copies by index tensors, and assignment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from . import layout
from .advanced import picked, put, put_
from .arguments import need_tensor
from .autograd.node import Gradients, Node
from .create import checked
from .device import CPU
from .dtype import INTEGER, int32, int64, uint8
from .dtype import bool as bool_
from .gradmode import MODE, check_unmapped
from .inplace_rules import check_overlap
from .nested import array_of
from .op import operation, record, view
from .storage import Array
from .tensor import Tensor, attach, strides_of, wrap

ALL = slice(None)


class SelectBackward0(Node):
    __slots__ = ()

    def gradient(self, grad: Tensor) -> Gradients:
        shape, dim, index = self.args
        return embed(grad, shape, (slice(None),) * dim + (index,))


class EmbedBackward0(Node):
    """The gradient of a region placed in zeros is that region."""

    __slots__ = ()

    def gradient(self, grad: Tensor) -> Gradients:
        return grad[self.args]


def embed(t: Tensor, shape: layout.Shape, index: tuple[Any, ...]) -> Tensor:
    """Zeros of the given shape, with the tensor in the region that the basic index names."""
    array = np.zeros(shape, t._array.dtype)
    array[index] = t._array
    return record(EmbedBackward0, array, t._dtype, t._device, (t,), args=index)


@operation(out=False)
def select(input: Tensor, dim: int, index: int) -> Tensor:
    """The slice at one place of a dimension, which disappears. IndexError out of range."""
    if not input.ndim:
        raise IndexError("select() cannot be applied to a 0-dim tensor.")
    dim = layout.wrap_dim(dim, input.ndim)
    shape = input._array.shape
    index = index.__index__()
    size = shape[dim]
    if not -size <= index < size:
        raise IndexError(f"select(): index {index} out of range for tensor of size {list(shape)} at dimension {dim}")
    return select_(input, dim, index)


def select_(input: Tensor, dim: int, index: int) -> Tensor:
    """The slice at one place of a dimension; the place is in range, and may be counted from the end."""
    shape, stride = input._array.shape, strides_of(input)
    if index < 0:
        index += shape[dim]
    rest = layout.without(shape, stride, dim)
    offset = input.storage_offset() + index * stride[dim]
    return view(SelectBackward0, input, *rest, offset, (select_, (dim, index)), (shape, dim, index))


class SliceBackward0(Node):
    __slots__ = ()

    def gradient(self, grad: Tensor) -> Gradients:
        shape, dim, start, stop, step = self.args
        return embed(grad, shape, (slice(None),) * dim + (slice(start, stop, step),))


def slice_(input: Tensor, dim: int, start: int, stop: int, step: int) -> Tensor:
    """Every step-th place of a dimension from start to stop; the bounds are within the size, the step is positive."""
    shape, stride = input._array.shape, strides_of(input)
    size = max(0, -(-(stop - start) // step))
    sizes = layout.stepped(shape, stride, dim, size, step)
    offset = input.storage_offset() + start * stride[dim]
    call = (slice_, (dim, start, stop, step))
    return view(SliceBackward0, input, *sizes, offset, call, (shape, dim, start, stop, step))


def getitem(self: Tensor, index: Any) -> Tensor:
    """`t[index]`: a view for integers, slices, None and Ellipsis; a copy where bools, lists, arrays or tensors index.

    IndexError out of range, for too many indices and for what is no index; ValueError for a step that is not positive.
    """
    t, advanced = basic(self, index)
    if MODE.mapping is not None and any(i._dtype in (bool_, uint8) for i in _watched(index)):
        check_unmapped("index")
    return t if advanced is None else picked(t, advanced, _watched(index))


def _watched(index: Any) -> tuple[Tensor, ...]:
    """The index tensors and masks, which the gradient needs as they are. A number in a tensor was read at once."""
    given = index if isinstance(index, tuple) else (index,)
    return tuple([i for i in given if isinstance(i, Tensor) and i.ndim])


def basic(t: Tensor, index: Any) -> tuple[Tensor, tuple[Any, ...] | None]:
    """Applies the basic part of an index. The second result is the rest: for each dimension an index array, or a
    full slice."""
    if type(index) is int:
        if not t.ndim:
            raise IndexError(
                "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ to "
                "convert a 0-dim tensor to a number"
            )
        return _element(t, 0, index, 0), None
    if type(index) is slice:
        if not t.ndim:
            raise IndexError("slice() cannot be applied to a 0-dim tensor.")
        return slice_(t, 0, *_bounds(t, 0, index)), None
    return _several(t, index if isinstance(index, tuple) else (index,))


def _several(t: Tensor, index: tuple[Any, ...]) -> tuple[Tensor, tuple[Any, ...] | None]:
    items = [_item(i, t) for i in index]
    consumed = sum([_consumes(i) for i in items])
    if consumed > t.ndim:
        raise IndexError(f"too many indices for tensor of dimension {t.ndim}")
    dim = place = 0  # in the tensor made so far, and in the original
    rest: list[Any] = []
    advanced = False
    ellipsis = t.ndim - consumed
    original = t
    for item in items:
        if type(item) is int:
            t = _element(t, dim, item, place)
            place += 1
        elif isinstance(item, slice):
            bounds = _bounds(t, dim, item)
            if bounds != (0, t._array.shape[dim], 1):
                t = slice_(t, dim, *bounds)
            rest.append(ALL)
            dim += 1
            place += 1
        elif isinstance(item, np.ndarray):
            advanced = True
            rest.append(item)
            dim += _consumes(item)
            place += _consumes(item)
        elif item is Ellipsis:
            dim, place = dim + ellipsis, place + ellipsis
            rest.extend([ALL] * ellipsis)
            ellipsis = 0
        else:
            t = t.unsqueeze(dim)
            rest.append(ALL)
            dim += 1
    if advanced:
        return t, tuple(rest)
    return (t if t is not original else view_all(t)), None


def _element(t: Tensor, dim: int, index: int, place: int) -> Tensor:
    """One place of a dimension, which was dimension `place` of the tensor that the user indexes."""
    size = t._array.shape[dim]
    if not -size <= index < size:
        raise IndexError(f"index {index} is out of bounds for dimension {place} with size {size}")
    return select_(t, dim, index)


def _item(item: Any, t: Tensor) -> Any:
    """One entry of an index as an int, a slice, None, Ellipsis or an index array, which a bool is too."""
    if type(item) is int or item is None or item is Ellipsis or isinstance(item, slice):
        return item
    if isinstance(item, bool):
        return np.asarray(item)
    if isinstance(item, Tensor):
        if not item.ndim and item._dtype.category == INTEGER and item._dtype is not uint8:
            return int(item._array)
        if not item.ndim and item._dtype is bool_:
            return np.asarray(item._array)
        return _index_array(item, t)
    if not isinstance(item, np.ndarray) and hasattr(item, "__index__"):
        return item.__index__()
    return _index_array(item, t)


def view_all(t: Tensor) -> Tensor:
    """A view of everything."""
    return view(AliasBackward0, t, t._array.shape, strides_of(t), t.storage_offset(), (view_all, ()))


class AliasBackward0(Node):
    __slots__ = ()

    def gradient(self, grad: Tensor) -> Gradients:
        return grad


def _consumes(item: Any) -> int:
    """How many dimensions an entry of an index takes up."""
    if type(item) is int or isinstance(item, slice):
        return 1
    if isinstance(item, np.ndarray):
        return item.ndim if item.dtype == bool else 1
    return 0


def _bounds(t: Tensor, dim: int, s: slice) -> tuple[int, int, int]:
    """Start, stop and step within the size of a dimension. ValueError for a step that is not positive."""
    start, stop, step = s.indices(t._array.shape[dim])
    if step < 0:
        raise ValueError("step must be greater than zero")
    return start, max(start, stop), step


def _index_array(item: Any, t: Tensor) -> Array:
    """The array of an index tensor, array or list. IndexError for a float one, or one on another accelerator."""
    if isinstance(item, str):
        raise TypeError("new(): invalid data type 'str'")
    if not isinstance(item, (Tensor, np.ndarray, Sequence)):
        raise IndexError(
            "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices "
            f"(got {type(item).__name__})"
        )
    if isinstance(item, Tensor):
        if item._device is not t._device and item._device is not CPU:
            raise RuntimeError(
                f"indices should be either on {t._device} or on the same device as the indexed tensor ({t._device})"
            )
        if item._dtype not in (int64, int32, uint8, bool_):
            raise IndexError("tensors used as indices must be long, int, byte or bool tensors")
        array = item._array
        return array.astype(bool) if item._dtype in (uint8, bool_) else array
    array, d = array_of(item)
    return array if d is bool_ else array.astype(np.int64)


def setitem(self: Tensor, index: Any, value: Any) -> None:
    """`t[index] = value`: writes in place; the value broadcasts, and is cast where the index is basic."""
    if not isinstance(value, (Tensor, int, float, complex, np.generic)):
        found = "numpy.ndarray" if isinstance(value, np.ndarray) else type(value).__name__
        raise TypeError(f"can't assign a {found} to a {self.type()}")
    place, advanced = _place(self, index)
    if advanced is not None:
        if not isinstance(value, Tensor):
            scalar = np.asarray(checked(value, self._dtype))
            value = wrap(scalar.astype(self._dtype.numpy), self._dtype, self._device)
        while value.ndim and value._array.shape[0] == 1:
            value = value.squeeze(0)
        put_(place, advanced, value, watched=_watched(index))
    elif not isinstance(value, Tensor) or (not value.ndim and value._device is CPU):
        check_overlap(place, ())
        if self._dtype.compute is not self._dtype.numpy and not isinstance(value, Tensor):
            value = wrap(np.asarray(checked(value, self._dtype)).astype(self._dtype.numpy), self._dtype, self._device)
        place.fill_(value)
    else:
        while value.ndim > place.ndim and value.shape[0] == 1:
            value = value.squeeze(0)
        place.copy_(value.expand(place.shape) if value.ndim and value.shape != place.shape else value)


def _place(t: Tensor, index: Any) -> tuple[Tensor, tuple[Any, ...] | None]:
    """What is written to: the tensor itself or a view, and the index arrays that are left."""
    if index is Ellipsis or (type(index) is slice and index == ALL and t.ndim):
        return t, None
    if index is True:
        return t.unsqueeze(0), None
    if type(index) is tuple and len(index) <= t.ndim and all(type(i) is slice and i == ALL for i in index):
        return t, None
    return basic(t, index)


def _delete(self: Tensor, index: Any) -> None:
    raise TypeError("Tensor does not support deleting items")


def _complete(input: Tensor, indices: Any) -> tuple[Tensor, tuple[Any, ...]]:
    """What `index_put` writes to: the tensor, and an array or a full slice for each dimension that is indexed."""
    index = tuple(_index_array(i, input) for i in indices)
    if sum([_consumes(i) for i in index]) > input.ndim:
        raise IndexError(f"too many indices for tensor of dimension {input.ndim} (got {len(index)})")
    return input, index


def _must_be_tensors(indices: Any, values: Any, name: str) -> None:
    if isinstance(indices, Tensor):
        raise TypeError(f"{name}(): argument 'indices' (position 1) must be tuple of Tensors, not Tensor")
    for place, index in enumerate(indices):
        if not isinstance(index, Tensor):
            raise TypeError(f"expected Tensor as element {place} in argument 0, but got {type(index).__name__}")
    need_tensor(name, values, "values")


@operation(out=False)
def index_put(input: Tensor, indices: Any, values: Tensor, accumulate: bool = False) -> Tensor:
    """A copy in which the places that index tensors name have the values, or have them added."""
    _must_be_tensors(indices, values, "index_put")
    return put(*_complete(input, indices), values, _watched(tuple(indices)), accumulate)


def index_put_(self: Tensor, indices: Any, values: Tensor, accumulate: bool = False) -> Tensor:
    """Writes the values to the places that index tensors name, or adds them there."""
    _must_be_tensors(indices, values, "index_put_")
    return put_(*_complete(self, indices), values, _watched(tuple(indices)), accumulate)


attach("__getitem__", getitem)
attach("__setitem__", setitem)
attach("__delitem__", _delete)
attach("index_put_", index_put_)
