"""Operations on 1,000,000 float32 elements and on ten times as many, where memory and vector units decide."""

from __future__ import annotations

from typing import Any

import numpy as np

from conformance.bench.task import Timed, tensor, uniform

SIZE = 1_000_000


def add(torch: Any, device: str, times: int = 1) -> Timed:
    """Sum of two tensors."""
    a, x = _elements(torch, device, "throughput.x", times)
    b, y = _elements(torch, device, "throughput.y", times)
    return Timed(lambda: x + y, (a + b,), 1e-6)


def exp(torch: Any, device: str, times: int = 1) -> Timed:
    """Exponential of every element."""
    a, x = _elements(torch, device, "throughput.x", times)
    return Timed(lambda: torch.exp(x), (np.exp(a),), 1e-6)


def sum(torch: Any, device: str, times: int = 1) -> Timed:
    """Sum of all elements."""
    a, x = _elements(torch, device, "throughput.x", times, 0.0)
    return Timed(lambda: torch.sum(x), (np.sum(a),), 1e-4)


def max(torch: Any, device: str, times: int = 1) -> Timed:
    """Largest of all elements."""
    a, x = _elements(torch, device, "throughput.x", times)
    return Timed(lambda: torch.max(x), (np.max(a),), 1e-7)


def add_large(torch: Any, device: str) -> Timed:
    """Sum of two tensors of 10,000,000 elements."""
    return add(torch, device, 10)


def exp_large(torch: Any, device: str) -> Timed:
    """Exponential of 10,000,000 elements."""
    return exp(torch, device, 10)


def sum_large(torch: Any, device: str) -> Timed:
    """Sum of 10,000,000 elements."""
    return sum(torch, device, 10)


def max_large(torch: Any, device: str) -> Timed:
    """Largest of 10,000,000 elements."""
    return max(torch, device, 10)


def softmax(torch: Any, device: str) -> Timed:
    """Softmax of the rows of a matrix of 1024 by 1024."""
    a = uniform("throughput.x", (1024, 1024))
    x = tensor(torch, a, device)
    powers = np.exp(a)
    return Timed(lambda: torch.softmax(x, 1), (powers / powers.sum(1, keepdims=True),), 1e-6)


def columns(torch: Any, device: str) -> Timed:
    """Sum of each column of 1000 rows."""
    a = uniform("throughput.x", (1000, 1000), 0.0, 1.0)
    x = tensor(torch, a, device)
    return Timed(lambda: torch.sum(x, 0), (np.sum(a, 0),), 1e-5)


def _elements(torch: Any, device: str, name: str, times: int, low: float = -1.0) -> tuple[np.ndarray, Any]:
    """`times` times a million values, as an array and as a tensor."""
    values = uniform(name, (SIZE,), low, 1.0)
    return np.tile(values, times), tensor(torch, values, device).repeat(times)
