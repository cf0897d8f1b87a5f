"""Element by element functions that take several NumPy calls, computed block by block: what they leave in between stays
in the cache, and no temporary is as large as the input."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

BLOCK = 1 << 15
"""So many elements are computed at a time."""

F = TypeVar("F", bound=Callable[..., Any])


def by_blocks(function: F) -> F:
    """The function of arrays and scalars, applied to blocks of large arrays of one shape that lie row by row in memory.
    Others are given to it as they are."""

    @functools.wraps(function)
    def wrapper(*operands: Any) -> Any:
        for each in operands:
            if type(each) is np.ndarray and each.size > BLOCK:
                if all(_alike(each, other) for other in operands):
                    return _computed(function, operands, each.shape)
                break
        return function(*operands)

    return wrapper  # type: ignore[return-value]


def _alike(first: Any, other: Any) -> bool:
    return not np.ndim(other) or (other.shape == first.shape and bool(other.flags.c_contiguous))


def _computed(function: Callable[..., Any], operands: tuple[Any, ...], shape: tuple[int, ...]) -> Any:
    flat = [each.reshape(-1) if np.ndim(each) else each for each in operands]
    size = math.prod(shape)
    result: Any = None
    for start in range(0, size, BLOCK):
        block = slice(start, start + BLOCK)
        part = function(*[each[block] if np.ndim(each) else each for each in flat])
        if result is None:
            result = np.empty(size, part.dtype)
        result[block] = part
    return result.reshape(shape)
