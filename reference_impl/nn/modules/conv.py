"""Layers that slide kernels, and their adjoints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...fill import empty
from ...tensor import Tensor
from .. import functional
from ..module import Module
from ..parameter import Parameter
from .linear import reset
from .utils import _ntuple, _reverse_repeat_tuple

Sizes = int | tuple[int, ...]
STRINGS = {"same", "valid"}
MODES = {"zeros", "reflect", "replicate", "circular"}


def _check(channels: tuple[int, int], stride: Sequence[int], padding: Any, groups: int, mode: str) -> None:
    if groups <= 0:
        raise ValueError("groups must be a positive integer")
    for name, count in zip(("in_channels", "out_channels"), channels, strict=True):
        if count % groups:
            raise ValueError(f"{name} must be divisible by groups")
    if isinstance(padding, str):
        if padding not in STRINGS:
            raise ValueError(f"Invalid padding string {padding!r}, should be one of {STRINGS}")
        if padding == "same" and any(s != 1 for s in stride):
            raise ValueError("padding='same' is not supported for strided convolutions")
    if mode not in MODES:
        raise ValueError(f"padding_mode must be one of {MODES}, but got padding_mode='{mode}'")


class _ConvNd(Module):
    """What convolutions and their adjoints have in common."""

    _dims: int
    weight: Tensor
    bias: Tensor | None

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: tuple[int, ...],
        stride: tuple[int, ...],
        padding: Any,
        dilation: tuple[int, ...],
        transposed: bool,
        output_padding: tuple[int, ...],
        groups: int,
        bias: bool,
        padding_mode: str,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        _check((in_channels, out_channels), stride, padding, groups, padding_mode)
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = kernel_size
        self.stride = stride
        self.padding = padding
        self.dilation = dilation
        self.transposed = transposed
        self.output_padding = output_padding
        self.groups = groups
        self.padding_mode = padding_mode
        self._reversed_padding_repeated_twice = _borders(padding, kernel_size, dilation)
        channels = (in_channels, out_channels // groups) if transposed else (out_channels, in_channels // groups)
        self.weight = Parameter(empty((*channels, *kernel_size), device=device, dtype=dtype))
        self.register_parameter("bias", Parameter(empty(out_channels, device=device, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        reset(self.weight, self.bias)

    def extra_repr(self) -> str:
        told = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        for name, usual in (("padding", 0), ("dilation", 1), ("output_padding", 0)):
            value = getattr(self, name)
            if value != (usual,) * len(value):
                told += f", {name}={value}"
        if self.groups != 1:
            told += f", groups={self.groups}"
        if self.bias is None:
            told += ", bias=False"
        if self.padding_mode != "zeros":
            told += f", padding_mode={self.padding_mode}"
        return told


def _borders(padding: Any, kernel: tuple[int, ...], dilation: tuple[int, ...]) -> Sequence[int]:
    """The padding as `pad` takes it; where `same` is odd, the greater part goes to the end."""
    if not isinstance(padding, str):
        return _reverse_repeat_tuple(padding, 2)
    if padding == "valid":
        return [0, 0] * len(kernel)
    totals = [d * (k - 1) for d, k in zip(dilation, kernel, strict=False)]
    return [part for total in reversed(totals) for part in (total // 2, total - total // 2)]


class _Convolution(_ConvNd):
    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Sizes,
        stride: Sizes = 1,
        padding: str | Sizes = 0,
        dilation: Sizes = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        each = _ntuple(self._dims)
        pads = padding if isinstance(padding, str) else each(padding)
        sizes = each(kernel_size), each(stride), pads, each(dilation)
        super().__init__(
            in_channels, out_channels, *sizes, False, each(0), groups, bias, padding_mode, device=device, dtype=dtype
        )

    def _conv_forward(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        slide = getattr(functional, f"conv{self._dims}d")
        padding = self.padding
        if self.padding_mode != "zeros":
            input = functional.pad(input, self._reversed_padding_repeated_twice, mode=self.padding_mode)
            padding = 0
        result: Tensor = slide(input, weight, bias, self.stride, padding, self.dilation, self.groups)
        return result

    def forward(self, input: Tensor) -> Tensor:
        return self._conv_forward(input, self.weight, self.bias)


class Conv1d(_Convolution):
    """Slides kernels over signals `(batch, in, size)` or `(in, size)`. Weight `(out, in / groups, kernel)` and bias
    `(out,)` are drawn from U(-b, b), where `1 / b ** 2` counts the elements that make one of the result.

    ValueError for channels that the groups do not divide, and for an unknown padding.
    """

    _dims = 1


class Conv2d(_Convolution):
    """Slides kernels over images `(batch, in, height, width)` or `(in, height, width)`; see `Conv1d`."""

    _dims = 2


class Conv3d(_Convolution):
    """Slides kernels over volumes `(batch, in, depth, height, width)` or without a batch; see `Conv1d`."""

    _dims = 3


class _ConvTransposeNd(_ConvNd):
    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Sizes,
        stride: Sizes = 1,
        padding: Sizes = 0,
        output_padding: Sizes = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Sizes = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if padding_mode != "zeros":
            raise ValueError(f'Only "zeros" padding mode is supported for {type(self).__name__}')
        each = _ntuple(self._dims)
        sizes = each(kernel_size), each(stride), each(padding), each(dilation)
        extra = each(output_padding)
        super().__init__(
            in_channels, out_channels, *sizes, True, extra, groups, bias, padding_mode, device=device, dtype=dtype
        )

    def _output_padding(self, input: Tensor, output_size: Sequence[int] | None) -> Sequence[int]:
        """How many rows are added at the end for this size. ValueError for a size that no number of them gives."""
        if output_size is None:
            return self.output_padding
        n, wanted = self._dims, list(output_size)
        outer = 2 if input.ndim == n + 2 else 1
        if len(wanted) == outer + n:
            wanted = wanted[outer:]
        if len(wanted) != n:
            raise ValueError(
                f"ConvTranspose{n}D: for {input.ndim}D input, output_size must have {n} or {outer + n} elements (got "
                f"{len(wanted)})"
            )
        each = zip(input.shape[outer:], self.kernel_size, self.stride, self.padding, self.dilation, strict=True)
        least = [(m - 1) * s - 2 * p + d * (k - 1) + 1 for m, k, s, p, d in each]
        most = [m + s - 1 for m, s in zip(least, self.stride, strict=True)]
        if not all(a <= m <= b for a, m, b in zip(least, wanted, most, strict=True)):
            raise ValueError(
                f"requested an output size of {wanted}, but valid sizes range from {least} to {most} (for an input of "
                f"{input.size()[2:]})"
            )
        return [m - a for m, a in zip(wanted, least, strict=True)]

    def forward(self, input: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        slide = getattr(functional, f"conv_transpose{self._dims}d")
        extra = self._output_padding(input, output_size)
        result: Tensor = slide(
            input, self.weight, self.bias, self.stride, self.padding, extra, self.groups, self.dilation
        )
        return result


class ConvTranspose1d(_ConvTransposeNd):
    """The adjoint of `Conv1d`, with a weight `(in, out / groups, kernel)`; the call takes an `output_size`, of which
    there are as many as the stride.

    ValueError for channels that the groups do not divide, for another padding mode, and for a size out of reach.
    """

    _dims = 1


class ConvTranspose2d(_ConvTransposeNd):
    """The adjoint of `Conv2d`; see `ConvTranspose1d`."""

    _dims = 2


class ConvTranspose3d(_ConvTransposeNd):
    """The adjoint of `Conv3d`; see `ConvTranspose1d`."""

    _dims = 3
