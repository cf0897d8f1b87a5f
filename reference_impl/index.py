"""Indexing: views by integers and slices, copies by index tensors, and assignment."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import layout
from .autograd.node import Gradients, Node
from .device import CPU
from .dtype import bool as bool_
from .dtype import int32, int64, uint8
from .inplace_rules import overwriting
from .numpy import array_of
from .op import operation, record, view
from .promote import number
from .storage import Array
from .tensor import Tensor, attach, strides_of, wrap


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
    shape, stride = input._array.shape, strides_of(input)
    index = index.__index__()
    size = shape[dim]
    if not -size <= index < size:
        raise IndexError(f"index {index} is out of bounds for dimension {dim} with size {size}")
    if index < 0:
        index += size
    rest = (*shape[:dim], *shape[dim + 1 :]), (*stride[:dim], *stride[dim + 1 :])
    offset = input.storage_offset() + index * stride[dim]
    return view(SelectBackward0, input, *rest, offset, (select, (dim, index)), (shape, dim, index))


class SliceBackward0(Node):
    __slots__ = ()

    def gradient(self, grad: Tensor) -> Gradients:
        shape, dim, start, stop, step = self.args
        return embed(grad, shape, (slice(None),) * dim + (slice(start, stop, step),))


def slice_(input: Tensor, dim: int, start: int, stop: int, step: int) -> Tensor:
    """Every step-th place of a dimension from start to stop; the bounds are within the size, the step is positive."""
    shape, stride = input._array.shape, strides_of(input)
    size = max(0, -(-(stop - start) // step))
    sizes = (*shape[:dim], size, *shape[dim + 1 :]), (*stride[:dim], stride[dim] * step, *stride[dim + 1 :])
    offset = input.storage_offset() + start * stride[dim]
    call = (slice_, (dim, start, stop, step))
    return view(SliceBackward0, input, *sizes, offset, call, (shape, dim, start, stop, step))


def getitem(self: Tensor, index: Any) -> Tensor:
    """`t[index]`: a view for integers, slices, None, Ellipsis and bools; a copy where lists, arrays or tensors index.

    IndexError out of range, for too many indices and for what is no index; ValueError for a step that is not positive.
    """
    if type(index) is int:
        if not self.ndim:
            raise IndexError(
                "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ to "
                "convert a 0-dim tensor to a number"
            )
        return select(self, 0, index)
    given = index if isinstance(index, tuple) else (index,)
    t, advanced = basic(self, given)
    return t if advanced is None else gather(t, advanced, _watched(given))


def _watched(index: tuple[Any, ...]) -> tuple[Tensor, ...]:
    """The index tensors that the gradient needs as they are. Masks are copied: changing one later is harmless."""
    return tuple([i for i in index if isinstance(i, Tensor) and i._dtype not in (bool_, uint8)])


def basic(t: Tensor, index: tuple[Any, ...]) -> tuple[Tensor, tuple[Any, ...] | None]:
    """Applies the basic part of an index. The second result is the rest: for each dimension an index array, or a
    full slice."""
    consumed = sum(_consumes(i) for i in index)
    if consumed > t.ndim:
        raise IndexError(f"too many indices for tensor of dimension {t.ndim}")
    dim = 0
    rest: list[Any] = []
    full = True
    ellipsis = t.ndim - consumed
    original = t
    for item in index:
        if item is Ellipsis:
            dim += ellipsis
            rest.extend([slice(None)] * ellipsis)
            ellipsis = 0
        elif item is None:
            t = t.unsqueeze(dim)
            rest.append(slice(None))
            dim += 1
        elif isinstance(item, slice):
            t = _sliced(t, dim, item)
            rest.append(slice(None))
            dim += 1
        elif isinstance(item, bool):
            t = t.unsqueeze(dim)
            t = t if item else slice_(t, dim, 0, 0, 1)
            rest.append(slice(None))
            dim += 1
        elif hasattr(item, "__index__") and not isinstance(item, (Tensor, np.ndarray)):
            t = select(t, dim, item)
        else:
            array = _index_array(item, original)
            rest.append(array)
            dim += max(array.ndim, 1) if array.dtype == bool else 1
            full = False
    if full:
        return (t if t is not original else view_all(t)), None
    return t, tuple(rest)


def view_all(t: Tensor) -> Tensor:
    """A view of everything."""
    return view(AliasBackward0, t, t._array.shape, strides_of(t), t.storage_offset(), (view_all, ()))


class AliasBackward0(Node):
    __slots__ = ()

    def gradient(self, grad: Tensor) -> Gradients:
        return grad


def _consumes(item: Any) -> int:
    """How many dimensions an index takes up."""
    if item is None or item is Ellipsis or isinstance(item, bool):
        return 0
    if isinstance(item, (Tensor, np.ndarray)) and item.dtype in (bool_, uint8, np.dtype(bool)):
        return item.ndim
    return 1


def _sliced(t: Tensor, dim: int, s: slice) -> Tensor:
    step = 1 if s.step is None else s.step.__index__()
    if step <= 0:
        raise ValueError("step must be greater than zero")
    start, stop, step = slice(_bound(s.start), _bound(s.stop), step).indices(t._array.shape[dim])
    return slice_(t, dim, start, max(start, stop), step)


def _bound(bound: Any) -> int | None:
    return None if bound is None else bound.__index__()


def _index_array(item: Any, t: Tensor) -> Array:
    """The array of an index tensor, array or list. IndexError for a float one, or one on another accelerator."""
    if isinstance(item, (float, str)):
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


class IndexBackward0(Node):
    __slots__ = ()

    def gradient(self, grad: Tensor) -> Gradients:
        self.tensors()
        shape, index = self.args
        return scatter_sum(grad, shape, index)


class ScatterSumBackward0(Node):
    """The gradient of summing into places is the values at those places."""

    __slots__ = ()

    def gradient(self, grad: Tensor) -> Gradients:
        return gather(grad, self.args)


def scatter_sum(t: Tensor, shape: layout.Shape, index: tuple[Any, ...]) -> Tensor:
    """Zeros of the given shape, to which the tensor is added at the indexed places; repeated places add up."""
    array = np.zeros(shape, t._array.dtype)
    np.add.at(array, index, t._array)
    return record(ScatterSumBackward0, array, t._dtype, t._device, (t,), args=index)


def gather(t: Tensor, index: tuple[Any, ...], watched: tuple[Tensor, ...] = ()) -> Tensor:
    """The elements at the places that index arrays name, as a copy. Writing into what is watched spoils the
    gradient."""
    try:
        array = t._array[index]
    except IndexError as error:
        raise _explained(error, t, index) from None
    if array.base is not None:
        array = array.copy()
    return record(IndexBackward0, array, t._dtype, t._device, (t,), watched, (t._array.shape, index))


def _explained(error: IndexError, t: Tensor, index: tuple[Any, ...]) -> IndexError:
    """Torch's words for a failed index."""
    dim = 0
    for item in index:
        if isinstance(item, np.ndarray) and item.dtype == bool:
            covered = t._array.shape[dim : dim + item.ndim]
            for k, (m, n) in enumerate(zip(item.shape, covered, strict=False)):
                if m != n:
                    return IndexError(
                        f"The shape of the mask {list(item.shape)} at index {k} does not match the shape of the "
                        "indexed tensor "
                        f"{list(t._array.shape)} at index {dim + k}"
                    )
            dim += item.ndim
            continue
        if isinstance(item, np.ndarray):
            size = t._array.shape[dim]
            for bad in item[(item < -size) | (item >= size)].flat:
                return IndexError(f"index {bad} is out of bounds for dimension {dim} with size {size}")
        dim += 1
    shapes = ", ".join(str(list(i.shape)) for i in index if isinstance(i, np.ndarray))
    return (
        IndexError(f"shape mismatch: indexing tensors could not be broadcast together with shapes {shapes}")
        if shapes
        else error
    )


def setitem(self: Tensor, index: Any, value: Any) -> None:
    """`t[index] = value`: writes in place; the value broadcasts, and is cast where the index is basic."""
    if isinstance(value, str):
        raise TypeError(f"can't assign a str to a torch.{self._dtype.word}Tensor")
    if not isinstance(value, Tensor):
        value = wrap(np.asarray(number(value, self._dtype)).astype(self._dtype.numpy), self._dtype, self._device)
    given = index if isinstance(index, tuple) else (index,)
    place, advanced = basic(self, given)
    if advanced is None:
        while value.ndim > place.ndim and value.shape[0] == 1:
            value = value.squeeze(0)
        place.copy_(value)
    else:
        put_(place, advanced, value, watched=_watched(given))


class IndexPutBackward0(Node):
    __slots__ = ()

    def gradient(self, grad: Tensor) -> Gradients:
        self.tensors()
        index = self.args
        rest = None
        if self.needs(0):
            rest = put(grad, index, wrap(np.zeros((), grad._array.dtype), grad._dtype, grad._device))
        return rest, gather(grad, index) if self.needs(1) else None


def put(t: Tensor, index: tuple[Any, ...], value: Tensor, watched: tuple[Tensor, ...] = ()) -> Tensor:
    """A copy in which the indexed places have the value. RuntimeError for another dtype or a shape that does not
    broadcast."""
    if value._dtype is not t._dtype:
        raise RuntimeError(
            f"Index put requires the source and destination dtypes match, got {t._dtype.word} for the destination and "
            f"{value._dtype.word} for the source."
        )
    array = t._array.copy()
    try:
        array[index] = value._array
    except IndexError as error:
        raise _explained(error, t, index) from None
    except ValueError:
        found = list(t._array[index].shape)
        raise RuntimeError(
            f"shape mismatch: value tensor of shape {list(value._array.shape)} cannot be broadcast to indexing result "
            f"of shape {found}"
        ) from None
    return record(IndexPutBackward0, array, t._dtype, t._device, (t, value), watched, index)


put_ = overwriting(put, "index_put")

attach("__getitem__", getitem)
attach("__setitem__", setitem)
