"""Operations on 1,000,000 float32 elements, where memory and vector units decide."""

from __future__ import annotations

from typing import Any

import numpy as np

from conformance.bench.task import Timed, tensor, uniform

SIZE = 1_000_000


def add(torch: Any, device: str) -> Timed:
    """Sum of two tensors."""
    a, b = uniform("throughput.x", (SIZE,)), uniform("throughput.y", (SIZE,))
    x, y = tensor(torch, a, device), tensor(torch, b, device)
    return Timed(lambda: x + y, (a + b,), 1e-6)


def exp(torch: Any, device: str) -> Timed:
    """Exponential of every element."""
    a = uniform("throughput.x", (SIZE,))
    x = tensor(torch, a, device)
    return Timed(lambda: torch.exp(x), (np.exp(a),), 1e-6)


def sum(torch: Any, device: str) -> Timed:
    """Sum of all elements."""
    a = uniform("throughput.x", (SIZE,), 0.0, 1.0)
    x = tensor(torch, a, device)
    return Timed(lambda: torch.sum(x), (np.sum(a),), 1e-4)


def columns(torch: Any, device: str) -> Timed:
    """Sum of each column of 1000 rows."""
    a = uniform("throughput.x", (1000, 1000), 0.0, 1.0)
    x = tensor(torch, a, device)
    return Timed(lambda: torch.sum(x, 0), (np.sum(a, 0),), 1e-5)


def max(torch: Any, device: str) -> Timed:
    """Largest of all elements."""
    a = uniform("throughput.x", (SIZE,))
    x = tensor(torch, a, device)
    return Timed(lambda: torch.max(x), (np.max(a),), 1e-7)
