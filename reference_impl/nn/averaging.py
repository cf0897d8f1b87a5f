"""The mean of each window, and the p-norm."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from ..activation import relu
from ..arguments import spoken
from ..autograd.node import Gradients, Node
from ..derivative import refuse
from ..dtype import int64
from ..op import operation, record
from ..promote import cast, operand
from ..quiet import quiet
from ..storage import Array
from ..tensor import Tensor
from .correlation import Geometry, Sizes, steps
from .pooling import max_pool1d, max_pool2d, max_pool3d
from .sliding import Numbers, check_planes, each, slid

MAXIMA = {1: max_pool1d, 2: max_pool2d, 3: max_pool3d}


def _divisors(sizes: Sizes, kernel: Sizes, places: Sizes, g: Geometry, include: bool) -> Array:
    """How many elements each window has: with those of the padding, or without."""
    total = np.ones((), np.int64)
    for m, k, s, p, size in zip(places, kernel, g.stride, g.before, sizes, strict=True):
        start = np.arange(m) * s - p
        end = np.minimum(start + k, size + p)
        length = end - start if include else np.minimum(end, size) - np.maximum(start, 0)
        total = total[..., None] * length
    return total


def _windows(kernel: Sizes, places: Sizes, g: Geometry) -> Any:
    return (steps(at, places, g.stride) for at in itertools.product(*map(range, kernel)))


def _summed(x: Array, kernel: Sizes, places: Sizes, g: Geometry) -> Array:
    """The sums of the windows of planes."""
    if any(g.before) or any(g.after):
        padded = np.zeros((len(x), *g.padded(x.shape[1:])), x.dtype)
        padded[(slice(None), *steps(g.before, x.shape[1:], (1,) * len(kernel)))] = x
        x = padded
    total = np.zeros((len(x), *places), x.dtype)
    for window in _windows(kernel, places, g):
        total += x[(slice(None), *window)]
    return total


def _spread(x: Array, kernel: Sizes, sizes: Sizes, g: Geometry) -> Array:
    """The adjoint: each element added to every place of its window."""
    total = np.zeros((len(x), *g.padded(sizes)), x.dtype)
    for window in _windows(kernel, x.shape[1:], g):
        total[(slice(None), *window)] += x
    return np.ascontiguousarray(total[(slice(None), *steps(g.before, sizes, (1,) * len(kernel)))])


class AvgPoolBackward(Node):
    """Every element of a window gets the same part of the gradient; the gradient of that is an average again."""

    __slots__ = ()

    def gradient(self, grad: Tensor) -> Gradients:
        shape, kernel, g, divisor, adjoint = self.args
        return _linear(type(self), grad, shape, kernel, g, divisor, not adjoint)


NODES = {n: type(f"AvgPool{n}DBackward0", (AvgPoolBackward,), {"__slots__": ()}) for n in (1, 2, 3)}


def _linear(
    kind: type[Node], t: Tensor, sizes: Sizes, kernel: Sizes, g: Geometry, divisor: Array, adjoint: bool
) -> Tensor:
    """The means of windows, or the adjoint of this map; `sizes` are those of the result."""
    d, n = t._dtype, len(kernel)
    shape = t._array.shape
    x = operand(t, d).reshape(math.prod(shape[:-n]), *shape[-n:])
    if adjoint:
        array = quiet(_spread, quiet(np.divide, x, divisor.astype(x.dtype)), kernel, sizes, g)
    else:
        total = quiet(_summed, x, kernel, sizes, g)
        by = divisor.astype(x.dtype)
        array = quiet(np.divide, total, by) if d.differentiable else np.sign(total) * (abs(total) // by)
    array = cast(array, d).reshape(*shape[:-n], *sizes)
    return record(kind, array, d, t._device, (t,), args=(shape[-n:], kernel, g, divisor, adjoint))


def _avg_pool(
    n: int,
    input: Tensor,
    kernel_size: Numbers,
    stride: Numbers | None,
    padding: Numbers,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None = None,
) -> Tensor:
    name = f"avg_pool{n}d"
    kernel = each(name, "kernel_size", kernel_size, n)
    moved = kernel if stride is None or stride == () else each(name, "stride", stride, n)
    if n == 1 and input.ndim not in (2, 3):
        raise RuntimeError(
            f"Expected 2 to 3 dimensions, but got {input.ndim}-dimensional tensor for argument #1 'self' (while "
            "checking arguments for avg_pool1d)"
        )
    check_planes(name, n, input)
    if divisor_override == 0:
        raise RuntimeError("divisor must be not zero")
    d = input._dtype
    refuse(name, not (d.is_floating_point or d is int64), d)
    g, places = slid(input, kernel, moved, each(name, "padding", padding, n), (1,) * n, ceil_mode)
    divisor = _divisors(input._array.shape[-n:], kernel, places, g, count_include_pad)
    if divisor_override is not None:
        divisor = np.asarray(divisor_override)
    return _linear(NODES[n], input, places, kernel, g, divisor, False)


@spoken
def avg_pool1d(
    input: Tensor,
    kernel_size: Numbers,
    stride: Numbers | None = None,
    padding: Numbers = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """The mean of each window of signals `(*, channels, size)`; zeros of the padding count unless told otherwise."""
    return _avg_pool(1, input, kernel_size, stride, padding, ceil_mode, count_include_pad)


@operation(method=False)
def avg_pool2d(
    input: Tensor,
    kernel_size: Numbers,
    stride: Numbers | None = None,
    padding: Numbers = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """The mean of each window of images, or its sum divided by another number."""
    return _avg_pool(2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


@operation(method=False)
def avg_pool3d(
    input: Tensor,
    kernel_size: Numbers,
    stride: Numbers | None = None,
    padding: Numbers = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """The mean of each window of volumes, or its sum divided by another number."""
    return _avg_pool(3, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


def _lp_pool(n: int, input: Tensor, p: float, kernel_size: Numbers, stride: Any, ceil_mode: bool) -> Tensor:
    kernel = each(f"lp_pool{n}d", "kernel_size", kernel_size, n)
    if p == math.inf:
        return MAXIMA[n](input.abs(), kernel_size, stride, 0, 1, ceil_mode)  # type: ignore[no-any-return]
    if p == -math.inf:
        return -MAXIMA[n](-input.abs(), kernel_size, stride, 0, 1, ceil_mode)  # type: ignore[no-any-return]
    mean = _avg_pool(n, input.pow(p), kernel_size, stride, 0, ceil_mode, True)
    positive = mean.sign() * relu(mean.abs())
    return (positive * math.prod(kernel)).pow(1.0 / p)  # type: ignore[no-any-return]


def lp_pool1d(
    input: Tensor, norm_type: float, kernel_size: Numbers, stride: Numbers | None = None, ceil_mode: bool = False
) -> Tensor:
    """`(sum of x ** p) ** (1 / p)` of each window of signals."""
    return _lp_pool(1, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool2d(
    input: Tensor, norm_type: float, kernel_size: Numbers, stride: Numbers | None = None, ceil_mode: bool = False
) -> Tensor:
    """`(sum of x ** p) ** (1 / p)` of each window of images."""
    return _lp_pool(2, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool3d(
    input: Tensor, norm_type: float, kernel_size: Numbers, stride: Numbers | None = None, ceil_mode: bool = False
) -> Tensor:
    """`(sum of x ** p) ** (1 / p)` of each window of volumes."""
    return _lp_pool(3, input, norm_type, kernel_size, stride, ceil_mode)
