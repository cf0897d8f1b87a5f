"""Tiny operations: what a call costs when there is next to nothing to compute."""

from __future__ import annotations

from typing import Any

import numpy as np

from conformance.bench.task import Timed, tensor, uniform


def add(torch: Any, device: str) -> Timed:
    """Sum of two float32 tensors of 4 elements."""
    a, b = uniform("add.x", (4,)), uniform("add.y", (4,))
    x, y = tensor(torch, a, device), tensor(torch, b, device)
    return Timed(lambda: x + y, (a + b,), 1e-6)


def view(torch: Any, device: str) -> Timed:
    """A tensor of 4 by 6 elements seen as 8 by 3."""
    a, x = _table(torch, device)
    return Timed(lambda: x.view(8, 3), (a.reshape(8, 3),), 0.0)


def transpose(torch: Any, device: str) -> Timed:
    """A tensor of 4 by 6 elements with its dimensions exchanged."""
    a, x = _table(torch, device)
    return Timed(lambda: x.transpose(0, 1), (a.T,), 0.0)


def index(torch: Any, device: str) -> Timed:
    """One row of a tensor of 4 by 6 elements."""
    a, x = _table(torch, device)
    return Timed(lambda: x[1], (a[1],), 0.0)


def slice(torch: Any, device: str) -> Timed:
    """All rows and most columns of a tensor of 4 by 6 elements."""
    a, x = _table(torch, device)
    return Timed(lambda: x[:, 1:], (a[:, 1:],), 0.0)


def assign(torch: Any, device: str) -> Timed:
    """A number written into a row of a tensor of 4 by 6 elements."""
    a, x = _table(torch, device)
    a[1] = 0.5

    def call() -> Any:
        x[1] = 0.5
        return x

    return Timed(call, (a,), 0.0)


def inplace(torch: Any, device: str) -> Timed:
    """The product of two tensors of 4 by 6 elements, written into the first."""
    a, x = _table(torch, device)
    one = tensor(torch, np.ones((4, 6)), device)
    return Timed(lambda: x.mul_(one), (a,), 0.0)


def reduce(torch: Any, device: str) -> Timed:
    """Sum of each row of a tensor of 4 by 6 elements."""
    a, x = _table(torch, device)
    return Timed(lambda: x.sum(1), (a.sum(1),), 1e-6)


def gather(torch: Any, device: str) -> Timed:
    """Elements of a tensor of 4 by 6 elements, at places that an index tensor names in each row."""
    a, x = _table(torch, device)
    places = np.arange(8).reshape(4, 2) % 6
    at = torch.tensor(places.tolist(), dtype=torch.int64, device=device)
    return Timed(lambda: torch.gather(x, 1, at), (np.take_along_axis(a, places, 1),), 0.0)


def _table(torch: Any, device: str) -> tuple[np.ndarray, Any]:
    a = uniform("overhead.table", (4, 6))
    return a, tensor(torch, a, device)
