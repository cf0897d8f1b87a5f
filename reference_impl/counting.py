"""Distinct values, counts and searching in sorted sequences."""

from __future__ import annotations

from typing import Any

import numpy as np

from .create import tensor
from .derivative import refuse
from .dtype import INTEGER, float32, float64, int32, int64
from .layout import wrap_dim
from .op import operation, record
from .promote import common_device, operand
from .quiet import quiet
from .storage import Array
from .tensor import Tensor


def _results(values: Array, inverse: Any, counts: Any, input: Tensor) -> Any:
    """The values alone, or a tuple with what was asked for."""
    d = input._dtype
    out = [record(None, values.astype(d.numpy, copy=False), d, input._device, ())]
    for extra in (inverse, counts):
        if extra is not None:
            out.append(record(None, np.asarray(extra, np.int64, order="C"), int64, input._device, ()))
    return out[0] if len(out) == 1 else tuple(out)


@operation(out=False)
def unique(
    input: Tensor,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Any:
    """The sorted distinct values, or slices along a dimension; with the inverse and the counts if asked for."""
    array = operand(input, input._dtype)
    axis = None if dim is None else wrap_dim(dim, input.ndim)
    values, inverse, counts = np.unique(array, return_inverse=True, return_counts=True, axis=axis, equal_nan=False)
    inverse = inverse.reshape(-1 if axis is not None else array.shape)
    return _results(values, inverse if return_inverse else None, counts if return_counts else None, input)


@operation(out=False)
def unique_consecutive(
    input: Tensor, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """The values, or slices along a dimension, without immediate repetitions."""
    axis = 0 if dim is None else wrap_dim(dim, input.ndim)
    array = input._array.reshape(-1) if dim is None else np.moveaxis(input._array, axis, 0)
    n = array.shape[0]
    differ = np.not_equal(array[1:], array[:-1])
    changes = np.any(differ, axis=tuple(range(1, differ.ndim)))
    first = np.concatenate([np.ones(min(n, 1), bool), changes])
    inverse = np.cumsum(first) - 1
    counts = np.bincount(inverse) if n else np.zeros(0, np.int64)
    values = np.moveaxis(array[first], 0, axis)
    inverse = inverse.reshape(input._array.shape) if dim is None else inverse
    return _results(values, inverse if return_inverse else None, counts if return_counts else None, input)


@operation(out=False)
def bincount(input: Tensor, weights: Tensor | None = None, minlength: int = 0) -> Tensor:
    """How often each non-negative integer stands in a vector, or the sum of its weights."""
    array = input._array
    refuse("bincount_cpu", input._dtype.category != INTEGER, input._dtype)
    if array.ndim != 1 or np.any(array < 0):
        raise RuntimeError("bincount only supports 1-d non-negative integral inputs.")
    if minlength < 0:
        raise RuntimeError("minlength should be >= 0")
    if weights is None:
        return record(None, np.bincount(array, minlength=minlength).astype(np.int64), int64, input._device, ())
    if weights._array.shape != array.shape:
        raise RuntimeError("weights should be 1-d and have the same length as input")
    d = float32 if weights._dtype is float32 else float64
    result = np.bincount(array, operand(weights, d), minlength)
    return record(None, result.astype(d.numpy), d, common_device(input, weights), ())


@operation()
def histc(input: Tensor, bins: int = 100, min: float = 0, max: float = 0) -> Tensor:
    """Counts over equal bins between two bounds, by default the extremes; the last bin includes its right edge."""
    d = input._dtype
    refuse("histogram_cpu", not d.is_floating_point, d)
    array = operand(input, d).reshape(-1)
    low, high = (float(min), float(max)) if (min, max) != (0, 0) or not array.size else (array.min(), array.max())
    if low == high:
        low, high = low - 1, high + 1
    inside = array[(array >= low) & (array <= high)]
    place = quiet(np.floor, (inside - low) * (bins / (high - low))).astype(np.int64)
    counts = np.bincount(np.minimum(place, bins - 1), minlength=bins)
    return record(None, counts.astype(d.numpy), d, input._device, ())


@operation(method=False)
def searchsorted(
    sorted_sequence: Tensor,
    input: Any,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Tensor | None = None,
) -> Tensor:
    """Where values belong in a sorted sequence, or line by line in the last dimension: before equal ones, or after."""
    if side not in (None, "left", "right"):
        raise RuntimeError(f"torch.searchsorted(): side can only be 'left' or 'right' but got {side}")
    after = right or side == "right"
    values = input if isinstance(input, Tensor) else tensor(input, device=sorted_sequence._device)
    lines, wanted = sorted_sequence._array, values._array
    if sorter is not None:
        lines = np.take_along_axis(lines, sorter._array, -1)
    way: Any = "right" if after else "left"
    if lines.ndim == 1:
        place = np.searchsorted(lines, wanted, way)
    else:
        if lines.shape[:-1] != wanted.shape[:-1]:
            raise RuntimeError(
                "torch.searchsorted(): boundaries tensor should be 1 dimension or the first N-1 dimensions of "
                "boundaries tensor and input value tensor must match, but we got boundaries tensor "
                f"{list(lines.shape)} and input value tensor {list(wanted.shape)}"
            )
        place = np.empty(wanted.shape, np.int64)
        for index in np.ndindex(*lines.shape[:-1]):
            place[index] = np.searchsorted(lines[index], wanted[index], way)
    d = int32 if out_int32 else int64
    return record(None, np.asarray(place).astype(d.numpy), d, common_device(sorted_sequence, values), ())


@operation(method=False)
def bucketize(input: Any, boundaries: Tensor, *, out_int32: bool = False, right: bool = False) -> Tensor:
    """Where values belong in a sorted sequence, which comes last."""
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)
