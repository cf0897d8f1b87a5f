"""Matrix products, where nearly all time belongs to the kernel."""

from __future__ import annotations

from typing import Any

from conformance.bench.task import Timed, tensor, uniform


def small(torch: Any, device: str) -> Timed:
    """Product of two float32 matrices of 256 by 256."""
    return _product(torch, device, 256)


def large(torch: Any, device: str) -> Timed:
    """Product of two float32 matrices of 1024 by 1024."""
    return _product(torch, device, 1024)


def _product(torch: Any, device: str, size: int) -> Timed:
    a, b = uniform("matmul.x", (size, size)), uniform("matmul.y", (size, size))
    x, y = tensor(torch, a, device), tensor(torch, b, device)
    return Timed(lambda: x @ y, (a @ b,), 1e-5)
