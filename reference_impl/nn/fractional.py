"""Pooling whose windows lie at places that are drawn (B. Graham, Fractional max-pooling, arXiv:1412.6071)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..derivative import refuse
from ..dtype import int64
from ..layout import numel
from ..op import SECOND, record_many
from ..promote import cast, operand, same_device
from ..sampling import rand
from ..storage import Array
from ..tensor import Tensor
from .correlation import Sizes
from .pooling import MaxPoolBackward

Numbers = int | Sequence[int]
NODES = {n: type(f"FractionalMaxPool{n}DBackward0", (MaxPoolBackward,), {"__slots__": ()}) for n in (2, 3)}
AXES = ("time", "height", "width")


def _pair(name: str, word: str, value: Any, n: int) -> Sizes:
    given = (value,) * n if isinstance(value, int) else tuple(int(v) for v in value)
    if len(given) != n:
        raise RuntimeError(f"{name}: {word} must either be a single Int or tuple of Ints")
    return given


def _sizes(n: int, input: Tensor, size: Any, ratio: Any) -> Any:
    """The sizes of the result, given, or as parts of the input's. ValueError for neither."""
    name = f"fractional_max_pool{n}d"
    if size is not None:
        return size
    if ratio is None:
        raise ValueError(f"{name} requires specifying either an output_size or an output_ratio")
    ratios = (ratio,) * n if isinstance(ratio, (int, float)) else tuple(ratio)
    if len(ratios) != n:
        raise ValueError(f"{name} requires output_ratio to either be a single Int or tuple of Ints.")
    return [int(have * part) for have, part in zip(input._array.shape[-n:], ratios, strict=True)]


def _check(n: int, input: Tensor, kernel: Sizes, sizes: Sizes, samples: Tensor) -> None:
    name, shape, d = f"fractional_max_pool{n}d", input._array.shape, input._dtype
    for dim in range(len(shape) - n - 1, len(shape)):
        if not shape[dim]:
            raise RuntimeError(
                f"{name}(): Expected input to have non-zero size for non-batch dimensions, but got{list(shape)} with "
                f"dimension {dim} being empty."
            )
    for word, have, k, wanted in zip(AXES[-n:], shape[-n:], kernel, sizes, strict=True):
        if wanted + k - 1 > have:
            raise RuntimeError(f"{name}(): pool {word} {k} too large relative to input {word} {have}")
    refuse(f"{name}_out_frame", not d.is_floating_point, d)
    if samples._dtype is not d:
        raise RuntimeError("Expect _random_samples to have the same dtype as input")
    if samples.ndim != 3:
        raise RuntimeError(f"Expect _random_samples to have 3 dimensions, got {samples.ndim}")
    given, channels = samples._array.shape, shape[-n - 1]
    if given[0] < (shape[0] if len(shape) == n + 2 else 1):
        raise RuntimeError("Expect _random_samples.size(0) no less then input batch size.")
    if given[1] != channels:
        raise RuntimeError("Expect _random_samples.size(1) equals to input channel size.")
    if given[2] != n:
        raise RuntimeError(f"Expect _random_samples.size(2) equals to {n}; got {given[2]}.")
    same_device(input, samples)


def _places(samples: Array, have: int, count: int, k: int) -> Array:
    """Where the windows of each plane begin, and which elements they have: shape `(planes, count, k)`. The last one
    ends with the last element."""
    step = (have - k) / (count - 1) if count > 1 else 0.0
    begin = ((np.arange(count) + samples[:, None]) * step).astype(np.int64) - (samples * step).astype(np.int64)[:, None]
    if count:
        begin[:, -1] = have - k
    return np.asarray(begin[..., None] + np.arange(k))


def _pool(
    n: int, input: Tensor, kernel_size: Numbers, size: Any, ratio: Any, return_indices: bool, samples: Tensor | None
) -> Any:
    name, shape, d = f"fractional_max_pool{n}d", input._array.shape, input._dtype
    wanted = _sizes(n, input, size, ratio)
    if len(shape) not in (n + 1, n + 2):
        raise IndexError(f"Dimension out of range (expected to be in range of [-{len(shape)}, {len(shape) - 1}])")
    if samples is None:
        batch = 1 if len(shape) == n + 1 else shape[0]
        refuse("check_uniform_bounds", not d.is_floating_point, d)
        samples = rand(batch, shape[-n - 1], n, dtype=d, device=input._device)
    kernel, sizes = _pair(name, "kernel_size", kernel_size, n), _pair(name, "output_size", wanted, n)
    _check(n, input, kernel, sizes, samples)
    planes = operand(input, d).reshape(numel(shape[:-n]), *shape[-n:])
    drawn = samples._array.reshape(-1, n)[: len(planes), :: -1 if n == 2 else 1].astype(np.float64)
    lists = zip(shape[-n:], sizes, kernel, strict=True)
    each = [_places(drawn[:, i], *three) for i, three in enumerate(lists)]
    flat: Any = 0
    for i, at in enumerate(each):  # (planes, *sizes, *kernel)
        spread = [1] * n
        spread[i] = sizes[i]
        inner = [1] * n
        inner[i] = kernel[i]
        flat = flat * shape[i - n] + at.reshape(len(planes), *spread, *inner)
    flat = flat.reshape(len(planes), numel(sizes), numel(kernel))
    values = np.take_along_axis(planes.reshape(len(planes), 1, -1), flat, 2)
    chosen = values.argmax(2)[..., None]  # the first of several, and NaN before any number
    best, index = (np.take_along_axis(a, chosen, 2).reshape(*shape[:-n], *sizes) for a in (values, flat))
    pair = record_many(
        NODES[n], [(cast(best, d), d), (index, int64)], input._device, (input,), saved=(SECOND,), args=(shape, n)
    )
    return pair if return_indices else pair[0]


def fractional_max_pool2d(
    input: Tensor,
    kernel_size: Numbers,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> Any:
    """The greatest element of each of so many windows `kernel_size` of images `(*, channels, height, width)`, which lie
    at drawn places, with steps of two neighbouring lengths; with `return_indices` also where it was.

    The result has `output_size`, or the part `output_ratio` of the input's size; ValueError for neither, RuntimeError
    for more windows than there is room for. `_random_samples` of shape `(batch, channels, 2)` has numbers from `[0, 1)`
    for width and height.
    """
    return _pool(2, input, kernel_size, output_size, output_ratio, return_indices, _random_samples)


def fractional_max_pool3d(
    input: Tensor,
    kernel_size: Numbers,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> Any:
    """The same of volumes `(*, channels, depth, height, width)`; the numbers of `_random_samples` are for depth, height
    and width."""
    return _pool(3, input, kernel_size, output_size, output_ratio, return_indices, _random_samples)
