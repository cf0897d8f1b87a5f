"""Memory and its version: what views of one tensor share.

Tensors keep an ndarray at hand and make their `Storage` only when somebody asks for it: a view, an offset, a pointer.
The memory itself is owned by NumPy's reference counts, so an array taken from a tensor outlives the tensor, and the
other way round.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .device import META, device, resolve
from .hollow import Hollow, hollow
from .layout import in_bytes

Array = npt.NDArray[Any]


class Version:
    """How often the values were written. Shared by a tensor, its views and what was detached from it, but not by
    `.data`."""

    __slots__ = ("value",)

    def __init__(self, value: int = 0) -> None:
        self.value = value


class Storage:
    """A flat run of bytes on one device; `pinned` if it can be moved while the host goes on."""

    __slots__ = ("device", "memory", "pinned")

    def __init__(self, memory: Array, device: device) -> None:
        """`memory` is a one-dimensional array of bytes."""
        self.memory = memory
        self.device = device
        self.pinned = False

    def strided(self, numpy: np.dtype[Any], shape: tuple[int, ...], stride: tuple[int, ...], offset: int) -> Array:
        """The view with these sizes, strides and offset, counted in elements. No bounds are checked beyond NumPy's
        own."""
        size = numpy.itemsize
        if self.device is META:
            return hollow(shape, numpy, in_bytes(stride, size))
        if 0 in shape:
            return np.ndarray(shape, numpy)  # there is no memory to share
        return np.ndarray(shape, numpy, self.memory, offset * size, in_bytes(stride, size))

    def nbytes(self) -> int:
        """The size in bytes."""
        return self.memory.size

    def size(self) -> int:
        """The size in bytes."""
        return self.memory.size

    def __len__(self) -> int:
        return self.memory.size

    def data_ptr(self) -> int:
        """The address of the first byte."""
        address: int = self.memory.__array_interface__["data"][0]
        return address

    def to(self, *, device: Any) -> Storage:
        """The same bytes on a device: itself if they are there."""
        where = resolve(device)
        return self if where is self.device else Storage(self.memory.copy(), where)

    def cpu(self) -> Storage:
        """The same bytes in the host's memory."""
        return self.to(device="cpu")

    def cuda(self, device: Any = None) -> Storage:
        """The same bytes on a CUDA device."""
        return self.to(device="cuda" if device is None else f"cuda:{device}" if isinstance(device, int) else device)

    def resize_(self, nbytes: int) -> Storage:
        """Grows or shrinks to this many bytes; tensors made afterwards see the new memory, arrays at hand keep the
        old."""
        if self.device is META:
            self.memory = hollow((nbytes,), np.dtype(np.uint8))
            return self
        memory = np.zeros(nbytes, np.uint8)
        kept = min(nbytes, self.memory.size)
        memory[:kept] = self.memory[:kept]
        self.memory = memory
        return self


def storage_of(array: Array, device: device) -> Storage:
    """The memory that an array lies in, from its first element to its last."""
    if array.__class__ is Hollow:
        steps = zip(array.shape, array.strides, strict=True)
        nbytes = array.itemsize + sum((n - 1) * s for n, s in steps) if array.size else 0
        return Storage(hollow((nbytes,), np.dtype(np.uint8)), device)
    if array.flags.c_contiguous:
        return Storage(array.reshape(-1).view(np.uint8), device)
    span = array.itemsize + sum((n - 1) * s for n, s in zip(array.shape, array.strides, strict=True))
    if array.size == 0:
        span = 0
    flat: Any = np.lib.stride_tricks.as_strided(array, (span // array.itemsize,), (array.itemsize,))
    return Storage(flat.view(np.uint8), device)
