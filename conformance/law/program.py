"""The programs of `examples/` in a trial: importing them for its backend, and what laws ask of losses and gradients."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from conformance import program
from conformance.case import Case, Trial

STEP = 1e-6


def opened(trial: Trial, name: str) -> ModuleType:
    """The program called `name`, on the backend of the trial."""
    return program.load(name, trial.backend)


def arrays(trial: Trial, tensors: Any) -> list[np.ndarray]:
    """The values of tensors, copied; of a model its parameters'."""
    found = tensors.parameters() if hasattr(tensors, "parameters") else tensors
    return [np.array(trial.read(tensor.detach())) for tensor in found]


def follows(case: Case, got: list[float], want: list[float], relative: float, name: str = "losses") -> None:
    """As many losses, each near its counterpart."""
    case.within(np.asarray(got), np.asarray(want), relative, relative, name)


def match(case: Case, got: Any, want: list[np.ndarray], within: float, name: str) -> None:
    """Tensors near arrays, in their order; errors are measured at the largest element of each."""
    for index, (one, other) in enumerate(zip(arrays(case.trial, got), want, strict=True)):
        case.within(one, other, 0.0, within * max(1.0, float(np.abs(other).max())), f"{name} {index}")


def slope(case: Case, model: Any, loss_of: Callable[[], Any], every: bool = True) -> None:
    """The gradients of all parameters against the central difference of the loss along a random direction; the model
    and what goes in are of double precision. With `every`, the loss depends on every parameter."""
    trial, parameters = case.trial, list(model.parameters())
    loss_of().backward()
    generator = trial.generator("direction")
    directions = [generator.standard_normal(tuple(parameter.shape)) for parameter in parameters]
    grads = [trial.read(parameter.grad) for parameter in parameters]
    got = sum(float((grad * direction).sum()) for grad, direction in zip(grads, directions, strict=True))
    values = arrays(trial, parameters)
    losses = []
    for sign in (1, -1):
        for parameter, value, direction in zip(parameters, values, directions, strict=True):
            write(parameter, value + sign * STEP * direction)
        losses.append(float(trial.read(loss_of().detach())))
    case.within(np.asarray(got), np.asarray((losses[0] - losses[1]) / (2 * STEP)), 1e-5, 1e-7, "slope")
    if every:
        case.equal("parameters with a gradient", sum(bool(np.any(grad)) for grad in grads), len(grads))


def write(parameter: Any, values: np.ndarray) -> None:
    """Other values in the same parameter."""
    parameter.detach().copy_(parameter.detach().new_tensor(values.tolist()))
