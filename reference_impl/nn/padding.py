"""Borders around tensors: of one value, or of the tensor's own elements."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..arguments import spoken
from ..derivative import refuse
from ..dtype import bool as bool_
from ..dtype import int64
from ..pad import constant_pad_nd
from ..storage import Array
from ..tensor import Tensor, wrap

SUPPORTED = (
    "\nSupported combinations for non-constant padding:\n"
    "  - 2D or 3D input: padding size = 2 (pads last dimension)\n"
    "  - 3D or 4D input: padding size = 4 (pads last 2 dimensions)\n"
    "  - 4D or 5D input: padding size = 6 (pads last 3 dimensions)"
)


def _places(mode: str, size: int, before: int, after: int) -> Array:
    """Which element stands at each place: mirrored without the edge, the edge itself, or from the other end of what
    negative counts leave."""
    if mode == "circular":
        rest = size + min(before, 0) + min(after, 0)
        return np.arange(-max(before, 0), rest + max(after, 0)) % max(rest, 1) - min(before, 0)
    at = np.arange(-before, size + after)
    if mode == "replicate":
        return at.clip(0, size - 1)
    return size - 1 - abs(size - 1 - abs(at))


def _check(mode: str, input: Tensor, counts: Sequence[int], dim: int) -> None:
    shape = list(input._array.shape)
    size, before, after = shape[dim], *counts
    if mode == "reflect" and max(before, after) >= size:
        raise RuntimeError(
            "Padding size should be less than the corresponding input dimension, but got: padding "
            f"({before}, {after}) at dimension {dim} of input {shape}"
        )
    if mode == "circular" and max(before, after) > size:
        raise RuntimeError("Padding value causes wrapping around more than once.")


@spoken
def pad(input: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Tensor:
    """The tensor with as many elements before and after each dimension as `pad` counts in pairs, the last dimension
    first: of one value, mirrored (`reflect`), the last ones again (`replicate`), or from the other end (`circular`).
    Negative counts take elements away.

    RuntimeError for an odd number of counts and for more than there is, NotImplementedError for another mode and for
    numbers of dimensions that it does not know.
    """
    counts = tuple(pad)
    if len(counts) % 2:
        raise RuntimeError("Padding length must be divisible by 2")
    if len(counts) > 2 * input.ndim:
        raise RuntimeError(
            "Padding length should be less than or equal to two times the input dimension but got padding length "
            f"{len(counts)} and input of dimension {input.ndim}"
        )
    if mode == "constant":
        return constant_pad_nd(input, counts, 0 if value is None else value)
    if value is not None and value != 0:
        raise RuntimeError(f'Padding mode "{mode}" doesn\'t take in value argument')
    n = len(counts) // 2
    if not (1 <= n <= 3 and input.ndim in (n + 1, n + 2)):
        raise NotImplementedError(
            f"Padding size {len(counts)} is not supported for {input.ndim}D input tensor.{SUPPORTED}"
        )
    if mode not in ("reflect", "replicate", "circular"):
        raise NotImplementedError(f"Unrecognised padding mode {mode}")
    refuse(f"{mode}_pad{n}d", mode != "circular" and input._dtype is bool_, input._dtype)
    for i in range(n):
        _check(mode, input, counts[2 * i : 2 * i + 2], input.ndim - 1 - i)
    for i in range(n):
        dim = input.ndim - 1 - i
        at = _places(mode, input._array.shape[dim], *counts[2 * i : 2 * i + 2])
        input = input.index_select(dim, wrap(at, int64, input._device))
    return input
