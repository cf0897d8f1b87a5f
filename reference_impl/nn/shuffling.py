"""Channels and pixels in another order."""

from __future__ import annotations

from ..arguments import spoken
from ..tensor import Tensor


def _check(name: str, word: str, input: Tensor, factor: int) -> None:
    if input.ndim < 3:
        raise RuntimeError(
            f"{name} expects input to have at least 3 dimensions, but got input with {input.ndim} dimension(s)"
        )
    if factor <= 0:
        raise RuntimeError(f"{name} expects a positive {word}, but got {factor}")


@spoken
def pixel_shuffle(input: Tensor, upscale_factor: int) -> Tensor:
    """Images `(*, c * r * r, h, w)` as `(*, c, h * r, w * r)` (Shi and others 2016, arXiv:1609.05158).

    RuntimeError for channels that `r * r` does not divide.
    """
    r = upscale_factor
    _check("pixel_shuffle", "upscale_factor", input, r)
    *batch, channels, h, w = input._array.shape
    if channels % (r * r):
        raise RuntimeError(
            "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of upscale_factor, "
            f"but input.size(-3)={channels} is not divisible by {r * r}"
        )
    c, n = channels // (r * r), len(batch)
    parts = input.reshape(*batch, c, r, r, h, w)
    return parts.permute(*range(n), n, n + 3, n + 1, n + 4, n + 2).reshape(*batch, c, h * r, w * r)


@spoken
def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Tensor:
    """Images `(*, c, h * r, w * r)` as `(*, c * r * r, h, w)`. RuntimeError for sizes that `r` does not divide."""
    r = downscale_factor
    _check("pixel_unshuffle", "downscale_factor", input, r)
    *batch, c, height, width = input._array.shape
    for dim, name, size in ((-2, "height", height), (-1, "width", width)):
        if size % r:
            raise RuntimeError(
                f"pixel_unshuffle expects {name} to be divisible by downscale_factor, but input.size({dim})={size} is "
                f"not divisible by {r}"
            )
    h, w, n = height // r, width // r, len(batch)
    parts = input.reshape(*batch, c, h, r, w, r)
    return parts.permute(*range(n), n, n + 2, n + 4, n + 1, n + 3).reshape(*batch, c * r * r, h, w)


@spoken
def channel_shuffle(input: Tensor, groups: int) -> Tensor:
    """The channels, seen as a table with a row for each group, column by column (Zhang and others 2018,
    arXiv:1707.01083). RuntimeError for channels that the groups do not divide."""
    if input.ndim < 3:
        raise RuntimeError(
            f"channel_shuffle expects input with > 2 dims, but got input with sizes {list(input._array.shape)}"
        )
    if groups <= 0:
        raise RuntimeError(f"Number of groups to divide channels in must be positive. Value of groups:{groups}")
    batch, channels, *rest = input._array.shape
    if channels % groups:
        raise RuntimeError(
            f"Number of channels must be divisible by groups. Got {channels} channels and {groups} groups."
        )
    table = input.reshape(batch, groups, channels // groups, *rest)
    return table.transpose(1, 2).reshape(batch, channels, *rest)


native_channel_shuffle = channel_shuffle
