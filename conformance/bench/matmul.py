"""Matrix products, where nearly all time belongs to the kernel."""

from __future__ import annotations

from typing import Any

import numpy as np

from conformance.bench.task import Timed, tensor, uniform


def small(torch: Any, device: str) -> Timed:
    """Product of two float32 matrices of 256 by 256."""
    return _product(torch, device, 256)


def large(torch: Any, device: str) -> Timed:
    """Product of two float32 matrices of 1024 by 1024."""
    return _product(torch, device, 1024)


def half(torch: Any, device: str) -> Timed:
    """Product of two float16 matrices of 256 by 256."""
    return _product(torch, device, 256, np.float16)


def _product(torch: Any, device: str, size: int, dtype: type[np.floating[Any]] = np.float32) -> Timed:
    a, b = (uniform(name, (size, size)).astype(dtype).astype(np.float64) for name in ("matmul.x", "matmul.y"))
    x, y = (tensor(torch, array, device).to(getattr(torch, dtype.__name__)) for array in (a, b))
    return Timed(lambda: x @ y, (a @ b,), 1e-5 if dtype is np.float32 else 1e-3, dtype=dtype.__name__)
