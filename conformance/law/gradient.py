"""The gradient laws: what flows back is the derivative of the row's formula, by central differences in float64."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from conformance.arrangement import LAYOUTS, possible
from conformance.case import Case, Trial
from conformance.compare import show
from conformance.operation import Operation
from conformance.sample import Arrays, admitted, arrays, call, describe, gradient_arrays, tensor, tensors, wanted

STEP = 1e-5
SECOND_STEP = 2e-3
Weights = list[np.ndarray]


def check(operation: Operation, trial: Trial) -> None:
    """`backward` of a weighted result gives each input the central difference, in its own shape and dtype."""
    only_double(operation, trial)
    values = gradient_arrays(operation, trial, "gradient")
    wants: Arrays = {}
    for layout in ("contiguous", "transposed"):
        if layout != "contiguous" and not any(possible(layout, array) for array in values.values()):
            continue
        told = describe(operation, values, "float64")
        with trial.case(f"float64 {layout}", call=operation.call, inputs=told) as case:
            inputs, names = leaves(operation, trial, values, layout)
            outputs = smooth(call(operation, trial, inputs))
            weights = weights_for(trial, outputs)
            pairs = zip(outputs, weights, strict=True)
            scalar: Any = sum((out * tensor(trial, weight, "float64")).sum() for out, weight in pairs)
            scalar.backward()
            wants = wants or {name: differences(operation, values, name, weights) for name in names}
            for name in names:
                compare(case, trial, name, inputs[name].grad, wants[name], 1e-6)


def check_second(operation: Operation, trial: Trial) -> None:
    """The derivative of a directional derivative, to the inputs and to the incoming gradient."""
    only_double(operation, trial)
    values = gradient_arrays(operation, trial, "second gradient")
    with trial.case("float64", call=operation.call, inputs=describe(operation, values, "float64")) as case:
        inputs, names = leaves(operation, trial, values)
        outputs = smooth(call(operation, trial, inputs))
        weights = weights_for(trial, outputs)
        incoming = [tensor(trial, weight, "float64").requires_grad_() for weight in weights]
        rng = trial.generator("direction")
        direction = {name: rng.uniform(0.25, 1.0, values[name].shape) for name in names}
        torch = trial.namespace
        wanted_of = [inputs[name] for name in names]
        first = torch.autograd.grad(outputs, wanted_of, incoming, create_graph=True)
        scalar: Any = sum((g * tensor(trial, direction[n], "float64")).sum() for g, n in zip(first, names, strict=True))
        second = torch.autograd.grad(scalar, [*wanted_of, *incoming], allow_unused=True)
        for name, got in zip(names, second, strict=False):
            along = rng.uniform(0.25, 1.0, values[name].shape)
            want = second_difference(operation, values, weights, direction, {name: along})
            compare_second(case, trial, name, got, along, want)
        for got, slope in zip(second[len(names) :], forward(operation, values, direction), strict=True):
            compare(case, trial, "incoming", got, slope, 1e-6)


def only_double(operation: Operation, trial: Trial) -> None:
    """Skip the item when another dtype than float64 was asked for."""
    if "float64" not in admitted(operation, trial):
        pytest.skip("gradients are compared in float64")


def check_none(operation: Operation, trial: Trial) -> None:
    """No result requires a gradient although every floating input does."""
    dtype = admitted(operation, trial, "float32")[0]
    values = arrays(operation, trial, "no gradient", dtype)
    with trial.case(dtype, call=operation.call, inputs=describe(operation, values, dtype)) as case:
        inputs = tensors(operation, trial, values, dtype)
        for item in inputs.values():
            if item.dtype.is_floating_point:
                item.requires_grad_()
        for result in call(operation, trial, inputs):
            case.equal("requires_grad", result.requires_grad, False)


def leaves(
    operation: Operation, trial: Trial, values: Arrays, layout: str = "contiguous"
) -> tuple[dict[str, Any], list[str]]:
    """Every input as a tensor, the floating ones as leaves that require a gradient, and the names of these."""
    inputs: dict[str, Any] = {}
    names = []
    for item in operation.inputs:
        own = operation.dtype_of(item, "float64")
        array = values[item.name]
        make = LAYOUTS[layout] if layout in LAYOUTS and possible(layout, array) else tensor
        inputs[item.name] = make(trial, array, own)
        if own == "float64":
            inputs[item.name].requires_grad_()
            names.append(item.name)
    return inputs, names


def smooth(results: tuple[Any, ...]) -> list[Any]:
    """The results that carry a gradient: the floating ones."""
    return [result for result in results if result.dtype.is_floating_point]


def weights_for(trial: Trial, outputs: list[Any]) -> Weights:
    """An incoming gradient for each result, positive and never constant."""
    rng = trial.generator("weights")
    return [rng.uniform(0.5, 1.5, tuple(output.shape)) for output in outputs]


def compare(case: Case, trial: Trial, name: str, got: Any, want: np.ndarray, relative: float) -> None:
    """Shape, dtype and values of one gradient. A clone is read, so that a library's lazy zeros are numbers."""
    if got is None:
        case.holds(f"grad {name}", False, want=show(want), got="None")
        return
    case.equal(f"grad dtype {name}", got.dtype, trial.namespace.float64)
    absolute = relative * max(1.0, float(np.abs(want).max(initial=0.0)))
    case.within(got.clone(), want, relative, absolute, name=f"grad {name}")


def compare_second(case: Case, trial: Trial, name: str, got: Any, along: np.ndarray, want: float) -> None:
    """The second gradient's shape, and its sum along a direction; none at all stands for zeros."""
    if got is None:
        case.holds(f"second grad {name}", abs(want) < 1e-5, want=str(want), got="None")
        return
    array = trial.read(got.clone())
    case.equal(f"second grad shape {name}", array.shape, along.shape)
    total = float(np.vdot(array, along)) if array.shape == along.shape else math.nan
    case.within(np.asarray(total), np.asarray(want), 2e-5, 2e-5, name=f"second grad {name}")


def weighted(operation: Operation, values: Arrays, weights: Weights) -> float:
    """The weighted sum of the formula's floating results."""
    results = [result for result in wanted(operation, values) if result.dtype.kind == "f"]
    return float(sum(np.vdot(weight, result) for weight, result in zip(weights, results, strict=True)))


def forward(operation: Operation, values: Arrays, direction: Arrays) -> Weights:
    """The derivative of every result along a direction of the inputs."""
    ahead = wanted(operation, moved(values, direction, STEP))
    behind = wanted(operation, moved(values, direction, -STEP))
    pairs = zip(ahead, behind, strict=True)
    return [(a - b) / (2 * STEP) for a, b in pairs if a.dtype.kind == "f"]


def moved(values: Arrays, direction: Arrays, step: float) -> Arrays:
    """The inputs, a step along a direction."""
    return {name: array + step * direction[name] if name in direction else array for name, array in values.items()}


def differences(operation: Operation, values: Arrays, name: str, weights: Weights) -> np.ndarray:
    """Central differences of the weighted sum to every element of one input."""
    base = values[name]
    result = np.empty(base.shape)
    for index in np.ndindex(base.shape):
        ends = []
        for step in (STEP, -STEP):
            changed = base.copy()
            changed[index] += step
            ends.append(weighted(operation, {**values, name: changed}, weights))
        result[index] = (ends[0] - ends[1]) / (2 * STEP)
    return result


def second_difference(operation: Operation, values: Arrays, weights: Weights, first: Arrays, second: Arrays) -> float:
    """The mixed derivative along two directions; two step sizes cancel the leading error."""
    coarse, fine = (_mixed(operation, values, weights, first, second, step) for step in (SECOND_STEP, SECOND_STEP / 2))
    return (4 * fine - coarse) / 3


def _mixed(operation: Operation, values: Arrays, weights: Weights, first: Arrays, second: Arrays, step: float) -> float:
    total = 0.0
    for one in (step, -step):
        ahead = moved(values, first, one)
        for other in (step, -step):
            total += math.copysign(1, one * other) * weighted(operation, moved(ahead, second, other), weights)
    return total / (4 * step * step)
