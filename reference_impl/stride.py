"""Views with strides of their own: of diagonals, of sliding windows, and any at all."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import layout
from .autograd.node import Gradients, Node
from .dtype import int64
from .op import operation, view
from .storage import Array
from .tensor import Tensor, storage, strides_of, wrap


def places(shape: layout.Shape, stride: layout.Shape, offset: int) -> Array:
    """Where in memory each element of a layout lies, counted in elements."""
    found = np.full(shape, offset, np.int64)
    for dim, (size, step) in enumerate(zip(shape, stride, strict=True)):
        found += (np.arange(size) * step).reshape([-1 if i == dim else 1 for i in range(len(shape))])
    return found


def brought_back(grad: Tensor, shape: layout.Shape, at: Array) -> Tensor:
    """Zeros of a shape, to which the gradient is added at flat places."""
    zeros = wrap(np.zeros(layout.numel(shape), grad._array.dtype), grad._dtype, grad._device)
    index = wrap(at.reshape(-1), int64, grad._device)
    return zeros.index_add(0, index, grad.reshape(-1)).reshape(shape)  # type: ignore[no-any-return]


class DiagonalBackward0(Node):
    __slots__ = ()

    def gradient(self, grad: Tensor) -> Gradients:
        shape, offset, dim1, dim2 = self.args
        every = np.arange(layout.numel(shape)).reshape(shape)
        return brought_back(grad, shape, every.diagonal(offset, dim1, dim2))


@operation(out=False)
def diagonal(input: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """The view of a diagonal of two dimensions, which becomes the last dimension. RuntimeError for one dimension named
    twice."""
    a, b = layout.wrap_dim(dim1, input.ndim), layout.wrap_dim(dim2, input.ndim)
    if a == b:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    shape, stride = input._array.shape, strides_of(input)
    size = min(shape[a], shape[b] - offset) if offset >= 0 else min(shape[a] + offset, shape[b])
    start = input.storage_offset()
    if size > 0:
        start += offset * stride[b] if offset >= 0 else -offset * stride[a]
    rest = [i for i in range(input.ndim) if i not in (a, b)]
    sizes = (*(shape[i] for i in rest), max(size, 0)), (*(stride[i] for i in rest), stride[a] + stride[b])
    call = (diagonal, (offset, a, b))
    return view(DiagonalBackward0, input, *sizes, start, call, (shape, offset, a, b))


class UnfoldBackward0(Node):
    __slots__ = ()

    def gradient(self, grad: Tensor) -> Gradients:
        shape, dim, size, step = self.args
        shape = shape or (1,)
        every = np.arange(layout.numel(shape)).reshape(shape)
        windows = np.lib.stride_tricks.sliding_window_view(every, size, dim) if size else every[..., None][..., :0]
        picked = windows[(slice(None),) * dim + (slice(None, None, step),)]
        return brought_back(grad, shape, picked)


@operation(out=False, name="unfold")
def unfold(input: Tensor, dimension: int, size: int, step: int) -> Tensor:
    """Every window of a size along a dimension, a step apart; the window is the new last dimension. RuntimeError for
    windows larger than the dimension."""
    dim = layout.wrap_dim(dimension, input.ndim)
    shape, stride = input._array.shape or (1,), strides_of(input) or (1,)
    if size < 0:
        raise RuntimeError(f"size is {size} but must be >= 0")
    if size > shape[dim]:
        raise RuntimeError(f"maximum size for tensor at dimension {dim} is {shape[dim]} but size is {size}")
    if step <= 0:
        raise RuntimeError(f"step is {step} but must be > 0")
    count = (shape[dim] - size) // step + 1
    if input.ndim:
        sizes = (
            (*shape[:dim], count, *shape[dim + 1 :], size),
            (
                *stride[:dim],
                stride[dim] * step,
                *stride[dim + 1 :],
                stride[dim],
            ),
        )
    else:
        sizes = (size,), (1,)
    call = (unfold, (dim, size, step))
    return view(UnfoldBackward0, input, *sizes, input.storage_offset(), call, (input._array.shape, dim, size, step))


class AsStridedBackward0(Node):
    """Through the memory that both layouts show: what several elements of the view brought to one place adds up."""

    __slots__ = ()

    def gradient(self, grad: Tensor) -> Gradients:
        old, new = self.args
        start = min(old[2], new[2])
        end = max(old[2] + layout.extent(*old[:2]), new[2] + layout.extent(*new[:2]), start)
        memory = brought_back(grad, (end - start,), places(*new) - start)
        at = wrap(places(*old).reshape(-1) - start, int64, grad._device)
        return memory.index_select(0, at).reshape(old[0])


@operation(out=False)
def as_strided(input: Tensor, size: Any, stride: Any, storage_offset: int | None = None) -> Tensor:
    """The view with any shape, strides and offset, counted from the beginning of the memory. RuntimeError outside the
    memory and for negative strides."""
    shape, steps = tuple(int(n) for n in size), tuple(int(s) for s in stride)
    offset = input.storage_offset() if storage_offset is None else storage_offset
    if any(n < 0 for n in shape):
        raise RuntimeError(f"Storage size calculation overflowed with sizes={list(shape)} and strides={list(steps)}")
    if len(shape) != len(steps):
        raise RuntimeError("mismatch in length of strides and shape")
    if any(s < 0 for s in steps):
        raise RuntimeError(
            "as_strided: Negative strides are not supported at the moment, got strides: " + str(list(steps))
        )
    if offset < 0:
        raise RuntimeError(f"Tensor: invalid storage offset {offset}")
    extent, item = layout.extent(shape, steps), input._dtype.itemsize
    needed, found = (offset + extent) * item if extent else 0, storage(input).nbytes()
    if needed > found:
        raise RuntimeError(
            f"setStorage: sizes {list(shape)}, strides {list(steps)}, storage offset {offset}, and itemsize {item} "
            f"requiring a storage size of {needed} are out of bounds for storage of size {found}"
        )
    geometry = (input._array.shape, strides_of(input), input.storage_offset()), (shape, steps, offset)
    v = view(AsStridedBackward0, input, shape, steps, offset, (as_strided, (shape, steps, offset)), geometry)
    if v._view is not None and v._view.base._dtype is v._dtype:
        v._view.replay = v._view.replay[-1:]  # counted from the beginning of the memory, whatever was viewed
    return v
