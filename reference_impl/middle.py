"""The middle: medians, quantiles, the most frequent value."""

from __future__ import annotations

from typing import Any

import numpy as np

from .autocast import wider
from .derivative import refuse
from .dtype import FLOATING, INTEGER, float32, float64
from .extreme import AmaxBackward0, require_size
from .fused import lerp
from .layout import wrap_dim
from .named import Indexed
from .op import RESULT, operation, record
from .pick import chosen, pick, take
from .promote import cast, operand
from .sort import order, picked, placed, sort
from .storage import Array
from .tensor import Tensor, wrap

MedianBackward1 = chosen("Median", 1)
ModeBackward0 = chosen("Mode")


class MedianBackward0(AmaxBackward0):
    """Equal medians share the gradient evenly."""

    __slots__ = ()


class NanmedianBackward0(MedianBackward0):
    __slots__ = ()


def _middle(input: Tensor, dim: int, skip: bool) -> Array:
    """The index of the lower middle value; of the first NaN where there is one, unless those are skipped."""
    array = operand(input, input._dtype)
    if not input.ndim:
        return order(input, dim)
    size = array.shape[dim]
    at: Any = (size - 1) // 2
    nothing = np.not_equal(array, array)
    if size and not nothing.any():
        return placed(array, at, dim)
    numbers = np.count_nonzero(~nothing, axis=dim, keepdims=True)
    at = np.maximum(numbers - 1, 0) // 2 if skip else np.where(numbers < size, numbers, at)
    return take(order(input, dim), at, dim)


def _median(input: Tensor, dim: int | None, keepdim: bool, skip: bool) -> Any:
    refuse("median_cpu", input._dtype.category not in (INTEGER, FLOATING), input._dtype)
    if dim is not None:
        dim = wrap_dim(dim, input.ndim)
        require_size("median", input._array.shape, (dim,))
        return picked(
            "nanmedian" if skip else "median", MedianBackward1, input, _middle(input, dim, skip), dim, keepdim
        )
    flat = wrap(input._array.reshape(-1), input._dtype, input._device)
    d = input._dtype
    if not flat._array.size:
        if d.category != FLOATING:
            raise RuntimeError("median() operation does not have an identity.")
        result = np.full((), np.nan, d.numpy)
    else:
        result = flat._array[_middle(flat, 0, skip)[0]]
    kind = NanmedianBackward0 if skip else MedianBackward0
    args = (tuple(range(input.ndim)), False)
    return record(kind, cast(np.asarray(result), d), d, input._device, (input,), saved=(input, RESULT), args=args)


@operation()
def median(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """The lower of the two middle values, along a dimension with its index; NaN where there is one."""
    return _median(input, dim, keepdim, False)


@operation()
def nanmedian(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """The lower of the two middle values of the numbers, along a dimension with its index."""
    return _median(input, dim, keepdim, True)


def _frequent(array: Array, dim: int) -> Array:
    """The index of the most frequent value of each line, the least of them where several are; the last of its
    places."""
    lines = np.moveaxis(array, dim, -1)
    ordered = np.sort(lines, axis=-1)
    places = np.arange(ordered.shape[-1])
    fresh = np.not_equal(ordered[..., 1:], ordered[..., :-1]) & np.equal(ordered[..., 1:], ordered[..., 1:])
    start = np.zeros(ordered.shape, np.int64)
    np.maximum.accumulate(np.where(fresh, places[1:], 0), axis=-1, out=start[..., 1:])
    value = np.take_along_axis(ordered, np.argmax(places - start, axis=-1, keepdims=True), -1)
    alike = np.equal(lines, value) | (np.not_equal(lines, lines) & np.not_equal(value, value))
    last = ordered.shape[-1] - 1 - np.argmax(alike[..., ::-1], axis=-1, keepdims=True)
    return np.moveaxis(last, -1, dim)


@operation(promotes=False)
def mode(input: Tensor, dim: int = -1, keepdim: bool = False) -> Indexed:
    """The most frequent value along a dimension, the least of several, and an index at which it stands."""
    refuse("mode_cpu", input._dtype.is_complex, input._dtype)
    dim = wrap_dim(dim, input.ndim)
    require_size("mode", input._array.shape, (dim,))
    array = operand(input, input._dtype)
    if not array.ndim:
        index = np.zeros((), np.int64)
    elif not array.size:
        index = np.zeros([1 if i == dim else n for i, n in enumerate(array.shape)], np.int64)
    else:
        index = _frequent(array, dim)
    return picked("mode", ModeBackward0, input, index, dim, keepdim)


def _ranks(q: Array, ordered: Tensor, skip: bool) -> Array:
    """For each fraction (leading dimension) and line (kept last dimension) the place in the sorted line."""
    size = ordered._array.shape[-1]
    numbers = np.count_nonzero(~np.isnan(ordered._array), axis=-1, keepdims=True)
    column = q.reshape(-1, *(1,) * ordered.ndim)
    if skip:
        return column * np.maximum(numbers - 1, 0)
    return np.where(numbers < size, size - 1, column * (size - 1))  # type: ignore[no-any-return]


def _quantile(name: str, input: Tensor, q: Any, dim: int | None, keepdim: bool, way: str, skip: bool) -> Tensor:
    if input._dtype not in (float32, float64):
        raise RuntimeError(f"{name}() input tensor must be either float or double dtype")
    if isinstance(q, Tensor) and q._dtype is not input._dtype:
        raise RuntimeError(f"{name}() q tensor must be same dtype as the input tensor")
    if not input._array.size:
        raise RuntimeError(f"{name}() input tensor must be non-empty")
    fractions = np.asarray(q._array if isinstance(q, Tensor) else q, np.float64)
    if np.any(~((fractions >= 0) & (fractions <= 1))):
        raise RuntimeError(f"{name}() q values must be in the range [0, 1]")
    rank = input.ndim
    x = input.reshape(-1) if dim is None else input
    axis = wrap_dim(0 if dim is None else dim, max(x.ndim, 1))
    x = x.unsqueeze(0) if not x.ndim else x.transpose(axis, -1)
    ordered = sort(x, -1).values
    ranks = _ranks(fractions, ordered, skip)
    result = _interpolated(ordered, ranks, way)
    result = result.transpose(axis + 1, -1) if dim is not None and rank else result
    if dim is None:
        result = result.reshape(-1, *(1,) * rank) if keepdim else result.squeeze(-1)
    elif not keepdim:
        result = result.squeeze(axis + 1)
    return result.squeeze(0) if not fractions.ndim else result


def _interpolated(ordered: Tensor, ranks: Array, way: str) -> Tensor:
    """The values at fractional places of sorted lines: shape (fractions, ..., 1)."""
    if way not in ("linear", "lower", "higher", "midpoint", "nearest"):
        raise RuntimeError(
            "quantile() interpolation must be one of linear, lower, higher, midpoint or nearest, but got " + way
        )
    if way == "nearest":
        ranks = np.rint(ranks)
    below, above = np.floor(ranks).astype(np.int64), np.ceil(ranks).astype(np.int64)
    lines = ordered.unsqueeze(0).expand(ranks.shape[0], *ordered._array.shape)
    if way != "linear":
        low = pick(lines, above if way == "higher" else below, -1 % lines.ndim)
        return low if way != "midpoint" else lerp(low, pick(lines, above, lines.ndim - 1), 0.5)
    low, high = pick(lines, below, lines.ndim - 1), pick(lines, above, lines.ndim - 1)
    weight = wrap((ranks - below).astype(ordered._dtype.numpy), ordered._dtype, ordered._device)
    return lerp(low, high, weight)


@operation(promotes=False, autocast=wider)
def quantile(
    input: Tensor, q: Any, dim: int | None = None, keepdim: bool = False, *, interpolation: str = "linear"
) -> Tensor:
    """The value below which a fraction q lies; several fractions add a leading dimension. NaN anywhere gives NaN.

    RuntimeError for other dtypes than float32 and float64, and for fractions outside [0, 1].
    """
    return _quantile("quantile", input, q, dim, keepdim, interpolation, False)


@operation(promotes=False, autocast=wider)
def nanquantile(
    input: Tensor, q: Any, dim: int | None = None, keepdim: bool = False, *, interpolation: str = "linear"
) -> Tensor:
    """The quantile of what is not NaN."""
    return _quantile("nanquantile", input, q, dim, keepdim, interpolation, True)
