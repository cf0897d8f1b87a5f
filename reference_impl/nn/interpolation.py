"""Images in other sizes: each element of the result is a weighted sum of neighbours of its place in the input."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from ..derivative import refuse
from ..dtype import dtype, float32, uint8
from ..storage import Array
from ..tensor import Tensor
from .adaptive import adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d
from .resampling import Matrix, matrix, named, resampled

SPATIAL = {"linear": 1, "bilinear": 2, "bicubic": 2, "trilinear": 3}
"""How many dimensions of space a mode is for; the others are for any."""
MODES = "nearest | linear | bilinear | bicubic | trilinear | lanczos | area | nearest-exact"
AREA = {1: adaptive_avg_pool1d, 2: adaptive_avg_pool2d, 3: adaptive_avg_pool3d}
NODES = {
    **{("nearest", n): named(f"UpsampleNearest{n}D") for n in (1, 2, 3)},
    **{("nearest-exact", n): named(f"UpsampleNearestExact{n}D") for n in (1, 2, 3)},
    ("linear", 1): named("UpsampleLinear1D"),
    ("bilinear", 2): named("UpsampleBilinear2D"),
    ("bicubic", 2): named("UpsampleBicubic2D"),
    ("trilinear", 3): named("UpsampleTrilinear3D"),
}


def triangle(t: Array) -> Array:
    """The weights of linear interpolation at a distance."""
    return np.asarray(np.maximum(0, 1 - abs(t)))


def near(t: Any, a: float) -> Any:
    """The weights of cubic convolution at distances up to one, in arrays or tensors (Keys 1981)."""
    return ((a + 2) * t - (a + 3)) * t * t + 1


def far(t: Any, a: float) -> Any:
    """Those at distances from one to two."""
    return ((a * t - 5 * a) * t + 8 * a) * t - 4 * a


def cubic(a: float) -> Callable[[Array], Array]:
    """The weights of cubic convolution at any distance."""

    def weights(t: Array) -> Array:
        t = abs(t)
        return np.where(t < 1, near(t, a), np.where(t < 2, far(t, a), 0))

    return weights


def _nearest(size: int, count: int, scale: float, shift: float, d: dtype) -> Matrix:
    at = ((np.arange(count) + shift).astype(np.float32) * np.float32(scale)).astype(np.int64).clip(max=size - 1)
    return matrix(np.arange(count), at, np.ones(count), (count, size), d)


def _places(count: int, scale: float, align: bool, d: dtype) -> Array:
    """Where each element of the result lies in the input."""
    kind = d.compute.type if d.differentiable else np.float32
    i = np.arange(count).astype(kind)
    return i * kind(scale) if align else (i + kind(0.5)) * kind(scale) - kind(0.5)


def _linear(size: int, count: int, scale: float, align: bool, d: dtype) -> Matrix:
    """Between neighbours; the size that is there already changes nothing."""
    at = np.arange(count) if count == size else _places(count, scale, align, d).clip(min=0)
    below = np.minimum(at.astype(np.int64), size - 1)
    part = (at - below).clip(max=1)
    columns = np.stack([below, np.minimum(below + 1, size - 1)], 1)
    weights = np.stack([1 - part, part], 1)
    return matrix(np.arange(count).repeat(2), columns.reshape(-1), weights.reshape(-1), (count, size), d)


def _cubic(size: int, count: int, scale: float, align: bool, d: dtype) -> Matrix:
    at = _places(count, scale, align, d)
    columns = np.floor(at).astype(np.int64)[:, None] + np.arange(-1, 3)
    weights = cubic(-0.75)(at[:, None] - columns)
    columns = columns.clip(0, size - 1)
    return matrix(np.arange(count).repeat(4), columns.reshape(-1), weights.reshape(-1), (count, size), d)


def _smooth(size: int, count: int, scale: float, reach: float, weight: Callable[[Array], Array], d: dtype) -> Matrix:
    """With antialiasing: where the result is smaller, the weights are spread over as much more of the input."""
    wide = max(scale, 1.0)
    rows, columns, weights = [], [], []
    for i in range(count):
        centre = scale * (i + 0.5)
        start, end = max(int(centre - reach * wide + 0.5), 0), min(int(centre + reach * wide + 0.5), size)
        found = weight((np.arange(start, end) - centre + 0.5) / wide)
        rows.append(np.full(end - start, i))
        columns.append(np.arange(start, end))
        weights.append(found / found.sum())
    return matrix(np.concatenate(rows), np.concatenate(columns), np.concatenate(weights), (count, size), d)


def _matrix(mode: str, size: int, count: int, factor: float | None, align: bool, antialias: bool, d: dtype) -> Matrix:
    """The map along one dimension. `factor` is the scale factor where places are to follow it, not the sizes."""
    if align:
        scale = (size - 1) / (count - 1) if count > 1 else 0.0
    else:
        scale = size / count if factor is None else 1 / factor
    if mode == "nearest":
        return _nearest(size, count, scale, 0.0, d)
    if mode == "nearest-exact":
        return _nearest(size, count, scale, 0.5, d)
    if antialias:
        return _smooth(size, count, scale, *((2, cubic(-0.5)) if mode == "bicubic" else (1, triangle)), d)
    return (_cubic if mode == "bicubic" else _linear)(size, count, scale, align, d)


def _check_mode(input: Tensor, mode: str, align_corners: bool | None, antialias: bool) -> None:
    if align_corners is not None and mode not in SPATIAL:
        raise ValueError(
            "align_corners option can only be set with the interpolating modes: linear | bilinear | bicubic | trilinear"
        )
    known = mode in SPATIAL or mode in ("nearest", "nearest-exact", "area")
    if not known or input.ndim not in (3, 4, 5):
        raise NotImplementedError(
            f"Input Error: Only 3D, 4D and 5D input Tensors supported (got {input.ndim}D) for the modes: {MODES} "
            f"(got {mode})"
        )
    if antialias and not (mode in ("bilinear", "bicubic") and input.ndim == 4):
        raise ValueError(
            "Anti-alias option is restricted to bilinear, bicubic, and lanczos modes and requires a 4-D tensor as input"
        )
    wanted = SPATIAL.get(mode, input.ndim - 2)
    if wanted != input.ndim - 2:
        raise NotImplementedError(f"Got {input.ndim}D input, but {mode} mode needs {wanted + 2}D input")


def _each(name: str, given: Any, spatial: tuple[int, ...]) -> tuple[Any, ...]:
    if not isinstance(given, (tuple, list)):
        return (given,) * len(spatial)
    if len(given) != len(spatial):
        what, form = ("output size of", "output size in (o1, o2, ...,oK)") if name == "output" else (
            "scale_factor of shape", "scale_factor in (s1, s2, ...,sK)"
        )  # fmt: skip
        raise ValueError(
            f"Input and {name} must have the same number of spatial dimensions, but got input with spatial dimensions "
            f"of {list(spatial)} and {what} {tuple(given)}. Please provide input tensor in (N, C, d1, d2, ...,dK) "
            f"format and {form} format."
        )
    return tuple(given)


def _sizes(
    input: Tensor, size: Any, scale_factor: Any, recompute: bool | None
) -> tuple[tuple[int, ...], tuple[float | None, ...]]:
    """The sizes of the result, and the scale factors where places follow them."""
    spatial = input._array.shape[2:]
    if size is not None and scale_factor is not None:
        raise ValueError("only one of size or scale_factor should be defined")
    if size is None and scale_factor is None:
        raise ValueError("either size or scale_factor should be defined")
    if recompute and size is not None:
        raise ValueError("recompute_scale_factor is not meaningful with an explicit size.")
    if size is not None:
        return _each("output", size, spatial), (None,) * len(spatial)
    factors = _each("scale_factor", scale_factor, spatial)
    sizes = tuple([math.floor(n * f) for n, f in zip(spatial, factors, strict=True)])
    return sizes, (None,) * len(spatial) if recompute else tuple(map(float, factors))


def interpolate(
    input: Tensor,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    """Images `(batch, channels, *sizes)` in other sizes, which are given, or the old ones times a factor.

    ValueError unless just one of both is given; NotImplementedError for modes and numbers of dimensions that do not go
    together; RuntimeError for empty planes.
    """
    sizes, factors = (None, None) if input.ndim < 3 else _sizes(input, size, scale_factor, recompute_scale_factor)
    _check_mode(input, mode, align_corners, antialias)
    assert sizes is not None
    assert factors is not None
    n, spatial = len(sizes), input._array.shape[2:]
    if min(sizes) <= 0 or min(spatial) <= 0:
        axes = ("D", "H", "W")[-n:]
        found, wanted = (", ".join(f"{a}: {m}" for a, m in zip(axes, part, strict=True)) for part in (spatial, sizes))
        raise RuntimeError(
            f"Input and output sizes should be greater than 0, but got input ({found}) and output ({wanted})"
        )
    if mode == "area":
        return AREA[n](input, sizes)
    if not input._array.shape[1]:
        raise RuntimeError(
            f"Non-empty {n + 2}D data tensor expected but got a tensor with sizes {list(input._array.shape)}"
        )
    d = input._dtype
    refuse(f"upsample_{mode}{n}d", not (d.is_floating_point or (d is uint8 and mode not in ("linear", "trilinear"))), d)
    if d is uint8 and "nearest" not in mode:
        given = input.to(float32), size, scale_factor, mode, align_corners, recompute_scale_factor, antialias
        return (interpolate(*given) + 0.5).floor().clamp(0, 255).to(uint8)  # type: ignore[no-any-return]
    lists = zip(spatial, sizes, factors, strict=True)
    maps = [_matrix(mode, have, want, f, bool(align_corners), antialias, d) for have, want, f in lists]
    return resampled(NODES[mode, n], input, tuple(maps))


def _former(name: str) -> None:
    warnings.warn(
        f"`nn.functional.{name}` is deprecated. Use `nn.functional.interpolate` instead.", UserWarning, stacklevel=3
    )


def upsample(
    input: Tensor,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
) -> Tensor:
    """`interpolate` under its former name, with a UserWarning."""
    _former("upsample")
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """`interpolate` of the nearest elements, with a UserWarning."""
    _former("upsample_nearest")
    return interpolate(input, size, scale_factor)


def upsample_bilinear(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """`interpolate` of images between their corners, with a UserWarning."""
    _former("upsample_bilinear")
    return interpolate(input, size, scale_factor, "bilinear", True)
