"""Layers that take the greatest element, the mean or the p-norm of windows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...tensor import Tensor
from .. import functional
from ..module import Module
from .utils import _ntuple

Sizes = int | tuple[int, ...]


class _MaxPoolNd(Module):
    """Windows side by side, unless a stride is given."""

    _dims: int

    def __init__(
        self,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        dilation: Sizes = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def forward(self, input: Tensor) -> Any:
        pool = getattr(functional, f"max_pool{self._dims}d")
        sizes = self.kernel_size, self.stride, self.padding, self.dilation
        return pool(input, *sizes, ceil_mode=self.ceil_mode, return_indices=self.return_indices)

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, ceil_mode={self.ceil_mode}"
        )


class MaxPool1d(_MaxPoolNd):
    """The greatest element of each window of signals; with `return_indices` also where it was."""

    _dims = 1


class MaxPool2d(_MaxPoolNd):
    """The greatest element of each window of images."""

    _dims = 2


class MaxPool3d(_MaxPoolNd):
    """The greatest element of each window of volumes."""

    _dims = 3


class _MaxUnpoolNd(Module):
    _dims: int

    def __init__(self, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0) -> None:
        super().__init__()
        each = _ntuple(self._dims)
        self.kernel_size = each(kernel_size)
        self.stride = each(kernel_size if stride is None else stride)
        self.padding = each(padding)

    def forward(self, input: Tensor, indices: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        unpool = getattr(functional, f"max_unpool{self._dims}d")
        result: Tensor = unpool(input, indices, self.kernel_size, self.stride, self.padding, output_size)
        return result

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxUnpool1d(_MaxUnpoolNd):
    """The maxima of `MaxPool1d` back in their places, between zeros."""

    _dims = 1


class MaxUnpool2d(_MaxUnpoolNd):
    """The maxima of `MaxPool2d` back in their places, between zeros."""

    _dims = 2


class MaxUnpool3d(_MaxUnpoolNd):
    """The maxima of `MaxPool3d` back in their places, between zeros."""

    _dims = 3


class _AvgPoolNd(Module):
    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool1d(_AvgPoolNd):
    """The mean of each window of signals; zeros of the padding count unless told otherwise."""

    def __init__(
        self,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__()
        each = _ntuple(1)
        self.kernel_size = each(kernel_size)
        self.stride = each(kernel_size if stride is None else stride)
        self.padding = each(padding)
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad

    def forward(self, input: Tensor) -> Tensor:
        sizes = self.kernel_size, self.stride, self.padding
        return functional.avg_pool1d(input, *sizes, self.ceil_mode, self.count_include_pad)


class _AvgPool(_AvgPoolNd):
    _dims: int

    def __init__(
        self,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    def forward(self, input: Tensor) -> Tensor:
        pool = getattr(functional, f"avg_pool{self._dims}d")
        sizes = self.kernel_size, self.stride, self.padding
        result: Tensor = pool(input, *sizes, self.ceil_mode, self.count_include_pad, self.divisor_override)
        return result


class AvgPool2d(_AvgPool):
    """The mean of each window of images, or its sum divided by another number."""

    _dims = 2


class AvgPool3d(_AvgPool):
    """The mean of each window of volumes, or its sum divided by another number."""

    _dims = 3


class _FractionalMaxPoolNd(Module):
    """ValueError unless there is one of an output size and an output ratio, which lies between 0 and 1."""

    _dims: int

    def __init__(
        self,
        kernel_size: Sizes,
        output_size: Sizes | None = None,
        output_ratio: float | tuple[float, ...] | None = None,
        return_indices: bool = False,
        _random_samples: Tensor | None = None,
    ) -> None:
        super().__init__()
        each, name = _ntuple(self._dims), type(self).__name__
        if self._dims == 3 and min(each(kernel_size)) <= 0:
            raise ValueError(f"kernel_size must be greater than 0, but got {kernel_size}")
        self.kernel_size = each(kernel_size)
        self.return_indices = return_indices
        self.register_buffer("_random_samples", _random_samples)
        self.output_size = None if output_size is None else each(output_size)
        self.output_ratio = None if output_ratio is None else each(output_ratio)
        if output_size is None and output_ratio is None:
            raise ValueError(f"{name} requires specifying either an output size, or a pooling ratio")
        if output_size is not None and output_ratio is not None:
            raise ValueError("only one of output_size and output_ratio may be specified")
        if self.output_ratio is not None and not all(0 < ratio < 1 for ratio in self.output_ratio):
            raise ValueError(f"output_ratio must be between 0 and 1 (got {output_ratio})")

    def forward(self, input: Tensor) -> Any:
        pool = getattr(functional, f"fractional_max_pool{self._dims}d")
        sizes = self.kernel_size, self.output_size, self.output_ratio
        return pool(input, *sizes, self.return_indices, _random_samples=self._random_samples)


class FractionalMaxPool2d(_FractionalMaxPoolNd):
    """The greatest element of each of so many windows of images, whose places are drawn (Graham 2014,
    arXiv:1412.6071)."""

    _dims = 2


class FractionalMaxPool3d(_FractionalMaxPoolNd):
    """The greatest element of each of so many windows of volumes, whose places are drawn."""

    _dims = 3


class _LPPoolNd(Module):
    _dims: int

    def __init__(
        self, norm_type: float, kernel_size: Sizes, stride: Sizes | None = None, ceil_mode: bool = False
    ) -> None:
        super().__init__()
        self.norm_type = norm_type
        self.kernel_size = kernel_size
        self.stride = stride
        self.ceil_mode = ceil_mode

    def forward(self, input: Tensor) -> Tensor:
        pool = getattr(functional, f"lp_pool{self._dims}d")
        result: Tensor = pool(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)
        return result

    def extra_repr(self) -> str:
        return (
            f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, stride={self.stride}, "
            f"ceil_mode={self.ceil_mode}"
        )


class LPPool1d(_LPPoolNd):
    """`(sum of x ** p) ** (1 / p)` of each window of signals."""

    _dims = 1


class LPPool2d(_LPPoolNd):
    """`(sum of x ** p) ** (1 / p)` of each window of images."""

    _dims = 2


class LPPool3d(_LPPoolNd):
    """`(sum of x ** p) ** (1 / p)` of each window of volumes."""

    _dims = 3


class _AdaptiveMaxPoolNd(Module):
    _dims: int

    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        super().__init__()
        self.output_size = output_size
        self.return_indices = return_indices

    def forward(self, input: Tensor) -> Any:
        pool = getattr(functional, f"adaptive_max_pool{self._dims}d")
        return pool(input, self.output_size, self.return_indices)

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class AdaptiveMaxPool1d(_AdaptiveMaxPoolNd):
    """The greatest element of each of so many windows that cover a signal."""

    _dims = 1


class AdaptiveMaxPool2d(_AdaptiveMaxPoolNd):
    """The greatest element of each of so many windows that cover an image; None keeps a size."""

    _dims = 2


class AdaptiveMaxPool3d(_AdaptiveMaxPoolNd):
    """The greatest element of each of so many windows that cover a volume; None keeps a size."""

    _dims = 3


class _AdaptiveAvgPoolNd(Module):
    _dims: int

    def __init__(self, output_size: Any) -> None:
        super().__init__()
        self.output_size = output_size

    def forward(self, input: Tensor) -> Tensor:
        result: Tensor = getattr(functional, f"adaptive_avg_pool{self._dims}d")(input, self.output_size)
        return result

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class AdaptiveAvgPool1d(_AdaptiveAvgPoolNd):
    """The mean of each of so many windows that cover a signal."""

    _dims = 1


class AdaptiveAvgPool2d(_AdaptiveAvgPoolNd):
    """The mean of each of so many windows that cover an image; None keeps a size."""

    _dims = 2


class AdaptiveAvgPool3d(_AdaptiveAvgPoolNd):
    """The mean of each of so many windows that cover a volume; None keeps a size."""

    _dims = 3
