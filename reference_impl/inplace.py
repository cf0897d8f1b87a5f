"""Writing in place: copy_, fill_, zero_."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from . import layout
from .arguments import need_tensor
from .autograd.node import Gradients, Node
from .create import fitting
from .device import META
from .dtype import bool as bool_
from .fill import zeros_like
from .hollow import NO_DATA
from .inplace_rules import overwriting
from .op import operation, record
from .promote import cast
from .tensor import Tensor, attach


class CopyBackwards(Node):
    """The old values get no gradient: zeros. The source's goes back to its device."""

    __slots__ = ()

    def name(self) -> str:
        """Torch's name, which tells the namespace."""
        return "torch::autograd::CopyBackwards"

    def gradient(self, grad: Tensor) -> Gradients:
        return zeros_like(grad) if self.needs(0) else None, grad.to(self.args) if self.needs(1) else None


def copied(self: Tensor, src: Tensor, non_blocking: bool = False) -> Tensor:
    """The values of src in the shape, dtype and device of self."""
    if isinstance(src, (int, float, complex)):
        array = cast(np.full(self._array.shape, src), self._dtype)
        return record(CopyBackwards, array, self._dtype, self._device, (self, None))
    need_tensor("copy_", src, "other", 1)
    source = src
    if src._array.shape != self._array.shape:
        common = layout.broadcast_shapes(self._array.shape, src._array.shape)
        if common != self._array.shape:
            raise RuntimeError(
                f"output with shape {list(self._array.shape)} doesn't match the broadcast shape {list(common)}"
            )
        source = src.expand(common)
    if src._device is META and self._device is not META:
        raise NotImplementedError(NO_DATA)
    values = source._array
    if src._dtype.is_complex and not self._dtype.is_complex and self._dtype is not bool_:
        warnings.warn("Casting complex values to real discards the imaginary part", UserWarning, stacklevel=4)
        values = values.real
    array = cast(values, self._dtype)
    return record(CopyBackwards, array, self._dtype, self._device, (self, src), args=src._device)


_overwrite = overwriting(copied, "copy")
_rewrite = overwriting(copied, "copy", overlap=True)


def copy_(self: Tensor, other: Tensor, non_blocking: bool = False) -> Tensor:
    """Overwrites the values with those of another, a tensor or a number, which is broadcast, cast and moved. Copying a
    tensor to itself changes no value."""
    result: Tensor = _rewrite(self, other) if other is self else _overwrite(self, other)
    return result


class FillBackward0(Node):
    __slots__ = ()

    def gradient(self, grad: Tensor) -> Gradients:
        return zeros_like(grad) if self.needs(0) else None, grad.sum() if self.needs(1) else None


@operation(method=False, out=False)
def fill(input: Tensor, value: Any) -> Tensor:
    """A copy in which every element is the value, a number or a 0-dim tensor."""
    d = input._dtype
    if isinstance(value, Tensor):
        if value.ndim:
            raise RuntimeError(
                f"fill_ only supports 0-dimension value tensor but got tensor with {value.ndim} dimensions."
            )
        scalar: Any = cast(value._array, d)
    else:
        scalar = fitting(value, d)
    array = np.empty(input._array.shape, d.numpy)
    array.fill(scalar)
    return record(FillBackward0, array, d, input._device, (input, value))


class ZeroBackward0(Node):
    __slots__ = ()

    def gradient(self, grad: Tensor) -> Gradients:
        return zeros_like(grad)


def zeroed(self: Tensor) -> Tensor:
    """Zeros in the shape, dtype and device of self."""
    array = np.zeros_like(self._array, order="C")
    return record(ZeroBackward0, array, self._dtype, self._device, (self,))


fill_ = overwriting(fill, "fill", overlap=True)
zero_ = overwriting(zeroed, "zero", overlap=True)
attach("copy_", copy_)
attach("fill_", fill_)
attach("zero_", zero_)
