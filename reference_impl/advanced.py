"""Indexing by index arrays and masks: reading copies, writing, and adding up. An index is a tuple with an array or a
full slice for each dimension."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import layout
from .accumulate import added
from .autograd.history import check_inplace
from .autograd.node import Gradients, Node
from .create import checked
from .device import CPU, META, different
from .gradmode import MODE
from .hollow import Hollow, refuse_reading
from .inplace_rules import bump, check_apart, overwriting
from .op import record
from .promote import cast
from .storage import Array
from .tensor import Tensor, tracked, wrap

Index = tuple[Any, ...]


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
        return picked(grad, self.args)


def scatter_sum(t: Tensor, shape: layout.Shape, index: Index) -> Tensor:
    """Zeros of the given shape, to which the tensor is added at the indexed places; repeated places add up."""
    array = summed(np.zeros(shape, t._array.dtype), index, t._array, t)
    return record(ScatterSumBackward0, array, t._dtype, t._device, (t,), args=index)


def summed(array: Array, index: Index, values: Array, t: Tensor) -> Array:
    """A copy of the array to which values of the shape of `array[index]`, and of the type of `t`, are added."""
    arrays = [i for i in index if isinstance(i, np.ndarray)]
    shape = array.shape
    if len(arrays) == 1 and arrays[0].dtype != bool:
        dim = next(k for k, i in enumerate(index) if isinstance(i, np.ndarray))
        at, size = arrays[0].reshape(-1), shape[dim]
        rows = values.reshape((*shape[:dim], at.size, *shape[dim + 1 :]))
        front = added(np.moveaxis(array, dim, 0), np.where(at < 0, at + size, at), np.moveaxis(rows, dim, 0), t._dtype)
        return np.ascontiguousarray(np.moveaxis(front, 0, dim))
    at = np.arange(layout.numel(shape)).reshape(shape)[index].reshape(-1)
    return added(array.reshape(-1), at, values.reshape(-1), t._dtype).reshape(shape)


def picked(t: Tensor, index: Index, watched: tuple[Tensor, ...] = ()) -> Tensor:
    """The elements at the places that index arrays name, as a copy. Writing into what is watched spoils the
    gradient."""
    try:
        array = t._array[index]
    except IndexError as error:
        raise explained(error, t, index) from None
    if t._device is META and any(type(item) is Hollow and item.dtype == bool for item in index):
        refuse_reading("nonzero")
    if not array.size and (misfit := _misfit(t, index)) is not None:  # which NumPy lets pass
        raise misfit
    if array.base is not None:
        array = array.copy()
    return record(IndexBackward0, array, t._dtype, t._device, (t,), watched or (None,), (t._array.shape, index))


def _misfit(t: Tensor, index: Index) -> IndexError | None:
    """Torch's words for a mask that does not fit the dimensions it covers, if there is one."""
    dim = 0
    for item in index:
        if not isinstance(item, np.ndarray) or item.dtype != bool:
            dim += 1
            continue
        covered = t._array.shape[dim : dim + item.ndim]
        for k, (m, n) in enumerate(zip(item.shape, covered, strict=False)):
            if m != n:
                return IndexError(
                    f"The shape of the mask {list(item.shape)} at index {k} does not match the shape of the indexed "
                    f"tensor {list(t._array.shape)} at index {dim + k}"
                )
        dim += item.ndim
    return None


def explained(error: IndexError, t: Tensor, index: Index) -> IndexError:
    """Torch's words for a failed index."""
    misfit = _misfit(t, index)
    if misfit is not None:
        return misfit
    dim = 0
    for item in index:
        if isinstance(item, np.ndarray) and item.dtype == bool:
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


class IndexPutBackward0(Node):
    __slots__ = ()

    def gradient(self, grad: Tensor) -> Gradients:
        self.tensors()
        index, accumulate = self.args
        rest = grad
        if self.needs(0) and not accumulate:
            rest = put(grad, index, wrap(np.zeros((), grad._array.dtype), grad._dtype, grad._device))
        return rest, picked(grad, index) if self.needs(1) else None


def put(t: Tensor, index: Index, value: Tensor, watched: tuple[Tensor, ...] = (), accumulate: bool = False) -> Tensor:
    """A copy in which the indexed places have the value, or have it added. RuntimeError for another dtype or a shape
    that does not broadcast."""
    array = t._array.copy()
    if accumulate:
        _check_value(t, index, value)
        try:
            places = t._array[index]
        except IndexError as error:
            raise explained(error, t, index) from None
        array = cast(summed(array, index, _spread(value, places.shape), t), t._dtype)
    else:
        _assign(t, array, index, _fitting(t, index, value))
    return record(IndexPutBackward0, array, t._dtype, t._device, (t, value), watched or (None,), (index, accumulate))


def _check_value(t: Tensor, index: Index, value: Tensor) -> None:
    if value._dtype is not t._dtype:
        if (misfit := _misfit(t, index)) is not None:
            raise misfit
        raise RuntimeError(
            f"Index put requires the source and destination dtypes match, got {t._dtype.word} for the destination and "
            f"{value._dtype.word} for the source."
        )
    if value._device is not t._device and not (value._device is CPU and not value.ndim):
        raise different(t._device, value._device)


def _spread(value: Tensor, shape: layout.Shape) -> Array:
    try:
        return np.broadcast_to(value._array, shape)
    except ValueError:
        raise _unfitting(value._array.shape, shape) from None


def _unfitting(value: layout.Shape, found: layout.Shape) -> RuntimeError:
    return RuntimeError(
        f"shape mismatch: value tensor of shape {list(value)} cannot be broadcast to indexing result of shape "
        f"{list(found)}"
    )


def _assign(t: Tensor, target: Array, index: Index, values: Array) -> None:
    """Writes values into an array that has the shape of the tensor."""
    try:
        target[index] = values
    except IndexError as error:
        raise explained(error, t, index) from None
    except (TypeError, ValueError):
        try:
            found = target[index].shape
        except IndexError as error:
            raise explained(error, t, index) from None
        raise _unfitting(values.shape, found) from None


_recorded_put = overwriting(put, "index_put", overlap=True)


def put_(t: Tensor, index: Index, value: Tensor, watched: tuple[Tensor, ...] = (), accumulate: bool = False) -> Tensor:
    """Writes the value to the indexed places, or adds it there. Only these are touched where nothing is recorded."""
    check_inplace(t)
    if accumulate or not _fills(index, value):
        check_apart(t, value, *watched)
    if accumulate or (MODE.grad and (tracked(t) or tracked(value))):
        result: Tensor = _recorded_put(t, index, value, watched=watched, accumulate=accumulate)
        return result
    _assign(t, t._array, index, _fitting(t, index, value))
    bump(t)
    return t


def _fills(index: Index, value: Tensor) -> bool:
    """Whether one number is written under one mask: then it is cast, and may come from the written tensor."""
    if value._array.size != 1 or value._device is not CPU:
        return False
    arrays = [i for i in index if isinstance(i, np.ndarray)]
    return len(arrays) == 1 and arrays[0].dtype == bool


def _fitting(t: Tensor, index: Index, value: Tensor) -> Array:
    """The values to write, in the type of the tensor. RuntimeError for another type that is not cast."""
    if not _fills(index, value):
        _check_value(t, index, value)
        return value._array
    if value._dtype is t._dtype:
        return value._array.reshape(()).copy()
    return np.asarray(checked(value._array.item(), t._dtype)).astype(t._dtype.numpy)
