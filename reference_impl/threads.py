"""How many threads work, and how exact float32 products are: settings that programs begin with.

NumPy's threads belong to its BLAS, which is told before it is loaded, and its products are of full precision; so these
are kept and told again, and change no result.
"""

from __future__ import annotations

import os
import warnings

_PRECISIONS = ("highest", "high", "medium")


class _Settings:
    """What was set last."""

    __slots__ = ("precision", "threads")

    def __init__(self) -> None:
        self.threads = os.cpu_count() or 1
        self.precision = _PRECISIONS[0]


_SETTINGS = _Settings()


def get_num_threads() -> int:
    """The number of threads within an operation."""
    return _SETTINGS.threads


def set_num_threads(num_threads: int) -> None:
    """Sets it. RuntimeError for what is no int, or not positive."""
    if isinstance(num_threads, bool) or not isinstance(num_threads, int):
        raise RuntimeError(f"set_num_threads expects an int, but got {type(num_threads).__name__}")
    if num_threads < 1:
        raise RuntimeError("set_num_threads expects a positive integer")
    _SETTINGS.threads = num_threads


def get_float32_matmul_precision() -> str:
    """The word that was set last; "highest" at first."""
    return _SETTINGS.precision


def set_float32_matmul_precision(precision: str) -> None:
    """Sets "highest", "high" or "medium". Warns at other words, and keeps what was."""
    if precision in _PRECISIONS:
        _SETTINGS.precision = precision
        return
    warnings.warn(f"{precision} is not one of 'highest', 'high', or 'medium'; the call has no effect.", stacklevel=2)
