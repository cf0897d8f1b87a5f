"""Sliding a kernel over arrays, and its adjoint: columns of windows, and one matrix product (Chellapilla, Puri and
Simard 2006, "High performance convolutional neural networks for document processing").

Arrays are `(batch, channels, *sizes)`, weights `(channels out, channels in of a group, *kernel)`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..storage import Array

COLUMNS = 1 << 20
"""So many elements of columns are made at a time: what fits into the cache is faster than what does not."""

ROW = 96
"""So many products make it worth while to multiply the rows of a kernel one by one."""

Sizes = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Geometry:
    """How a kernel slides: one number for each dimension of space, and the number of groups of channels."""

    stride: Sizes
    before: Sizes
    """The padding at the beginning of each dimension."""
    after: Sizes
    """And at its end."""
    dilation: Sizes
    groups: int

    def padded(self, sizes: Sizes) -> Sizes:
        """The sizes with their padding."""
        return tuple([n + a + b for n, a, b in zip(sizes, self.before, self.after, strict=True)])

    def places(self, sizes: Sizes, kernel: Sizes) -> Sizes:
        """How many places a kernel has along each dimension of an input that is not padded yet."""
        each = zip(self.padded(sizes), kernel, self.dilation, self.stride, strict=True)
        return tuple([(n - d * (k - 1) - 1) // s + 1 for n, k, d, s in each])


def steps(offset: Sizes, counts: Sizes, step: Sizes) -> tuple[Any, ...]:
    """The elements that begin at an offset, so many along each dimension, steps apart."""
    return tuple([slice(o, o + (n - 1) * s + 1, s) for o, n, s in zip(offset, counts, step, strict=True)])


def pairs(places: Sizes, kernel: Sizes, g: Geometry) -> Iterator[tuple[tuple[Any, ...], tuple[Any, ...]]]:
    """What belongs together: elements of the padded input, and positions `(*kernel, *places)` of its columns. One pair
    for each element of the kernel or for each place, whichever are fewer."""
    every = (slice(None),) * len(kernel)
    if math.prod(kernel) <= math.prod(places):
        for at in itertools.product(*map(range, kernel)):
            offset = tuple([i * d for i, d in zip(at, g.dilation, strict=True)])
            yield steps(offset, places, g.stride), (*at, *every)
    else:
        for at in itertools.product(*map(range, places)):
            offset = tuple([i * s for i, s in zip(at, g.stride, strict=True)])
            yield steps(offset, kernel, g.dilation), (*every, *at)


def _pad(x: Array, g: Geometry) -> Array:
    if not any(g.before) and not any(g.after):
        return x
    padded = np.zeros((*x.shape[:2], *g.padded(x.shape[2:])), x.dtype)
    padded[(..., *steps(g.before, x.shape[2:], (1,) * len(g.before)))] = x
    return padded


def _blocks(batch: int, size: int) -> Iterator[slice]:
    """Parts of a batch whose columns are not too large."""
    step = max(1, COLUMNS // max(1, size))
    return (slice(i, i + step) for i in range(0, batch, step))


def correlate(x: Array, weight: Array, g: Geometry) -> Array:
    """The products of the kernel with every window, summed: `(batch, channels out, *places)`."""
    kernel, places = weight.shape[2:], g.places(x.shape[2:], weight.shape[2:])
    batch, channels, count, length = x.shape[0], x.shape[1], math.prod(places), math.prod(kernel)
    x = _pad(x, g)
    if count < length:
        return _by_places(x, weight, g, places)
    if g.groups == 1 and _row_by_row(weight.shape, places, g):
        return _by_rows(x, weight, g, places)
    matrix = weight.reshape(g.groups, weight.shape[0] // g.groups, -1)
    result = np.empty((batch, g.groups, matrix.shape[1], count), x.dtype)
    plain = length == 1 and count == math.prod(x.shape[2:])
    for block in _blocks(batch, channels * length * count):
        part = x[block]
        columns = part
        if not plain:
            columns = np.empty((len(part), channels, *kernel, *places), x.dtype)
            for source, target in pairs(places, kernel, g):
                columns[(slice(None), slice(None), *target)] = part[(slice(None), slice(None), *source)]
        np.matmul(matrix, columns.reshape(len(part), g.groups, -1, count), out=result[block])
    return result.reshape(batch, weight.shape[0], *places)


def _row_by_row(shape: Sizes, places: Sizes, g: Geometry) -> bool:
    """Whether the rows of a kernel slide one after the other: where steps are one along the first dimension, and there
    is enough to multiply in a row."""
    _, channels, rows, *rest = shape
    return bool(rest) and rows > 1 and g.stride[0] == 1 and channels * math.prod(rest) >= ROW and rows <= places[0]


def _by_rows(x: Array, weight: Array, g: Geometry, places: Sizes) -> Array:
    """As `correlate`, of a padded input: windows along all dimensions but the first are columns, and those that a row
    of the kernel meets lie side by side among them, so that no column is made again for the next row."""
    results, channels, rows, *rest = weight.shape
    step, count = math.prod(places[1:]), math.prod(places)
    parts = [np.ascontiguousarray(weight[:, :, i]).reshape(results, -1) for i in range(rows)]
    found = np.empty((len(x), results, count), x.dtype)
    columns = np.empty((channels, *rest, x.shape[2], *places[1:]), x.dtype)
    flat, more = columns.reshape(len(parts[0][0]), -1), np.empty((results, count), x.dtype)
    every = (slice(None),) * (len(places) - 1)
    for image, result in zip(x, found, strict=True):
        for at in itertools.product(*map(range, rest)):
            offset = tuple([i * d for i, d in zip(at, g.dilation[1:], strict=True)])
            source = steps(offset, places[1:], g.stride[1:])
            target: tuple[Any, ...] = (slice(None), *at, slice(None), *every)
            columns[target] = image[(slice(None), slice(None), *source)]
        for i, part in enumerate(parts):
            start = i * g.dilation[0] * step
            np.matmul(part, flat[:, start : start + count], out=more if i else result)
            if i:
                result += more
    return found.reshape(len(x), results, *places)


def _by_places(x: Array, weight: Array, g: Geometry, places: Sizes) -> Array:
    """As `correlate`, of a padded input: each window is copied row by row into a column, part of the channels after
    part. Good for few large windows, as they are in the gradient of a weight."""
    batch, (each, *kernel), every = len(x), weight.shape[1:], (slice(None),) * 3
    x = x.reshape(batch, g.groups, each, *x.shape[2:]).swapaxes(0, 1)
    weight = weight.reshape(g.groups, len(weight) // g.groups, each, *kernel)
    count, length = batch * math.prod(places), math.prod(kernel)
    result = np.zeros((g.groups, weight.shape[1], count), x.dtype)
    for block in _blocks(each, g.groups * count * length):
        part = x[:, :, block]
        columns = np.empty((g.groups, batch, *places, part.shape[2], *kernel), x.dtype)
        for at in itertools.product(*map(range, places)):
            offset = tuple([i * s for i, s in zip(at, g.stride, strict=True)])
            target: tuple[Any, ...] = (*every[:2], *at)
            columns[target] = part[(*every, *steps(offset, tuple(kernel), g.dilation))]
        matrix = weight[:, :, block].reshape(g.groups, weight.shape[1], part.shape[2] * length)
        result += np.matmul(matrix, columns.reshape(g.groups, count, part.shape[2] * length).swapaxes(1, 2))
    return np.ascontiguousarray(result.reshape(g.groups * weight.shape[1], batch, *places).swapaxes(0, 1))


def spread(x: Array, weight: Array, g: Geometry, sizes: Sizes) -> Array:
    """The adjoint of `correlate` in its first argument: each element of `x`, times the kernel, added where its window
    was. `sizes` are those of the result, `(batch, channels in, *sizes)`."""
    mirror = _mirror(weight, g, x.shape[2:], sizes)
    if mirror is not None:
        return correlate(x, _mirrored(weight, g), mirror)
    kernel, places = weight.shape[2:], x.shape[2:]
    batch, channels, count, length = x.shape[0], weight.shape[1] * g.groups, math.prod(places), math.prod(kernel)
    matrix = weight.reshape(g.groups, weight.shape[0] // g.groups, -1).swapaxes(1, 2)
    result = np.zeros((batch, channels, *g.padded(sizes)), x.dtype)
    for block in _blocks(batch, channels * length * count):
        part = x[block].reshape(-1, g.groups, matrix.shape[2], count)
        columns = np.matmul(matrix, part).reshape(len(part), channels, *kernel, *places)
        for target, source in pairs(places, kernel, g):
            result[(block, slice(None), *target)] += columns[(slice(None), slice(None), *source)]
    return np.ascontiguousarray(result[(..., *steps(g.before, sizes, (1,) * len(sizes)))])


def _mirror(weight: Array, g: Geometry, places: Sizes, sizes: Sizes) -> Geometry | None:
    """How the mirrored kernel slides over the windows' places to the same effect, which is faster where there are not
    more channels than result from it. None for steps other than one, for padding beyond the kernel's reach, and for
    weights that zeros would make NaN of."""
    if any(s != 1 for s in g.stride) or weight.shape[0] > weight.shape[1] * g.groups:
        return None
    reach = [d * (k - 1) for d, k in zip(g.dilation, weight.shape[2:], strict=True)]
    before = tuple([r - b for r, b in zip(reach, g.before, strict=True)])
    after = tuple([n + r - p - b for n, r, p, b in zip(sizes, reach, places, before, strict=True)])
    if not any(reach) or min(before + after) < 0 or not np.isfinite(weight).all():
        return None
    return Geometry(g.stride, before, after, g.dilation, g.groups)


def _mirrored(weight: Array, g: Geometry) -> Array:
    """The kernel from its end to its beginning, with the channels that go in and those that come out exchanged."""
    out, each, *kernel = weight.shape
    turned = weight.reshape(g.groups, out // g.groups, each, *kernel).swapaxes(1, 2)
    back: tuple[Any, ...] = (..., *[slice(None, None, -1)] * len(kernel))
    return np.ascontiguousarray(turned[back]).reshape(g.groups * each, out // g.groups, *kernel)
