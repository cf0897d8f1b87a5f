"""Windows of images as columns, and columns added up to images."""

from __future__ import annotations

import math

import numpy as np

from ..arguments import spoken
from ..autograd.node import Gradients, Node
from ..derivative import refuse
from ..dtype import INTEGER
from ..op import record
from ..promote import cast, operand
from ..quiet import quiet
from ..tensor import Tensor
from .correlation import Geometry, Sizes, pairs, steps
from .sliding import Numbers


class Im2ColBackward0(Node):
    __slots__ = ()

    def gradient(self, grad: Tensor) -> Gradients:
        return _folded(grad, *self.args)


class Col2ImBackward0(Node):
    __slots__ = ()

    def gradient(self, grad: Tensor) -> Gradients:
        _, kernel, g = self.args
        return _unfolded(grad, kernel, g)


def _unfolded(t: Tensor, kernel: Sizes, g: Geometry) -> Tensor:
    batch, channels, *rest = t._array.shape
    sizes = tuple(rest)
    places, x = g.places(sizes, kernel), t._array
    if any(g.before):
        x = np.zeros((batch, channels, *g.padded(sizes)), x.dtype)
        x[(..., *steps(g.before, sizes, (1, 1)))] = t._array
    columns = np.empty((batch, channels, *kernel, *places), x.dtype)
    for source, target in pairs(places, kernel, g):
        columns[(slice(None), slice(None), *target)] = x[(slice(None), slice(None), *source)]
    shape = batch, channels * math.prod(kernel), math.prod(places)
    return record(Im2ColBackward0, columns.reshape(shape), t._dtype, t._device, (t,), args=(sizes, kernel, g))


def _folded(t: Tensor, sizes: Sizes, kernel: Sizes, g: Geometry) -> Tensor:
    d, batch = t._dtype, t._array.shape[0]
    channels, places = t._array.shape[1] // math.prod(kernel), g.places(sizes, kernel)
    columns = operand(t, d).reshape(batch, channels, *kernel, *places)
    total = np.zeros((batch, channels, *g.padded(sizes)), columns.dtype)
    for target, source in pairs(places, kernel, g):
        place = total[(slice(None), slice(None), *target)]
        quiet(np.add, place, columns[(slice(None), slice(None), *source)], out=place)
    image = np.ascontiguousarray(total[(..., *steps(g.before, sizes, (1, 1)))])
    return record(Col2ImBackward0, cast(image, d), d, t._device, (t,), args=(sizes, kernel, g))


def _pair(value: Numbers) -> tuple[int, int]:
    if isinstance(value, int):
        return value, value
    a, b = value if len(value) == 2 else (*value, *value)
    return a, b


def _geometry(kernel: Sizes, dilation: Numbers, padding: Numbers, stride: Numbers) -> Geometry:
    """RuntimeError for numbers that are too small."""
    pads = _pair(padding)
    g = Geometry(_pair(stride), pads, pads, _pair(dilation), 1)
    for name, (a, b) in (("kernel size", kernel), ("dilation", g.dilation), ("stride", g.stride)):
        word = name.partition(" ")[0]
        if min(a, b) <= 0:
            raise RuntimeError(f"{name} should be greater than zero, but got {word}_height: {a} {word}_width: {b}")
    if min(pads) < 0:
        raise RuntimeError(f"padding should be non-negative, but got pad_height: {pads[0]} pad_width: {pads[1]}")
    return g


@spoken
def unfold(
    input: Tensor, kernel_size: Numbers, dilation: Numbers = 1, padding: Numbers = 0, stride: Numbers = 1
) -> Tensor:
    """The windows of images `(batch, channels, height, width)` as columns `(batch, channels * kernel, windows)`.

    RuntimeError for a kernel larger than the image, and for empty images.
    """
    kernel = _pair(kernel_size)
    g = _geometry(kernel, dilation, padding, stride)
    shape = input._array.shape
    if input.ndim not in (3, 4) or 0 in shape[-3:]:
        raise RuntimeError(
            "Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions for input, "
            f"but got: {list(shape)}"
        )
    places = g.places(shape[-2:], kernel)
    if min(places) < 1:
        raise RuntimeError(
            f"Given input with spatial size {shape[-2:]}, kernel_size={kernel}, dilation={g.dilation}, padding="
            f"{g.before}, calculated shape of the array of sliding blocks as {places}, but its components must be at "
            "least one."
        )
    refuse("im2col_out_cpu", input._dtype.category == INTEGER, input._dtype)
    return _unfolded(input, kernel, g) if input.ndim == 4 else _unfolded(input.unsqueeze(0), kernel, g).squeeze(0)


@spoken
def fold(
    input: Tensor,
    output_size: Numbers,
    kernel_size: Numbers,
    dilation: Numbers = 1,
    padding: Numbers = 0,
    stride: Numbers = 1,
) -> Tensor:
    """Images of a size, to which each column is added where its window lies: the adjoint of `unfold`.

    RuntimeError for columns of another length or number than the windows have.
    """
    kernel, sizes = _pair(kernel_size), _pair(output_size)
    g = _geometry(kernel, dilation, padding, stride)
    shape = input._array.shape
    if input.ndim not in (2, 3) or 0 in shape[-2:]:
        raise RuntimeError(
            "Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and non-zero dimensions for "
            f"input, but got: {list(shape)}"
        )
    first = input.ndim - 2
    if shape[first] % math.prod(kernel):
        raise RuntimeError(
            f"Expected size of input's dimension {first} to be divisible by the product of kernel_size, but got "
            f"input.size({first})={shape[first]} and kernel_size={kernel}."
        )
    places = g.places(sizes, kernel)
    count = math.prod(places)
    if shape[-1] != count or min(places) < 1:
        raise RuntimeError(
            f"Given output_size={sizes}, kernel_size={kernel}, dilation={g.dilation}, padding={g.before}, stride="
            f"{g.stride}, expected size of input's dimension {first + 1} to match the calculated number of sliding "
            f"blocks {places[0]} * {places[1]} = {count}, but got input.size({first + 1})={shape[-1]}."
        )
    refuse("col2im_out_cpu", input._dtype.category == INTEGER, input._dtype)
    if input.ndim == 3:
        return _folded(input, sizes, kernel, g)
    return _folded(input.unsqueeze(0), sizes, kernel, g).squeeze(0)
