"""Functions that a backend and NumPy compute alike, and their derivatives by central differences in float64."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Function = Callable[[Any, Any], Any]
"""A function of a library (the backend's namespace, or NumPy) and of a vector of it."""

STEP = 1e-5
SECOND_STEP = 1e-3

NUMBERS: dict[str, Function] = {
    "exp(x0) sin(x1) + x2^3 / (1 + x0^2)": lambda lib, x: lib.exp(x[0]) * lib.sin(x[1]) + x[2] ** 3 / (1 + x[0] * x[0]),
    "tanh(x0 x1 + x2) x1": lambda lib, x: lib.tanh(x[0] * x[1] + x[2]) * x[1],
    "sqrt(x . x + 1)": lambda lib, x: lib.sqrt((x * x).sum() + 1),
    "log(sum(exp(x)))": lambda lib, x: lib.log(lib.exp(x).sum()),
}
"""Functions of three numbers that give one; none is linear in any of them."""

VECTORS: dict[str, Function] = {
    "x0 exp(x), reversed": lambda lib, x: x[0] * lib.flip(lib.exp(x), (0,)),
    "x0 x1, sin(x2), x1^2 / (1 + x2^2), x0": lambda lib, x: lib.stack(
        [x[0] * x[1], lib.sin(x[2]), x[1] ** 2 / (1 + x[2] * x[2]), x[0]]
    ),
    "x / |x|": lambda lib, x: x / lib.sqrt((x * x).sum()),
    "cumulative products": lambda lib, x: lib.stack([x[0], x[0] * x[1], x[0] * x[1] * x[2]]),
}
"""Functions of three numbers that give several."""


def jacobian(function: Function, x: np.ndarray) -> np.ndarray:
    """The derivative of each result by each element of `x`, in the shape of the result, then that of `x`."""
    columns = []
    for unit in np.eye(x.size).reshape(x.size, *x.shape):
        ahead, behind = (np.asarray(function(np, x + sign * STEP * unit)) for sign in (1, -1))
        columns.append((ahead - behind) / (2 * STEP))
    return np.stack(columns, -1).reshape(columns[0].shape + x.shape)


def hessian(function: Function, x: np.ndarray) -> np.ndarray:
    """The second derivatives of one number by each pair of elements of `x`; two step sizes cancel the leading error."""
    coarse, fine = (_mixed(function, x, step) for step in (SECOND_STEP, SECOND_STEP / 2))
    return np.asarray((4 * fine - coarse) / 3)


def _mixed(function: Function, x: np.ndarray, step: float) -> np.ndarray:
    units = step * np.eye(x.size)
    result = np.zeros((x.size, x.size))
    for i, one in enumerate(units):
        for j, other in enumerate(units):
            ends = [s * t * function(np, x + s * one + t * other) for s in (1, -1) for t in (1, -1)]
            result[i, j] = sum(ends) / (4 * step * step)
    return result


def slope(function: Callable[[np.ndarray], float], x: np.ndarray) -> np.ndarray:
    """The gradient of one number, in the shape of `x`."""
    return jacobian(lambda _, at: function(at), x)
