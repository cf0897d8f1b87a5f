"""L-BFGS without a line search, with the estimate of the inverse second derivative written out as a matrix."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def curved(generator: np.random.Generator, size: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """A symmetric positive definite matrix, and a vector."""
    root = generator.uniform(-1, 1, (size, size))
    return root @ root.T + np.eye(size), generator.uniform(-2, 2, size)


def inverse(changes: list[tuple[np.ndarray, np.ndarray]], size: int) -> np.ndarray:
    """The estimate after changes `(s, y)` of the point and of the gradient, the oldest first: from `(y·s) / (y·y)` of
    the last, `H = (1 - s yᵀ / y·s) H (1 - y sᵀ / y·s) + s sᵀ / y·s` for each (Nocedal and Wright, equations 7.16 and
    7.20)."""
    if not changes:
        return np.eye(size)
    s, y = changes[-1]
    found = np.eye(size) * (y @ s) / (y @ y)
    for s, y in changes:
        left = np.eye(size) - np.outer(s, y) / (y @ s)
        found = left @ found @ left.T + np.outer(s, s) / (y @ s)
    return np.asarray(found)


def descent(
    gradient: Callable[[np.ndarray], np.ndarray], p: np.ndarray, *, calls: int, lr: float, max_iter: int,
    history_size: int = 100,
) -> list[np.ndarray]:  # fmt: skip
    """The point after each call of `max_iter` steps. The last change of a call counts for the next one."""
    found: list[np.ndarray] = []
    changes: list[tuple[np.ndarray, np.ndarray]] = []
    before: tuple[np.ndarray, np.ndarray] | None = None
    for _ in range(calls):
        for _ in range(max_iter):
            g = gradient(p)
            if before is not None:
                changes = [*changes, (p - before[0], g - before[1])][-history_size:]
            length = lr if before is not None else lr * min(1.0, 1.0 / float(np.abs(g).sum()))
            before = p, g
            p = p - length * inverse(changes, p.size) @ g
        found.append(p)
    return found
