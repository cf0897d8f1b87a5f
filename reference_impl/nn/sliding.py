"""What sliding windows of pooling demand, and where they lie."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..tensor import Tensor
from .correlation import Geometry, Sizes

Numbers = int | Sequence[int]
WORDS = {1: "one int", 2: "two ints", 3: "three ints"}


def each(function: str, name: str, value: Numbers, n: int) -> Sizes:
    """One number for each of n dimensions, from a number or a list of one or of n. RuntimeError for others."""
    given = (value,) * n if isinstance(value, int) else tuple(int(v) for v in value)
    given = given * n if len(given) == 1 else given
    if len(given) != n:
        omitted = "be omitted, a single int," if name == "stride" else "be a single int,"
        raise RuntimeError(f"{function}: {name} must either {omitted} or a tuple of {WORDS[n]}")
    return given


def check_planes(function: str, n: int, input: Tensor) -> None:
    """RuntimeError unless the input is `(channels, *sizes)` or a batch of these, and nothing but the batch is empty."""
    shape = list(input._array.shape)
    if input.ndim not in (n + 1, n + 2):
        raise RuntimeError(f"{function}: non-empty {n + 1}D or {n + 2}D (batch mode) tensor expected for input")
    if 0 in shape[-n - 1 :]:
        raise RuntimeError(
            f"{function}: Expected {n + 1}D or {n + 2}D (batch mode) tensor with optional 0 dim batch size for input, "
            f"but got:{shape}"
        )


def _check_window(kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes) -> None:
    if min(stride) == 0:
        raise RuntimeError("stride should not be zero")
    if min(kernel) <= 0 or min(stride) < 0:
        raise RuntimeError("kernel size should be greater than zero")
    if min(dilation) <= 0:
        raise RuntimeError(f"dilation should be greater than zero, but got dilation: {dilation}")
    for k, p, d in zip(kernel, padding, dilation, strict=True):
        if p < 0:
            raise RuntimeError(f"pad must be non-negative, but got pad: {p}")
        if p > (d * (k - 1) + 1) // 2:
            raise RuntimeError(
                f"pad should be at most half of effective kernel size, but got pad={p}, kernel_size={k} and "
                f"dilation={d}"
            )


def _count(size: int, k: int, s: int, p: int, d: int, ceil: bool) -> int:
    """How many windows there are; with `ceil` one more that begins inside, but reaches beyond the end."""
    room = size + 2 * p - d * (k - 1) - 1
    count = (math.ceil(room / s) if ceil else room // s) + 1
    return count - 1 if ceil and (count - 1) * s >= size + p else count


def slid(
    input: Tensor, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, ceil_mode: bool
) -> tuple[Geometry, Sizes]:
    """Where the windows lie, and how many there are. RuntimeError where there is none."""
    _check_window(kernel, stride, padding, dilation)
    sizes = input._array.shape[-len(kernel) :]
    lists = zip(sizes, kernel, stride, padding, dilation, strict=True)
    places = tuple([_count(n, k, s, p, d, ceil_mode) for n, k, s, p, d in lists])
    if min(places) < 1:
        channels = input._array.shape[-len(kernel) - 1]
        given, found = ("x".join(map(str, (channels, *part))) for part in (sizes, places))
        raise RuntimeError(f"Given input size: ({given}). Calculated output size: ({found}). Output size is too small")
    lists = zip(sizes, kernel, stride, padding, dilation, strict=True)
    ends = [(m - 1) * s + d * (k - 1) + 1 for m, (_, k, s, _, d) in zip(places, lists, strict=True)]
    after = tuple([max(0, end - n - p) for end, n, p in zip(ends, sizes, padding, strict=True)])
    return Geometry(stride, padding, after, dilation, 1), places
