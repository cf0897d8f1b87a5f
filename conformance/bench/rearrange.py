"""Elements moved, chosen, ordered and gathered, where memory decides."""

from __future__ import annotations

from typing import Any

import numpy as np

from conformance.bench.task import Timed, tensor, uniform

ROWS, COLUMNS = 1000, 1000
SIZE = ROWS * COLUMNS


def transpose_copy(torch: Any, device: str) -> Timed:
    """A transposed matrix of 1000 by 1000, copied into rows."""
    a = uniform("rearrange.x", (ROWS, COLUMNS))
    x = tensor(torch, a, device)
    return Timed(lambda: x.t().contiguous(), (a.T,), 0.0)


def index_select(torch: Any, device: str) -> Timed:
    """1000 rows, at random places, of a matrix of 1000 by 1000."""
    a, i = uniform("rearrange.x", (ROWS, COLUMNS)), _places()
    x, index = tensor(torch, a, device), torch.tensor(i.tolist(), device=device)
    return Timed(lambda: torch.index_select(x, 0, index), (a[i],), 0.0)


def argsort(torch: Any, device: str) -> Timed:
    """The order of 1,000,000 elements."""
    a = uniform("rearrange.x", (SIZE,))
    x = tensor(torch, a, device)
    return Timed(lambda: x[torch.argsort(x)], (np.sort(a),), 0.0)


def sort(torch: Any, device: str) -> Timed:
    """1,000,000 elements in order, with the places they came from."""
    a = uniform("rearrange.x", (SIZE,))
    x = tensor(torch, a, device)
    return Timed(lambda: torch.sort(x)[0], (np.sort(a),), 0.0)


def index_add(torch: Any, device: str) -> Timed:
    """1000 rows of 1000 elements added to rows at random places, some of them more than once."""
    a, i = uniform("rearrange.x", (ROWS, COLUMNS)), _places()
    x, index = tensor(torch, a, device), torch.tensor(i.tolist(), device=device)
    zeros = torch.zeros(ROWS, COLUMNS, device=device)
    want = np.zeros_like(a)
    np.add.at(want, i, a)
    return Timed(lambda: torch.index_add(zeros, 0, index, x), (want,), 1e-6)


def scatter_add(torch: Any, device: str) -> Timed:
    """1,000,000 elements added up at random places of 1000."""
    a = uniform("rearrange.x", (SIZE,))
    i = np.random.default_rng(2).integers(0, ROWS, SIZE)
    x, index = tensor(torch, a, device), torch.tensor(i.tolist(), device=device)
    zeros = torch.zeros(ROWS, device=device)
    return Timed(lambda: torch.scatter_add(zeros, 0, index, x), (np.bincount(i, a, ROWS),), 1e-5)


def _places() -> np.ndarray:
    return np.random.default_rng(1).integers(0, ROWS, ROWS)
