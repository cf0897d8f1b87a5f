"""Convolution, which is cross-correlation, and its adjoint, in one, two and three dimensions."""

from __future__ import annotations

from typing import Any

from ..autocast import faster
from ..autograd.node import Gradients, Node
from ..op import record
from ..pointwise import conjugate
from ..promote import cast, operand
from ..quiet import quiet
from ..tensor import Tensor
from .check import (
    Numbers,
    by,
    check_channels,
    check_extra,
    check_filled,
    check_numbers,
    check_operands,
    check_types,
    numbers,
    padding_of,
)
from .correlation import Geometry, Sizes, correlate, spread


class ConvolutionBackward0(Node):
    """The input gets the gradient spread over the windows that it was read in, the weight the products of the windows
    with the gradient; of a transposed convolution the other way round."""

    __slots__ = ()
    saves = ("input", "weight")

    def gradient(self, grad: Tensor) -> Gradients:
        x, weight = self.tensors()
        g, transposed, sizes, kernel = self.args
        by_input = by_weight = by_bias = None
        if self.needs(0):
            back = conjugate(weight)
            by_input = convolved(grad, back, None, g) if transposed else spread_out(grad, back, None, g, sizes)
            by_input = cropped(by_input, sizes)
        if self.needs(1):
            large, small = (grad, conjugate(x)) if transposed else (conjugate(x), grad)
            by_weight = _by_weight(large, small, g, kernel)
        if self.needs(2):
            by_bias = grad.sum([0, *range(2, grad.ndim)])
        return by_input, by_weight, by_bias


def cropped(t: Tensor, sizes: Sizes) -> Tensor:
    """The first elements along the last dimensions; the tensor itself if there are no others."""
    if t._array.shape[-len(sizes) :] == sizes:
        return t
    return t[(..., *[slice(n) for n in sizes])]


def _by_weight(large: Tensor, small: Tensor, g: Geometry, kernel: Sizes) -> Tensor:
    """The gradient of the weight, `(channels of small, channels of large in a group, *kernel)`: a convolution in which
    batch and channels change places, and stride and dilation too."""
    n, channels, *sizes = large._array.shape
    each = channels // g.groups
    parts = large.reshape(n, g.groups, each, *sizes).transpose(0, 2).transpose(1, 2)  # each, n, groups
    images = parts.transpose(1, 2).reshape(each, g.groups * n, *sizes)
    turned = Geometry(g.dilation, g.before, g.after, g.stride, g.groups)
    found = convolved(images, small.transpose(0, 1), None, turned, wanted=kernel)
    return found.transpose(0, 1)


def _added(array: Any, bias: Tensor | None, like: Tensor) -> Any:
    if bias is None:
        return array
    return quiet(array.__iadd__, operand(bias, like._dtype).reshape(-1, *[1] * (array.ndim - 2)))


def convolved(x: Tensor, weight: Tensor, bias: Tensor | None, g: Geometry, wanted: Sizes | None = None) -> Tensor:
    """The convolution of a batch, its place in the graph included; `wanted` is how much of the result is used."""
    d = x._dtype
    array = quiet(correlate, operand(x, d), operand(weight, d), g)
    shapes = x._array.shape[2:], weight._array.shape[2:]
    result = record(
        ConvolutionBackward0,
        cast(_added(array, bias, x), d),
        d,
        x._device,
        (x, weight, bias),
        (x, weight),
        (g, False, *shapes),
    )
    return result if wanted is None else cropped(result, wanted)


def spread_out(x: Tensor, weight: Tensor, bias: Tensor | None, g: Geometry, sizes: Sizes) -> Tensor:
    """The transposed convolution of a batch, whose result has these sizes."""
    d = x._dtype
    array = quiet(spread, operand(x, d), operand(weight, d), g, sizes)
    shapes = x._array.shape[2:], weight._array.shape[2:]
    return record(
        ConvolutionBackward0,
        cast(_added(array, bias, x), d),
        d,
        x._device,
        (x, weight, bias),
        (x, weight),
        (g, True, *shapes),
    )


def convolution(
    name: str,
    n: int,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Numbers,
    padding: Numbers | str,
    dilation: Numbers,
    groups: int,
) -> Tensor:
    """The convolution over the last n dimensions of an input with or without a batch, all its demands checked."""
    check_operands(name, n, input, weight, bias)
    if input.ndim == n + 1:
        return convolution(name, n, input.unsqueeze(0), weight, bias, stride, padding, dilation, groups).squeeze(0)
    kernel = weight._array.shape[2:]
    stride, dilation = numbers("stride", stride, n), numbers("dilation", dilation, n)
    before, after = padding_of(padding, n, kernel, stride, dilation)
    check_numbers(stride, before, dilation, (0,) * n, groups)
    check_channels(input, weight, bias, groups, False)
    g = Geometry(stride, before, after, dilation, groups)
    padded, reach = g.padded(input._array.shape[2:]), [d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True)]
    if any(size < most for size, most in zip(padded, reach, strict=True)):
        raise RuntimeError(
            f"Calculated padded input size per channel: ({by(padded)}). Kernel size: ({by(tuple(reach))}). Kernel "
            "size can't be greater than actual input size"
        )
    check_filled(input)
    check_types(input, weight, bias, "slow_conv3d_cpu" if n == 3 else "slow_conv2d_cpu")
    return convolved(input, weight, bias, g)


def transposed_convolution(
    name: str,
    n: int,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Numbers,
    padding: Numbers,
    output_padding: Numbers,
    groups: int,
    dilation: Numbers,
) -> Tensor:
    """The adjoint of the convolution, for an input with or without a batch, all its demands checked."""
    check_operands(name, n, input, weight, bias)
    if isinstance(padding, str):
        raise TypeError(f"{name}(): argument 'padding' must be tuple of ints, not str")
    if input.ndim == n + 1:
        batch = input.unsqueeze(0)
        return transposed_convolution(
            name, n, batch, weight, bias, stride, padding, output_padding, groups, dilation
        ).squeeze(0)
    sizes, kernel = input._array.shape[2:], weight._array.shape[2:]
    stride, pads = numbers("stride", stride, n), numbers("padding", padding, n)
    extra, dilation = numbers("output_padding", output_padding, n), numbers("dilation", dilation, n)
    check_numbers(stride, pads, dilation, extra, groups)
    check_channels(input, weight, bias, groups, True)
    check_filled(input)
    check_extra(extra, stride, dilation)
    each = zip(sizes, kernel, stride, pads, extra, dilation, strict=True)
    results = tuple([(m - 1) * s - 2 * p + d * (k - 1) + e + 1 for m, k, s, p, e, d in each])
    if min(results) < 1:
        raise RuntimeError(
            f"Given input size per channel: ({by(sizes)}). Calculated output size per channel: ({by(results)}). "
            "Output size is too small"
        )
    check_types(input, weight, bias, "slow_conv_transpose3d_out_cpu" if n == 3 else "slow_conv_transpose2d_out_cpu")
    return spread_out(input, weight, bias, Geometry(stride, pads, pads, dilation, groups), results)


Bias = Tensor | None


@faster
def conv1d(
    input: Tensor,
    weight: Tensor,
    bias: Bias = None,
    stride: Numbers = 1,
    padding: Numbers | str = 0,
    dilation: Numbers = 1,
    groups: int = 1,
) -> Tensor:
    """Slides kernels `(out, in / groups, k)` over signals `(batch, in, size)`."""
    return convolution("conv1d", 1, input, weight, bias, stride, padding, dilation, groups)


@faster
def conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Bias = None,
    stride: Numbers = 1,
    padding: Numbers | str = 0,
    dilation: Numbers = 1,
    groups: int = 1,
) -> Tensor:
    """Slides kernels `(out, in / groups, k, l)` over images `(batch, in, height, width)`."""
    return convolution("conv2d", 2, input, weight, bias, stride, padding, dilation, groups)


@faster
def conv3d(
    input: Tensor,
    weight: Tensor,
    bias: Bias = None,
    stride: Numbers = 1,
    padding: Numbers | str = 0,
    dilation: Numbers = 1,
    groups: int = 1,
) -> Tensor:
    """Slides kernels over volumes `(batch, in, depth, height, width)`."""
    return convolution("conv3d", 3, input, weight, bias, stride, padding, dilation, groups)


@faster
def conv_transpose1d(
    input: Tensor,
    weight: Tensor,
    bias: Bias = None,
    stride: Numbers = 1,
    padding: Numbers = 0,
    output_padding: Numbers = 0,
    groups: int = 1,
    dilation: Numbers = 1,
) -> Tensor:
    """The adjoint of `conv1d`, with kernels `(in, out / groups, k)`."""
    given = (stride, padding, output_padding, groups, dilation)
    return transposed_convolution("conv_transpose1d", 1, input, weight, bias, *given)


@faster
def conv_transpose2d(
    input: Tensor,
    weight: Tensor,
    bias: Bias = None,
    stride: Numbers = 1,
    padding: Numbers = 0,
    output_padding: Numbers = 0,
    groups: int = 1,
    dilation: Numbers = 1,
) -> Tensor:
    """The adjoint of `conv2d`."""
    given = (stride, padding, output_padding, groups, dilation)
    return transposed_convolution("conv_transpose2d", 2, input, weight, bias, *given)


@faster
def conv_transpose3d(
    input: Tensor,
    weight: Tensor,
    bias: Bias = None,
    stride: Numbers = 1,
    padding: Numbers = 0,
    output_padding: Numbers = 0,
    groups: int = 1,
    dilation: Numbers = 1,
) -> Tensor:
    """The adjoint of `conv3d`."""
    given = (stride, padding, output_padding, groups, dilation)
    return transposed_convolution("conv_transpose3d", 3, input, weight, bias, *given)


def conv_tbc(input: Tensor, weight: Tensor, bias: Tensor, pad: int = 0) -> Tensor:
    """A convolution of signals `(time, batch, channels in)` with a weight `(kernel, channels in, channels out)`: shape
    `(time, batch, channels out)`. RuntimeError for other shapes."""
    if input.ndim != 3:
        raise RuntimeError("Input must have 3 dims: time, batch, in_channel")
    if weight.ndim != 3:
        raise RuntimeError("Weight tensor must have 3 dims: kernel_width, in_channels, out_channels.")
    if bias.ndim != 1:
        raise RuntimeError("Bias must be 1-D")
    if input._array.shape[2] != weight._array.shape[1]:
        raise RuntimeError("Input dim 2 (input channels) is not == dim 1 in the weight tensor")
    if bias._array.shape[0] != weight._array.shape[2]:
        raise RuntimeError("Bias size must equal dim 2 in the weight tensor (output channels).")
    if not input._dtype is weight._dtype is bias._dtype:
        raise RuntimeError(
            f"self and mat2 must have the same dtype, but got {input._dtype.word} and {weight._dtype.word}"
        )
    return conv1d(input.permute(1, 2, 0), weight.permute(2, 1, 0), bias, padding=pad).permute(2, 0, 1)
