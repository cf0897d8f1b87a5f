"""The greatest element of each window, and its way back."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from ..arguments import spoken
from ..autograd.node import Gradients, Node
from ..choice import chosen
from ..derivative import refuse
from ..dtype import bool as bool_
from ..dtype import dtype, int64
from ..fill import zeros
from ..gather import scatter, scatter_add
from ..layout import numel
from ..op import SECOND, record, record_many
from ..promote import cast, operand
from ..quiet import quiet
from ..storage import Array
from ..tensor import Tensor, tracked, wrap
from .correlation import Geometry, Sizes, steps
from .sliding import Numbers, check_planes, each, slid


def rows(t: Tensor, n: int) -> Tensor:
    """A row for each plane: the last n dimensions flattened, and those in front of them."""
    shape = t._array.shape
    return t.reshape(numel(shape[:-n]), numel(shape[-n:]))


class MaxPoolBackward(Node):
    """The place of the maximum gets the whole gradient of its window."""

    __slots__ = ()
    saves = ("indices",)

    def gradient(self, grad: Tensor, _: Any) -> Gradients:
        (index,) = self.tensors()
        shape, n = self.args
        start = grad.new_zeros((numel(shape[:-n]), numel(shape[-n:])))
        return scatter_add(start, 1, rows(index, n), rows(grad, n)).reshape(shape)


NODES = {
    name: type(f"{name}Backward0", (MaxPoolBackward,), {"__slots__": ()})
    for name in ("MaxPool1DWithIndices", "MaxPool2DWithIndices", "MaxPool3DWithIndices")
}


class MaxWindowBackward(Node):
    """The same where it is known which element of the kernel met the maximum. A maximum takes it from each window, its
    gradient brings something there, and the gradient of that takes again."""

    __slots__ = ()
    saves = ("self",)

    def gradient(self, grad: Tensor) -> Gradients:
        self.tensors()
        which, taking, *rest = self.args
        return _brought_back(type(self), grad, which, not taking, *rest)


def _brought_back(
    kind: type[Node], t: Tensor, which: Array, taking: bool, shape: Sizes, kernel: Sizes, g: Geometry
) -> Tensor:
    """Each element brought to the place in its window that `which` tells, or with `taking` taken from there."""
    d, n = t._dtype, len(kernel)
    places, sizes = which.shape[1:], shape[-n:]
    x, inner = operand(t, d), (slice(None), *steps(g.before, sizes, (1,) * n))
    planes = np.zeros((len(which), *g.padded(sizes)), x.dtype)
    found = np.zeros(which.shape, x.dtype)
    x = x.reshape(which.shape if not taking else (len(which), *sizes))
    if taking:
        planes[inner] = x
    for number, offset in enumerate(_offsets(kernel, g)):
        window = (slice(None), *steps(offset, places, g.stride))
        if taking:
            found += chosen(which == number, np.ascontiguousarray(planes[window]), x.dtype.type(0))
        else:
            planes[window] += chosen(which == number, x, x.dtype.type(0))
    result = found.reshape(*shape[:-n], *places) if taking else np.ascontiguousarray(planes[inner]).reshape(shape)
    return record(kind, cast(result, d), d, t._device, (t,), (t,), (which, taking, shape, kernel, g))


def _offsets(kernel: Sizes, g: Geometry) -> list[Sizes]:
    """Where each element of the kernel lies from the first one, row by row."""
    return [
        tuple([i * d for i, d in zip(at, g.dilation, strict=True)]) for at in itertools.product(*map(range, kernel))
    ]


def lowest(d: dtype) -> Any:
    """What no element lies below."""
    return -np.inf if d.is_floating_point else np.iinfo(d.numpy).min


def _bordered(x: Array, d: dtype, g: Geometry) -> Array:
    """Planes with their padding, which is never the greatest."""
    if not any(g.before) and not any(g.after):
        return x
    sizes = x.shape[1:]
    padded = np.full((len(x), *g.padded(sizes)), lowest(d), x.dtype)
    padded[(slice(None), *steps(g.before, sizes, (1,) * len(sizes)))] = x
    return padded


WINDOWS = {n: type(f"MaxPool{n}DWithIndicesBackward0", (MaxWindowBackward,), {"__slots__": ()}) for n in (1, 2, 3)}


def _firsts(places: Sizes, g: Geometry) -> list[Array]:
    """For each dimension where its windows begin, at or before the first element."""
    lists = zip(places, g.stride, g.before, strict=True)
    return [np.arange(m) * s - p for m, s, p in lists]


def _flat(each: list[Array], sizes: Sizes) -> Array:
    """The flat place in a plane of these sizes for every combination of places along its dimensions."""
    grid = np.ix_(*each)
    total: Any = 0
    for at, size in zip(grid, sizes, strict=True):
        total = total * size + at
    return np.asarray(total)


def greatest(x: Array, d: dtype, kernel: Sizes, places: Sizes, g: Geometry) -> tuple[Array, Array]:
    """The greatest element of each window of planes, and its flat place in the plane; the first one of several, and NaN
    before any number."""
    sizes = x.shape[1:]
    x = _bordered(x, d, g)
    begin = _firsts(places, g)
    inside = [b + -(b.clip(max=0) // step) * step for b, step in zip(begin, g.dilation, strict=True)]
    best = np.full((len(x), *places), lowest(d), x.dtype)
    index = np.empty(best.shape, np.int64)
    index[:] = _flat(inside, sizes)
    start = _flat(begin, sizes)
    for offset in _offsets(kernel, g):
        values = x[(slice(None), *steps(offset, places, g.stride))]
        better = values > best
        if d.is_floating_point:
            better |= values != values
        np.copyto(best, values, where=better)
        np.copyto(index, start + _flat([np.asarray([o]) for o in offset], sizes), where=better)
    return best, index


def _largest(x: Array, d: dtype, kernel: Sizes, places: Sizes, g: Geometry) -> Array:
    """The greatest elements alone."""
    x = _bordered(x, d, g)
    best: Array | None = None
    for offset in _offsets(kernel, g):
        values = x[(slice(None), *steps(offset, places, g.stride))]
        best = values.copy() if best is None else np.maximum(best, values, out=best)
    assert best is not None
    return best


def _met(x: Array, d: dtype, best: Array, kernel: Sizes, g: Geometry) -> Array | None:
    """Which element of the kernel met the maximum, the first of several; None where it may be one of the padding."""
    if (any(g.before) or any(g.after)) and (best == lowest(d)).any():
        return None
    x = _bordered(x, d, g)
    offsets = _offsets(kernel, g)
    which = np.zeros(best.shape, np.min_scalar_type(len(offsets)))
    for number in range(len(offsets) - 1, -1, -1):
        values = x[(slice(None), *steps(offsets[number], best.shape[1:], g.stride))]
        hit = values == best
        if d.is_floating_point:
            hit |= values != values
        which = chosen(hit, which.dtype.type(number), which)
    return which


def _max_pool(
    name: str,
    n: int,
    input: Tensor,
    kernel_size: Numbers,
    stride: Numbers | None,
    padding: Numbers,
    dilation: Numbers,
    ceil_mode: bool,
    return_indices: bool,
) -> Any:
    kernel = each(name, "kernel_size", kernel_size, n)
    moved = kernel if stride is None or stride == () else each(name, "stride", stride, n)
    check_planes(name, n, input)
    d = input._dtype
    refuse(f"max_pool{n}d", d is bool_ or d.is_complex, d)
    sides, gaps = each(name, "padding", padding, n), each(name, "dilation", dilation, n)
    g, places = slid(input, kernel, moved, sides, gaps, ceil_mode)
    shape = input._array.shape
    planes = operand(input, d).reshape(-1, *shape[-n:])
    if not return_indices and not tracked(input):
        found = cast(quiet(_largest, planes, d, kernel, places, g), d)
        return wrap(found.reshape(*shape[:-n], *places), d, input._device)
    kind = NODES[f"MaxPool{n}DWithIndices"]
    if not return_indices:
        best = quiet(_largest, planes, d, kernel, places, g)
        which = quiet(_met, planes, d, best, kernel, g)
        if which is not None:
            args = which, True, shape, kernel, g
            array = cast(best, d).reshape(*shape[:-n], *places)
            return record(WINDOWS[n], array, d, input._device, (input,), (input,), args)
    best, index = quiet(greatest, planes, d, kernel, places, g)
    results = [(cast(a, t).reshape(*shape[:-n], *places), t) for a, t in ((best, d), (index, int64))]
    pair = record_many(kind, results, input._device, (input,), saved=(SECOND,), args=(shape, n))
    return pair if return_indices else pair[0]


@spoken
def max_pool1d(
    input: Tensor,
    kernel_size: Numbers,
    stride: Numbers | None = None,
    padding: Numbers = 0,
    dilation: Numbers = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The greatest element of each window of signals `(*, channels, size)`; with `return_indices` also where it was."""
    return _max_pool("max_pool1d", 1, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


@spoken
def max_pool2d(
    input: Tensor,
    kernel_size: Numbers,
    stride: Numbers | None = None,
    padding: Numbers = 0,
    dilation: Numbers = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The greatest element of each window of images `(*, channels, height, width)`."""
    return _max_pool("max_pool2d", 2, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


@spoken
def max_pool3d(
    input: Tensor,
    kernel_size: Numbers,
    stride: Numbers | None = None,
    padding: Numbers = 0,
    dilation: Numbers = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The greatest element of each window of volumes `(*, channels, depth, height, width)`."""
    return _max_pool("max_pool3d", 3, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def _check_unpool(name: str, n: int, input: Tensor, indices: Tensor) -> None:
    if indices._dtype is not int64:
        raise RuntimeError(f"elements in indices should be type int64 but got: {indices._dtype.word}")
    if input.ndim not in (n + 1, n + 2):
        raise RuntimeError(
            f"Input to {name} should be a {n + 1}d or {n + 2}d Tensor, but got a tensor with {input.ndim} dimensions."
        )
    if input._array.shape != indices._array.shape:
        raise RuntimeError(
            f"Expected shape of indices to be same as that of the input tensor ({list(input._array.shape)}) but got "
            f"indices tensor with shape: {list(indices._array.shape)}"
        )


def _unpooled_sizes(default: list[int], stride: Sizes, wanted: Any) -> Sizes:
    if wanted is None:
        return tuple(default)
    n, given = len(default), list(wanted)
    given = given[2:] if len(given) == n + 2 else given
    if len(given) != n:
        raise ValueError(
            f"output_size should be a sequence containing {n} or {n + 2} elements, but it has a length of "
            f"'{len(given)}'"
        )
    for dim, (have, usual, step) in enumerate(zip(given, default, stride, strict=True)):
        if not usual - step < have < usual + step:
            raise ValueError(
                f'invalid output_size "{wanted}" (dim {dim} must be between {usual - step} and {usual + step})'
            )
    return tuple(given)


def _max_unpool(
    n: int, input: Tensor, indices: Tensor, kernel_size: Numbers, stride: Any, padding: Numbers, output_size: Any
) -> Tensor:
    name = f"max_unpooling{n}d"
    kernel, pads = each(name, "kernel_size", kernel_size, n), each(name, "padding", padding, n)
    moved = kernel if stride is None else each(name, "stride", stride, n)
    shape = input._array.shape
    lists = zip(shape[-n:], kernel, moved, pads, strict=True)
    sizes = _unpooled_sizes([(m - 1) * s + k - 2 * p for m, k, s, p in lists], moved, output_size)
    _check_unpool(name, n, input, indices)
    at = indices._array
    wrong = at[(at < 0) | (at >= numel(sizes))]
    if wrong.size:
        volumes = "x".join(map(str, sizes))
        raise RuntimeError(f"Found an invalid max index: {wrong[0]} (output volumes are of size {volumes})")
    start = zeros(numel(shape[:-n]), numel(sizes), dtype=input._dtype, device=input._device)
    return scatter(start, 1, rows(indices, n), rows(input, n)).reshape(*shape[:-n], *sizes)


def max_unpool1d(
    input: Tensor, indices: Tensor, kernel_size: Numbers, stride: Any = None, padding: Numbers = 0,
    output_size: Any = None,
) -> Tensor:  # fmt: skip
    """Each element at its place in the signal that was pooled, and zeros around. ValueError for sizes that no pooling
    with this window would have made it from, RuntimeError for places outside."""
    return _max_unpool(1, input, indices, kernel_size, stride, padding, output_size)


def max_unpool2d(
    input: Tensor, indices: Tensor, kernel_size: Numbers, stride: Any = None, padding: Numbers = 0,
    output_size: Any = None,
) -> Tensor:  # fmt: skip
    """Each element at its place in the image that was pooled."""
    return _max_unpool(2, input, indices, kernel_size, stride, padding, output_size)


def max_unpool3d(
    input: Tensor, indices: Tensor, kernel_size: Numbers, stride: Any = None, padding: Numbers = 0,
    output_size: Any = None,
) -> Tensor:  # fmt: skip
    """Each element at its place in the volume that was pooled."""
    return _max_unpool(3, input, indices, kernel_size, stride, padding, output_size)
