"""Memory layouts: the same logical values, laid out differently, through the backend's own public calls.

Whatever lies between and around the elements of a layout is a value that occurs nowhere in the inputs, so that a
read past the strides shows in the result.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from conformance.case import Trial
from conformance.sample import tensor

FILL = 77
Layout = Callable[[Trial, np.ndarray, str], Any]


def transposed(trial: Trial, array: np.ndarray, dtype: str) -> Any:
    """The first and last dimensions swapped in memory."""
    return tensor(trial, np.swapaxes(array, 0, -1), dtype).transpose(0, -1)


def offset(trial: Trial, array: np.ndarray, dtype: str) -> Any:
    """A slice along the last dimension that begins at the third element."""
    base = np.full((*array.shape[:-1], array.shape[-1] + 5), _fill(array), array.dtype)
    base[..., 3:-2] = array
    return tensor(trial, base, dtype)[..., 3 : 3 + array.shape[-1]]


def stepped(trial: Trial, array: np.ndarray, dtype: str) -> Any:
    """Every second element along the last dimension of a larger tensor, from the second on."""
    base = np.full((*array.shape[:-1], 2 * array.shape[-1] + 1), _fill(array), array.dtype)
    base[..., 1::2] = array
    return tensor(trial, base, dtype)[..., 1::2]


def rows(trial: Trial, array: np.ndarray, dtype: str) -> Any:
    """Every second row of a larger tensor, from the second on."""
    base = np.full((2 * array.shape[0] + 1, *array.shape[1:]), _fill(array), array.dtype)
    base[1::2] = array
    return tensor(trial, base, dtype)[1::2]


def expanded(trial: Trial, array: np.ndarray, dtype: str) -> Any:
    """The first row for all rows, with stride 0; `array` is constant along its first dimension."""
    return tensor(trial, array[:1], dtype).expand(array.shape)


def odd(trial: Trial, array: np.ndarray, dtype: str) -> Any:
    """Dimensions of size 1 with strides that no contiguous tensor has."""
    flat = tensor(trial, array.reshape(-1), dtype)
    strides = [1] * array.ndim
    step = 1
    for position in range(array.ndim - 1, -1, -1):
        strides[position] = 11 + position if array.shape[position] == 1 else step
        step *= array.shape[position]
    return flat.as_strided(array.shape, tuple(strides))


def _fill(array: np.ndarray) -> Any:
    return np.array(FILL, array.dtype)


LAYOUTS: dict[str, Layout] = {
    "transposed": transposed,
    "offset": offset,
    "stepped": stepped,
    "rows": rows,
    "expanded": expanded,
    "odd": odd,
}


def possible(layout: str, array: np.ndarray) -> bool:
    """Whether an array of this shape can be laid out so, other than contiguously."""
    if layout == "odd":
        return 1 in array.shape and array.size > 0
    if layout in ("transposed", "rows"):
        return array.ndim >= 2 and array.shape[0] > 1 and (layout == "rows" or array.shape[-1] > 1)
    return array.ndim >= 1 and array.size > 0 and (layout != "expanded" or array.shape[0] > 1)


def values_for(layout: str, array: np.ndarray) -> np.ndarray:
    """The logical values of a layout: those of `array`, constant along the first dimension where it is expanded."""
    return np.broadcast_to(array[:1], array.shape).copy() if layout == "expanded" else array


def strides_of(result: Any) -> tuple[int, ...]:
    """The strides of a backend's tensor as plain ints."""
    return tuple(int(stride) for stride in result.stride())
