"""Images read at any places: grids of places, made of affine maps, and what lies there."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..choice import where
from ..derivative import flat, refuse
from ..dtype import float32, int64
from ..join import cat
from ..layout import Shape, numel
from ..op import record
from ..promote import same_device
from ..quiet import quiet
from ..storage import Array
from ..tensor import Tensor, wrap
from .interpolation import far, near

WARNING = (
    "Default grid_sample and affine_grid behavior has changed to align_corners=False since 1.3.0. Please specify "
    "align_corners=True if the old behavior is desired. See the documentation of grid_sample for details."
)

STILL = {n: flat(f"GridSampler{n}D", n) for n in (2, 3)}
"""Moving a place does not change which element is the nearest."""


def _line(n: int, align: bool) -> Array:
    """The places of n elements between -1 and 1: the first and last one at the ends, or half an element inside."""
    line = np.linspace(-1, 1, n) if n > 1 else np.zeros(1)
    return line if align else line * (n - 1) / n


def affine_grid(theta: Tensor, size: Sequence[int], align_corners: bool | None = None) -> Tensor:
    """The places `(batch, *sizes, 2 or 3)` that maps `(batch, 2, 3)` or `(batch, 3, 4)` send the elements of an image
    to, x first, from -1 to 1. ValueError for other matrices, NotImplementedError for other numbers of sizes."""
    if not theta._dtype.is_floating_point:
        raise ValueError(f"Expected theta to have floating point type, but got {theta.dtype}")
    if align_corners is None:
        warnings.warn(WARNING, UserWarning, stacklevel=2)
    n = len(size) - 2
    if n not in (2, 3):
        raise NotImplementedError(
            "affine_grid only supports 4D and 5D sizes, for 2D and 3D affine transforms, respectively. Got size "
            f"{tuple(size)}."
        )
    if theta.ndim != 3 or theta._array.shape[1:] != (n, n + 1):
        raise ValueError(
            f"Expected a batch of {n}D affine matrices of shape Nx{n}x{n + 1} for size {tuple(size)}. "
            f"Got {theta.shape}."
        )
    if min(size) <= 0:
        raise ValueError(f"Expected non-zero, positive output size. Got {tuple(size)}")
    d, sizes = theta._dtype, tuple(size[2:])
    axes = np.meshgrid(*[_line(m, bool(align_corners)) for m in sizes], indexing="ij")
    places = np.stack([*reversed(axes), np.ones(sizes)], -1).reshape(-1, n + 1)
    base = wrap(places.astype(d.numpy), d, theta._device).expand(size[0], -1, -1)
    return (base @ theta.transpose(1, 2)).reshape(size[0], *sizes, n)


def _folded_back(at: Tensor, low: float, span: float) -> Tensor:
    """Places beyond both ends, mirrored until they lie between."""
    if span == 0:
        return at * 0
    away = (at - low).abs()
    turns = wrap(quiet(np.floor, away._array / away._array.dtype.type(span)), away._dtype, away._device)
    rest = away - turns * span
    odd = (turns % 2) == 1
    return where(odd, span - rest, rest) + low  # type: ignore[no-any-return]


def _inside(at: Tensor, size: int, padding: str, align: bool) -> Tensor:
    """Places brought inside of the image, where the padding is not zeros."""
    if padding == "zeros":
        return at
    if padding == "reflection":
        at = _folded_back(at, 0.0, size - 1.0) if align else _folded_back(at, -0.5, float(size))
    return at.clamp(0, size - 1)  # type: ignore[no-any-return]


def _rows(input: Tensor) -> Tensor:
    """The elements of all places, one place to a row, and a row of zeros for what lies outside."""
    n, channels, *sizes = input._array.shape
    flat = input.reshape(n, channels, numel(sizes)).transpose(1, 2).reshape(n * numel(sizes), channels)
    return cat([flat, flat.new_zeros((1, channels))])


def _read(rows: Tensor, sizes: Shape, index: list[Array]) -> Tensor:
    """The rows at whole places `(batch, points)`, zeros outside: `(batch, points, channels)`."""
    place: Any = np.arange(len(index[0]))[:, None]
    valid: Any = True
    for at, size in zip(index, sizes, strict=True):
        place = place * size + at.clip(0, size - 1)
        valid = valid & (at >= 0) & (at < size)
    place = np.where(valid, place, rows._array.shape[0] - 1)
    found = rows.index_select(0, wrap(place.reshape(-1), int64, rows._device))
    return found.reshape(*place.shape, rows._array.shape[1])  # type: ignore[no-any-return]


def _whole(at: Array) -> Array:
    """Whole numbers; what is none of them lies outside."""
    return quiet(np.nan_to_num, at, nan=-1e6, posinf=-1e6, neginf=-1e6).clip(-1e6, 1e6).astype(np.int64)  # type: ignore[no-any-return]


def _linear(rows: Tensor, sizes: Shape, places: list[Tensor]) -> Tensor:
    below = [quiet(np.floor, p._array) for p in places]
    parts = [p - wrap(b, p._dtype, p._device) for p, b in zip(places, below, strict=True)]
    total: Any = 0
    for corner in itertools.product((0, 1), repeat=len(places)):
        weight: Any = 1
        for side, part in zip(corner, parts, strict=True):
            weight = weight * (part if side else 1 - part)
        index = [_whole(b) + side for b, side in zip(below, corner, strict=True)]
        total = total + _read(rows, sizes, index) * weight.unsqueeze(2)
    return total  # type: ignore[no-any-return]


def _cubic_weights(part: Tensor) -> list[Tensor]:
    """Of the four neighbours."""
    a = -0.75
    return [far(part + 1, a), near(part, a), near(1 - part, a), far(2 - part, a)]


def _cubic(rows: Tensor, sizes: Shape, places: list[Tensor], padding: str, align: bool) -> Tensor:
    below = [quiet(np.floor, p._array) for p in places]
    weights = [_cubic_weights(p - wrap(b, p._dtype, p._device)) for p, b in zip(places, below, strict=True)]
    total: Any = 0
    for i, j in itertools.product(range(4), repeat=2):
        index = []
        for b, step, size in zip(below, (i, j), sizes, strict=True):
            at = wrap(b + (step - 1), rows._dtype, rows._device)
            index.append(_whole(_inside(at, size, padding, align)._array))
        total = total + _read(rows, sizes, index) * (weights[0][i] * weights[1][j]).unsqueeze(2)
    return total  # type: ignore[no-any-return]


def _check(input: Tensor, grid: Tensor, mode: str, padding: str) -> None:
    if mode not in ("bilinear", "nearest", "bicubic"):
        raise ValueError(
            f"nn.functional.grid_sample(): expected mode to be 'bilinear', 'nearest' or 'bicubic', but got: '{mode}'"
        )
    if padding not in ("zeros", "border", "reflection"):
        raise ValueError(
            "nn.functional.grid_sample(): expected padding_mode to be 'zeros', 'border', or 'reflection', but got: "
            f"'{padding}'"
        )
    ours, theirs = list(input._array.shape), list(grid._array.shape)
    same_device(input, grid)
    if ours[0] != theirs[0]:
        raise RuntimeError(
            "grid_sampler(): expected grid and input to have same batch size, but got input with sizes "
            f"{ours} and grid with sizes {theirs}"
        )
    if theirs[-1] != len(ours) - 2:
        raise RuntimeError(
            f"grid_sampler(): expected grid to have size {len(ours) - 2} in last dimension, but got grid with sizes "
            f"{theirs}"
        )
    if len(ours) not in (4, 5) or len(theirs) != len(ours):
        raise RuntimeError(
            "grid_sampler(): expected 4D or 5D input and grid with same number of dimensions, but got input with sizes "
            f"{ours} and grid with sizes {theirs}"
        )
    for dim, size in enumerate(ours[2:], 2):
        if not size:
            raise RuntimeError(
                f"grid_sampler(): expected input to have non-empty spatial dimensions, but input has sizes {ours} with "
                f"dimension {dim} being empty"
            )
    if mode == "bicubic" and len(ours) == 5:
        raise RuntimeError("grid_sampler(): bicubic interpolation only supports 4D input")
    refuse("grid_sampler_2d_cpu_kernel_impl", not input._dtype.is_floating_point, input._dtype)
    if input._dtype is not grid._dtype:
        raise RuntimeError(f"expected scalar type {input._dtype.word} but found {grid._dtype.word}")


def grid_sample(
    input: Tensor, grid: Tensor, mode: str = "bilinear", padding_mode: str = "zeros", align_corners: bool | None = None
) -> Tensor:
    """The elements of images `(batch, channels, *sizes)` at places `(batch, *wanted, 2 or 3)`, x first, from -1 to 1
    (Jaderberg and others 2015, arXiv:1506.02025): weighted sums of neighbours, or the nearest ones.

    ValueError for other modes, RuntimeError for sizes that do not meet and for different dtypes.
    """
    _check(input, grid, mode, padding_mode)
    if align_corners is None:
        warnings.warn(WARNING, UserWarning, stacklevel=2)
    d = input._dtype
    if d.compute is not d.numpy:
        wide = (input.to(float32), grid.to(float32))
        return grid_sample(*wide, mode, padding_mode, bool(align_corners)).to(d)
    sizes, wanted, align = input._array.shape[2:], grid._array.shape[1:-1], bool(align_corners)
    rows = grid.reshape(grid._array.shape[0], numel(wanted), len(sizes))
    places = []
    for axis, size in enumerate(reversed(sizes)):
        at = rows.select(2, axis)
        places.append((at + 1) / 2 * (size - 1) if align else ((at + 1) * size - 1) / 2)
    places.reverse()
    source = _rows(input)
    if mode == "bicubic":
        found = _cubic(source, sizes, places, padding_mode, align)
    else:
        places = [_inside(p, size, padding_mode, align) for p, size in zip(places, sizes, strict=True)]
        if mode == "nearest":
            found = _read(source, sizes, [_whole(quiet(np.rint, p._array)) for p in places])
            still = np.zeros(places[0]._array.shape, d.numpy)
            found = found + record(STILL[len(sizes)], still, d, input._device, places).unsqueeze(2)
        else:
            found = _linear(source, sizes, places)
    return found.transpose(1, 2).reshape(*input._array.shape[:2], *wanted)
