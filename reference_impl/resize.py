"""Changing a tensor's own shape, strides or memory: t_, squeeze_, resize_, set_ and their kin."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

from . import layout
from .arguments import spoken
from .autograd.history import check_inplace
from .create import sizes
from .deterministic import are_deterministic_algorithms_enabled, unwritten
from .format import channels_last, channels_last_3d, channels_order, preserve_format, strides_in
from .gradmode import MODE
from .inplace_rules import bump
from .order import t
from .storage import Storage
from .stride import as_strided
from .tensor import Tensor, adopt, attach, meta, storage, strides_of, tracked
from .view import squeeze, transpose, unsqueeze


def _becoming(function: Callable[..., Tensor], name: str) -> None:
    """Attaches a method that gives a tensor the layout of a view of it, and the view's place in the graph."""

    def method(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        check_inplace(self)
        viewed = function(self, *args, **kwargs)
        if self._view is None and meta(self).original is None:
            meta(self).original = (as_strided, (self._array.shape, strides_of(self), self.storage_offset()), None)
        bump(self)
        adopt(self, viewed)
        if self._view is not None and viewed._view is not None:
            viewed._view.restriction = self._view.restriction
            self._view = viewed._view
        if viewed._edge is not None:
            self._edge = viewed._edge
        return self

    method.__name__ = name
    method.__doc__ = f"In place: {function.__doc__}"
    attach(name, method)


_becoming(t, "t_")
_becoming(transpose, "transpose_")
_becoming(transpose, "swapaxes_")
_becoming(transpose, "swapdims_")
_becoming(squeeze, "squeeze_")
_becoming(unsqueeze, "unsqueeze_")
_becoming(as_strided, "as_strided_")


def resize_(self: Tensor, *size: Any, memory_format: Any = None) -> Tensor:
    """Gives the tensor another size, row-major or in a memory format. The elements that it had come first; the memory
    grows where that is needed, under every tensor that shows it, and never shrinks. RuntimeError for a tensor that
    requires a gradient."""
    if tracked(self) and MODE.grad:
        raise RuntimeError("cannot resize variables that require grad")
    shape = sizes(size, "resize_")
    if shape == self._array.shape and memory_format in (None, preserve_format):
        return self
    before = storage(self).nbytes() // self._dtype.itemsize
    _show(self, storage(self), shape, strides_in(memory_format, shape), self.storage_offset())
    if are_deterministic_algorithms_enabled():
        whole = storage(self).nbytes() // self._dtype.itemsize
        unwritten(storage(self).strided(self._dtype.numpy, (whole - before,), (1,), before))
    return self


def _show(t: Tensor, memory: Storage, shape: layout.Shape, stride: layout.Shape, offset: int) -> None:
    needed = (offset + layout.extent(shape, stride)) * t._dtype.itemsize
    if needed > memory.nbytes():
        shown = [other for other in gc.get_referrers(memory) if isinstance(other, Tensor) and other is not t]
        memory.resize_(needed)
        for other in shown:
            layout_now = strides_of(other), other.storage_offset()
            other._array = memory.strided(other._dtype.numpy, other._array.shape, *layout_now)
    t._array = memory.strided(t._dtype.numpy, shape, stride, offset)
    t._storage = memory
    t._layout = (stride, offset)
    bump(t)


@spoken
def resize_as_(self: Tensor, the_template: Tensor, memory_format: Any = None) -> Tensor:
    """Gives the tensor the size of another; with `preserve_format` its memory format too."""
    if memory_format is preserve_format:
        memory_format = next((f for f in (channels_last, channels_last_3d) if channels_order(the_template, f)), None)
    return resize_(self, the_template._array.shape, memory_format=memory_format)


def set_(self: Tensor, source: Any = None, storage_offset: int = 0, size: Any = None, stride: Any = None) -> Tensor:
    """Makes the tensor show the memory of another tensor, or of a storage. RuntimeError for another dtype."""
    if source is None:
        _show(self, Storage(self._array[:0].reshape(-1).view("uint8"), self._device), (0,), (1,), 0)
        return self
    if isinstance(source, Tensor):
        if source._dtype is not self._dtype:
            raise RuntimeError(
                f"Could not set tensor of type {source._dtype.legacy} to a tensor of type {self._dtype.legacy}"
            )
        if size is None:
            strides = strides_of(source)
            _show(self, storage(source), source._array.shape, strides, source.storage_offset())
            return self
        source = storage(source)
    shape = (source.nbytes() // self._dtype.itemsize,) if size is None else sizes((size,), "set_")
    _show(self, source, shape, layout.contiguous_strides(shape) if stride is None else tuple(stride), storage_offset)
    return self


def is_set_to(self: Tensor, tensor: Tensor) -> bool:
    """Whether both show the same memory in the same way."""
    same = storage(self) is storage(tensor) and self.storage_offset() == tensor.storage_offset()
    return same and self._array.shape == tensor._array.shape and strides_of(self) == strides_of(tensor)


attach("is_set_to", is_set_to)
attach("resize_", resize_)
attach("resize_as_", resize_as_)
attach("set_", set_)
