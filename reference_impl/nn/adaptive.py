"""Pooling into as many windows as are asked for."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from ..arguments import spoken
from ..derivative import refuse
from ..dtype import int64
from ..layout import numel
from ..op import SECOND, record_many
from ..promote import cast, operand
from ..tensor import Tensor
from .correlation import Sizes
from .pooling import MaxPoolBackward
from .resampling import averages, named, resampled, spans

AVERAGE = {n: named(f"AdaptiveAvgPool{n}D") for n in (1, 2, 3)}
GREATEST = {n: type(f"AdaptiveMaxPool{n}DBackward0", (MaxPoolBackward,), {"__slots__": ()}) for n in (1, 2, 3)}


def _sizes(name: str, n: int, input: Tensor, wanted: Any) -> Sizes:
    """The sizes of the result; None keeps the input's. ValueError and RuntimeError for wrong numbers of dimensions."""
    given = (wanted,) * n if wanted is None or isinstance(wanted, int) else tuple(wanted)
    shape = input._array.shape
    if n == 1 and None in given:
        raise TypeError(f"{name}(): argument 'output_size' (position 2) must be tuple of ints, not NoneType")
    if n > 1 and not isinstance(wanted, int) and len(shape) <= len(given):
        raise ValueError(f"Input dimension should be at least {len(given) + 1}")
    if len(shape) not in (n + 1, n + 2):
        raise RuntimeError(
            f"Expected {n + 1} to {n + 2} dimensions, but got {len(shape)}-dimensional tensor for argument #1 'self' "
            f"(while checking arguments for {name})"
        )
    if len(given) != n:
        raise RuntimeError(f"{name}: internal error: output_size.size() must be {n}")
    sizes = tuple([have if size is None else size for size, have in zip(given, shape[-n:], strict=True)])
    for dim in range(len(shape) - n - (len(shape) == n + 1), len(shape)):
        if not shape[dim]:
            raise RuntimeError(
                f"{name}(): Expected input to have non-zero size for non-batch dimensions, but input has sizes "
                f"{list(shape)} with dimension {dim} being empty"
            )
    if min(sizes) < 0:
        raise RuntimeError(f"{name}: elements of output_size must be greater than or equal to 0 but received {sizes}")
    return sizes


def _average(n: int, input: Tensor, output_size: Any) -> Tensor:
    name, d = f"adaptive_avg_pool{n}d", input._dtype
    sizes = _sizes(name, n, input, output_size)
    refuse(name, not d.is_floating_point, d)
    if sizes == (1,) * n:
        return input.mean(list(range(-n, 0)), keepdim=True)  # type: ignore[no-any-return]
    lengths = zip(input._array.shape[-n:], sizes, strict=True)
    return resampled(AVERAGE[n], input, tuple([averages(have, count, d) for have, count in lengths]))


@spoken
def adaptive_avg_pool1d(input: Tensor, output_size: Any) -> Tensor:
    """The means of so many windows that cover a signal `(*, channels, size)`."""
    return _average(1, input, output_size)


def adaptive_avg_pool2d(input: Tensor, output_size: Any) -> Tensor:
    """The means of so many windows that cover an image; None keeps a size."""
    return _average(2, input, output_size)


def adaptive_avg_pool3d(input: Tensor, output_size: Any) -> Tensor:
    """The means of so many windows that cover a volume; None keeps a size."""
    return _average(3, input, output_size)


def _greatest(n: int, input: Tensor, output_size: Any, return_indices: bool) -> Any:
    name = f"adaptive_max_pool{n}d"
    sizes = _sizes(name, n, input, output_size)
    d, shape = input._dtype, input._array.shape
    refuse(name, not d.is_floating_point, d)
    planes = operand(input, d).reshape(numel(shape[:-n]), *shape[-n:])
    best, index = np.empty((len(planes), *sizes), planes.dtype), np.empty((len(planes), *sizes), np.int64)
    flat = np.arange(numel(shape[-n:])).reshape(shape[-n:])
    bounds = [spans(have, count) for have, count in zip(shape[-n:], sizes, strict=True)]
    for at in itertools.product(*map(range, sizes)):
        window: tuple[Any, ...] = tuple([slice(*span[i]) for span, i in zip(bounds, at, strict=True)])
        places = flat[window].reshape(-1)
        values = planes[(slice(None), *window)].reshape(len(planes), len(places))
        chosen = values.argmax(1)
        target: tuple[Any, ...] = (slice(None), *at)
        best[target] = values[np.arange(len(values)), chosen]
        index[target] = places[chosen]
    results = [(cast(a, t).reshape(*shape[:-n], *sizes), t) for a, t in ((best, d), (index, int64))]
    pair = record_many(GREATEST[n], results, input._device, (input,), saved=(SECOND,), args=(shape, n))
    return pair if return_indices else pair[0]


@spoken
def adaptive_max_pool1d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """The greatest element of each of so many windows that cover a signal; with `return_indices` also where it was."""
    return _greatest(1, input, output_size, return_indices)


def adaptive_max_pool2d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """The greatest element of each of so many windows that cover an image; None keeps a size."""
    return _greatest(2, input, output_size, return_indices)


def adaptive_max_pool3d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """The greatest element of each of so many windows that cover a volume; None keeps a size."""
    return _greatest(3, input, output_size, return_indices)
