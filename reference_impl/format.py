"""How the elements of a tensor are kept: the layout, and the memory format, in which order the dimensions lie."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import layout
from .device import CPU, META
from .hollow import Hollow, hollow
from .layout import Shape
from .storage import Array


class memory_format:  # noqa: N801
    """The name of an order of dimensions in memory."""

    __slots__ = ("dims", "name", "order")

    def __init__(self, name: str, dims: int | None = None, order: Shape = ()) -> None:
        """`order` lists the dimensions from the outermost to the innermost, for tensors of `dims` dimensions."""
        self.name = name
        self.dims = dims
        self.order = order

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> str:
        return self.name


class Layout:
    """The name of a way to keep elements: `torch.strided`, one place for each."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> str:
        return self.name


strided = Layout("strided")
sparse_coo = Layout("sparse_coo")
sparse_csr = Layout("sparse_csr")
contiguous_format = memory_format("contiguous_format")
preserve_format = memory_format("preserve_format")
channels_last = memory_format("channels_last", 4, (0, 2, 3, 1))
channels_last_3d = memory_format("channels_last_3d", 5, (0, 2, 3, 4, 1))


def strides_in(format: Any, shape: Shape, stride: Shape | None = None) -> Shape:
    """The strides of a dense tensor in a memory format. `stride` is what `preserve_format` (and None) keeps the order
    of; without it they mean row-major. RuntimeError for a format of another number of dimensions."""
    if format is None or format is preserve_format:
        return layout.contiguous_strides(shape) if stride is None else layout.dense_strides(shape, stride)
    if format is contiguous_format:
        return layout.contiguous_strides(shape)
    if not isinstance(format, memory_format):
        raise TypeError(f"argument 'memory_format' must be torch.memory_format, not {type(format).__name__}")
    if len(shape) != format.dims:
        raise RuntimeError(f"required rank {format.dims} tensor to use {format.name} format")
    return layout.ordered_strides(shape, format.order)


def allocate(kind: np.dtype[Any], shape: Shape, stride: Shape, where: Any = CPU) -> Array:
    """An array of zeros with the given dense strides, counted in elements; without values on the meta device."""
    if where is META:
        return hollow(shape, kind, layout.in_bytes(stride, kind.itemsize))
    order = sorted(range(len(shape)), key=lambda i: (-stride[i], -shape[i], i))
    memory = np.zeros([shape[i] for i in order], kind)
    return memory.transpose([order.index(i) for i in range(len(order))])


def copied(array: Array, stride: Shape) -> Array:
    """A copy of the array with the given dense strides, counted in elements."""
    if type(array) is Hollow:
        return hollow(array.shape, array.dtype, layout.in_bytes(stride, array.itemsize))
    if stride == layout.contiguous_strides(array.shape):
        return array.copy("C")
    copy = allocate(array.dtype, array.shape, stride)
    copy[...] = array
    return copy


def channels_order(t: Any, format: Any) -> bool:
    """Whether a tensor is dense in a memory format; sizes of 1 do not matter."""
    shape, stride = t.shape, t.stride()
    if len(shape) != format.dims:
        return False
    wanted = strides_in(format, tuple(shape))
    return all(size <= 1 or a == b for size, a, b in zip(shape, stride, wanted, strict=True))
