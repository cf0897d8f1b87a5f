"""Histograms: how many elements, or how much weight, falls into each bin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from .blocks import BLOCK
from .derivative import refuse
from .hollow import has_values
from .named import returned
from .op import operation, record
from .promote import cast, operand, same_device
from .quiet import quiet
from .storage import Array
from .tensor import Tensor


@returned("histogram")
class Histogram(NamedTuple):
    """What fell into each bin, and the edges of the bins."""

    hist: Tensor
    bin_edges: Tensor


@returned("histogramdd")
class Histograms(NamedTuple):
    """What fell into each bin, and the edges of the bins along each dimension."""

    hist: Tensor
    bin_edges: tuple[Tensor, ...]


@operation(promotes=False)
def histc(input: Tensor, bins: int = 100, min: float = 0, max: float = 0) -> Tensor:
    """Counts over equal bins between two bounds, by default the extremes; the last bin includes its right edge.
    RuntimeError for bounds that are not finite or out of order."""
    d = input._dtype
    refuse("histogram_cpu", not d.is_floating_point, d)
    _check_bins(bins)
    array = operand(input, d).reshape(-1)
    low, high = float(min), float(max)
    if low == high and array.size:
        low, high = float(array.min()), float(array.max())
    if low == high:
        low, high = low - 1, high + 1
    if not np.isfinite(low) or not np.isfinite(high):
        raise RuntimeError(f"torch.histc: range of [{low:g}, {high:g}] is not finite")
    if low > high:
        raise RuntimeError("torch.histc: max must be larger than min")
    counts = np.zeros(bins, np.int64)
    for start in range(0, array.size if has_values(array) else 0, BLOCK):
        block = array[start : start + BLOCK].astype(np.float64)
        inside = block[(block >= low) & (block <= high)]
        place = quiet(np.floor, (inside - low) * (bins / (high - low))).astype(np.int64)
        counts += np.bincount(np.minimum(place, bins - 1), minlength=bins)
    return record(None, cast(counts, d), d, input._device, ())


def _check_bins(bins: int, dim: int = 0) -> None:
    if bins <= 0:
        raise RuntimeError(f"torch.histogram(): bins must be > 0, but got {bins} for dimension {dim}")


def _check_range(bounds: Any, count: int) -> None:
    if bounds is not None and len(bounds) != 2 * count:
        raise RuntimeError(
            f"torch.histogramdd: for a {count}-dimensional histogram range should have {2 * count} elements, but got "
            f"{len(bounds)}"
        )


def _edges(bins: Any, column: Array, bounds: Any, dim: int, kind: Any) -> Array:
    """The edges of the bins along one dimension: those given, or equal bins between the bounds or the extremes."""
    if isinstance(bins, Tensor):
        if bins.ndim != 1:
            raise RuntimeError(
                f"torch.histogramdd: bins tensor should have one dimension, but got {bins.ndim} dimensions in the bins "
                f"tensor for dimension {dim}"
            )
        return bins._array
    _check_bins(bins, dim)
    if bounds is not None:
        low, high = bounds
    else:
        low, high = (column.min(), column.max()) if column.size else (0.0, 1.0)
    if not np.isfinite(low) or not np.isfinite(high):
        raise RuntimeError(f"torch.histogramdd: dimension {dim}'s range [{low:g}, {high:g}] is not finite")
    if low > high:
        raise RuntimeError(
            f"torch.histogramdd: min should not exceed max, but got min {low:g} max {high:g} for dimension {dim}"
        )
    if low == high:
        low, high = low - 0.5, high + 0.5
    return np.linspace(low, high, bins + 1).astype(kind)


def _counted(points: Array, edges: Sequence[Array], weight: Array | None, density: bool) -> Array:
    """The weight in each bin of points, given as rows; the last bin of a dimension includes its right edge."""
    sizes = [len(each) - 1 for each in edges]
    places, inside = [], np.ones(len(points), bool)
    for column, each in zip(points.T, edges, strict=True):
        inside &= (column >= each[0]) & (column <= each[-1])
        places.append(np.minimum(np.searchsorted(each, column, "right") - 1, len(each) - 2))
    flat = np.ravel_multi_index([place[inside] for place in places], sizes)
    weights = None if weight is None else weight[inside].astype(np.float64)
    counts = np.bincount(flat, weights, int(np.prod(sizes))).reshape(sizes).astype(np.float64)
    if density:
        volume = np.ones(())
        for each in edges:
            volume = np.multiply.outer(volume, np.diff(each.astype(np.float64)))
        counts = quiet(np.divide, counts, counts.sum() * volume)
    return counts


def _histogram(input: Tensor, bins: Sequence[Any], bounds: Any, weight: Tensor | None, density: bool) -> Any:
    """The counts and the edges of points in the last dimension."""
    d, shape = input._dtype, input._array.shape
    if weight is not None and weight._dtype is not d:
        raise RuntimeError(
            "torch.histogramdd: if weight tensor is provided, input tensor and weight tensor should have the same "
            f"dtype, but got input({d.legacy}), and weight({weight._dtype.legacy})"
        )
    if weight is not None and weight._array.shape != shape[:-1]:
        raise RuntimeError(
            "torch.histogramdd: if weight tensor is provided it should have the same shape as the input tensor "
            f"excluding its innermost dimension, but got input with shape {list(shape)} and weight with shape "
            f"{list(weight._array.shape)}"
        )
    for i, each in enumerate(bins):
        if isinstance(each, Tensor) and each._dtype is not d:
            raise RuntimeError(
                "torch.histogramdd: input tensor and bins tensors should have the same dtype, but got input with dtype "
                f"{d.legacy} and bins for dimension {i} with dtype {each._dtype.legacy}"
            )
    refuse("histogramdd", not d.is_floating_point, d)
    same_device(input, *(t for t in (weight, *bins) if isinstance(t, Tensor)))
    points = input._array.reshape(-1, shape[-1])
    pairs = [None] * len(bins) if bounds is None else [tuple(bounds[2 * i : 2 * i + 2]) for i in range(len(bins))]
    edges = [_edges(b, c, p, i, d.numpy) for i, (b, c, p) in enumerate(zip(bins, points.T, pairs, strict=True))]
    flat = None if weight is None else weight._array.reshape(-1)
    counts = _counted(points, edges, flat, density)
    made = record(None, cast(counts, d), d, input._device, ())
    return made, tuple([record(None, each.copy(), d, input._device, ()) for each in edges])


@operation(promotes=False)
def histogram(
    input: Tensor, bins: Any, *, range: Any = None, weight: Tensor | None = None, density: bool = False
) -> Histogram:
    """Counts, or sums of weights, over so many equal bins or over those whose edges are given, and the edges. The last
    bin includes its right edge; what lies outside does not count. `density` divides by the total and the widths."""
    if not isinstance(bins, (int, Tensor)):
        raise TypeError(f"histogram() received an invalid combination of arguments: bins is a {type(bins).__name__}")
    if weight is not None and weight._array.shape == input._array.shape:
        weight = weight.reshape(-1)
    _check_range(range, 1)
    hist, edges = _histogram(input.reshape(-1, 1), [bins], range, weight, density)
    return Histogram(hist, edges[0])


@operation(method=False, out=False)
def histogramdd(
    input: Tensor, bins: Any, *, range: Any = None, weight: Tensor | None = None, density: bool = False
) -> Histograms:
    """The same of points, whose coordinates stand in the last dimension; a dimension of bins for each coordinate."""
    if input.ndim < 2:
        raise RuntimeError("torch.histogramdd: input tensor should have at least 2 dimensions")
    count = input._array.shape[-1]
    listed = list(bins) if isinstance(bins, (tuple, list)) else [bins] * count
    if len(listed) != count:
        raise RuntimeError("histogramdd: The size of bins must be equal to the innermost dimension of the input.")
    _check_range(range, count)
    return Histograms(*_histogram(input, listed, range, weight, density))
