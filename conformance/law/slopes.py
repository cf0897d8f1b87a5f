"""Gradients to many arrays at once, against differences of a number that NumPy works out of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from conformance.case import Case
from conformance.compare import show
from conformance.sample import tensor

Arrays = dict[str, np.ndarray]
Value = Callable[[Arrays], float]

STEP = 1e-5
SECOND_STEP = 2e-3
ELEMENTS = 2
"""So many elements of each array are moved alone; the rest is held together, along a direction."""


def moved(arrays: Arrays, direction: Arrays, step: float) -> Arrays:
    """The arrays, a step along a direction."""
    return {name: a + step * direction[name] if name in direction else a for name, a in arrays.items()}


def slope(value: Value, arrays: Arrays, direction: Arrays) -> float:
    """The derivative along a direction."""
    return (value(moved(arrays, direction, STEP)) - value(moved(arrays, direction, -STEP))) / (2 * STEP)


def mixed(value: Value, arrays: Arrays, one: Arrays, other: Arrays, step: float) -> float:
    """The derivative along one direction and then another."""
    total = 0.0
    for s in (step, -step):
        for t in (step, -step):
            total += math.copysign(1, s * t) * value(moved(moved(arrays, one, s), other, t))
    return total / (4 * step * step)


def check_slopes(case: Case, value: Value, arrays: Arrays, got: dict[str, Any], error: float) -> None:
    """Each array's gradient: its shape, some elements by themselves, and along a direction."""
    rng = case.trial.generator("slopes")
    for name, array in arrays.items():
        if got[name] is None:
            case.holds(f"grad {name}", False, show(array), "None")
            continue
        grad = case.trial.read(got[name]).astype(np.float64)
        case.equal(f"grad {name} shape", grad.shape, array.shape)
        if grad.shape != array.shape:
            continue
        for flat in rng.choice(array.size, min(1 if case.trial.quick else ELEMENTS, array.size), replace=False):
            unit = np.zeros(array.size)
            unit[flat] = 1
            want = slope(value, arrays, {name: unit.reshape(array.shape)})
            case.within(np.asarray(grad.flat[flat]), np.asarray(want), error, error, name=f"grad {name} [{flat}]")
        along = rng.uniform(-1, 1, array.shape)
        want = slope(value, arrays, {name: along})
        case.within(np.vdot(grad, along), np.asarray(want), error, error * array.size**0.5, name=f"grad {name}")


def check_second(case: Case, value: Value, arrays: Arrays, total: Any, leaves: dict[str, Any]) -> None:
    """The gradient of the gradient along a direction of all arrays, to each of them along another."""
    trial = case.trial
    torch, rng = trial.namespace, trial.generator("second")
    first = {name: rng.uniform(-1, 1, array.shape) for name, array in arrays.items()}
    grads = torch.autograd.grad(total, list(leaves.values()), create_graph=True)
    pairs = zip(leaves, grads, strict=True)
    along: Any = sum((grad * tensor(trial, first[name], "float64")).sum() for name, grad in pairs)
    seconds = torch.autograd.grad(along, list(leaves.values()), allow_unused=True)
    for name, second in zip(leaves, seconds, strict=True):
        other = {name: rng.uniform(-1, 1, arrays[name].shape)}
        coarse, fine = (mixed(value, arrays, first, other, step) for step in (SECOND_STEP, SECOND_STEP / 2))
        want = (4 * fine - coarse) / 3
        got = 0.0 if second is None else float(np.vdot(trial.read(second), other[name]))
        case.within(np.asarray(got), np.asarray(want), 2e-5, 2e-5, name=f"second grad {name}")
