"""Poolings that tell where each greatest element was, whatever they are asked."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from .adaptive import adaptive_max_pool1d, adaptive_max_pool2d, adaptive_max_pool3d
from .fractional import fractional_max_pool2d, fractional_max_pool3d
from .pooling import max_pool1d, max_pool2d, max_pool3d


def _telling(function: Callable[..., Any]) -> Callable[..., Any]:
    signature = inspect.signature(function)

    @functools.wraps(function)
    def with_indices(*args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(*args, **kwargs)
        bound.arguments["return_indices"] = True
        return function(*bound.args, **bound.kwargs)

    with_indices.__name__ = f"{function.__name__}_with_indices"
    return with_indices


adaptive_max_pool1d_with_indices = _telling(adaptive_max_pool1d)
adaptive_max_pool2d_with_indices = _telling(adaptive_max_pool2d)
adaptive_max_pool3d_with_indices = _telling(adaptive_max_pool3d)
fractional_max_pool2d_with_indices = _telling(fractional_max_pool2d)
fractional_max_pool3d_with_indices = _telling(fractional_max_pool3d)
max_pool1d_with_indices = _telling(max_pool1d)
max_pool2d_with_indices = _telling(max_pool2d)
max_pool3d_with_indices = _telling(max_pool3d)
