"""Tiny operations: what a call costs when there is next to nothing to compute."""

from __future__ import annotations

from typing import Any

from conformance.bench.task import Timed, tensor, uniform


def add(torch: Any, device: str) -> Timed:
    """Sum of two float32 tensors of 4 elements."""
    a, b = uniform("add.x", (4,)), uniform("add.y", (4,))
    x, y = tensor(torch, a, device), tensor(torch, b, device)
    return Timed(lambda: x + y, (a + b,), 1e-6)
