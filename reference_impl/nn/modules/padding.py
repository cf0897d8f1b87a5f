"""Layers that set a border around their input."""

from __future__ import annotations

from typing import Any

from ...tensor import Tensor
from .. import functional
from ..module import Module
from .utils import _ntuple

Sizes = int | tuple[int, ...]


class _Border(Module):
    """As many elements before and after each dimension as `padding` counts in pairs, the last dimension first; one
    number counts for all sides."""

    _dims: int
    _mode: str

    def __init__(self, padding: Sizes) -> None:
        super().__init__()
        self.padding: Any = _ntuple(2 * self._dims)(padding)

    def forward(self, input: Tensor) -> Tensor:
        return functional.pad(input, self.padding, self._mode)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class _CircularPadNd(_Border):
    """ValueError for other dimensions than a border of its kind has."""

    _mode = "circular"

    def forward(self, input: Tensor) -> Tensor:
        n = self._dims
        if input.ndim not in (n + 1, n + 2):
            raise ValueError(f"expected {n + 1}D or {n + 2}D input (got {input.ndim}D input)")
        return super().forward(input)


class CircularPad1d(_CircularPadNd):
    """Elements from the other end of signals."""

    _dims = 1


class CircularPad2d(_CircularPadNd):
    """Elements from the other side of images."""

    _dims = 2


class CircularPad3d(_CircularPadNd):
    """Elements from the other side of volumes."""

    _dims = 3


class _ReflectionPadNd(_Border):
    _mode = "reflect"


class ReflectionPad1d(_ReflectionPadNd):
    """Signals mirrored at their ends, which are not repeated."""

    _dims = 1


class ReflectionPad2d(_ReflectionPadNd):
    """Images mirrored at their edges, which are not repeated."""

    _dims = 2


class ReflectionPad3d(_ReflectionPadNd):
    """Volumes mirrored at their sides, which are not repeated."""

    _dims = 3


class _ReplicationPadNd(_Border):
    _mode = "replicate"


class ReplicationPad1d(_ReplicationPadNd):
    """The ends of signals again."""

    _dims = 1


class ReplicationPad2d(_ReplicationPadNd):
    """The edges of images again."""

    _dims = 2


class ReplicationPad3d(_ReplicationPadNd):
    """The sides of volumes again."""

    _dims = 3


class _ConstantPadNd(_Border):
    def __init__(self, padding: Sizes, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        return functional.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class ConstantPad1d(_ConstantPadNd):
    """One value around the last dimension."""

    _dims = 1


class ConstantPad2d(_ConstantPadNd):
    """One value around the last two dimensions."""

    _dims = 2


class ConstantPad3d(_ConstantPadNd):
    """One value around the last three dimensions."""

    _dims = 3


class ZeroPad1d(ConstantPad1d):
    """Zeros around the last dimension."""

    def __init__(self, padding: Sizes) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class ZeroPad2d(ConstantPad2d):
    """Zeros around the last two dimensions."""

    def __init__(self, padding: Sizes) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class ZeroPad3d(ConstantPad3d):
    """Zeros around the last three dimensions."""

    def __init__(self, padding: Sizes) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return f"{self.padding}"
