"""The gradient laws: what flows back is the derivative of the row's formula, by central differences in float64."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np
import pytest

from conformance.arrangement import LAYOUTS, possible
from conformance.case import Case, Trial
from conformance.compare import show
from conformance.operation import Operation
from conformance.sample import (
    Arrays,
    admitted,
    arrays,
    call,
    describe,
    gradient_arrays,
    tensor,
    tensors,
    through,
    wanted,
)

STEP = 1e-5
SECOND_STEP = 2e-3
Weights = list[np.ndarray]


def check(operation: Operation, trial: Trial) -> None:
    """`backward` of a weighted result gives each input the central difference, in its own shape and dtype."""
    only(operation, trial, "float64")
    check_in(operation, trial, "float64", "gradient")


def check_complex(operation: Operation, trial: Trial) -> None:
    """The gradient of a real number L is dL/dRe(x) + i dL/dIm(x) to a complex x, and the real dL/dx to a real one.

    That is twice the derivative by the conjugate of x in the calculus of Wirtinger (1927), and the direction in which L
    grows fastest. L is the real part of the weighted sum of the results, the weights conjugated.
    """
    only(operation, trial, "complex128")
    check_in(operation, trial, "complex128", "complex gradient")


def check_in(operation: Operation, trial: Trial, dtype: str, name: str) -> None:
    """Leaves of `dtype`, contiguous and transposed."""
    values = gradient_arrays(operation, trial, name, dtype)
    wants: Arrays = {}
    for layout in ("contiguous", "transposed"):
        if layout != "contiguous" and not any(possible(layout, array) for array in values.values()):
            continue
        with trial.case(f"{dtype} {layout}", operation.call, partial(describe, operation, values, dtype)) as case:
            inputs, names = leaves(operation, trial, values, dtype, layout)
            outputs = smooth(operation, call(operation, trial, inputs, dtype), inputs)
            weights = weights_for(trial, outputs)
            backward(trial, outputs, weights)
            wants = wants or {name: differences(operation, values, name, weights) for name in names}
            for name in names:
                compare(case, trial, name, inputs[name].grad, wants[name], 1e-6)


def backward(trial: Trial, outputs: list[Any], weights: Weights) -> None:
    """Send the weights back: as the factors of a sum, or by themselves where a result is complex."""
    incoming = [tensor(trial, weight, str(weight.dtype)) for weight in weights]
    if any(output.dtype.is_complex for output in outputs):
        trial.namespace.autograd.backward(outputs, incoming)
    else:
        scalar: Any = sum((output * weight).sum() for output, weight in zip(outputs, incoming, strict=True))
        scalar.backward()


def check_second(operation: Operation, trial: Trial) -> None:
    """The derivative of a directional derivative, to the inputs and to the incoming gradient."""
    only(operation, trial, "float64")
    values = gradient_arrays(operation, trial, "second gradient")
    with trial.case("float64", call=operation.call, inputs=partial(describe, operation, values, "float64")) as case:
        inputs, names = leaves(operation, trial, values, "float64")
        outputs = smooth(operation, call(operation, trial, inputs, "float64"), inputs)
        weights = weights_for(trial, outputs)
        incoming = [tensor(trial, weight, str(weight.dtype)).requires_grad_() for weight in weights]
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


def only(operation: Operation, trial: Trial, dtype: str) -> None:
    """Skip the item when another dtype was asked for, or the backend lacks this one and the clause does not say so."""
    if not trial.lacking and dtype not in admitted(operation, trial):
        pytest.skip(f"gradients are compared in {dtype}")


def check_none(operation: Operation, trial: Trial) -> None:
    """No result requires a gradient although every floating input does."""
    dtype = admitted(operation, trial, "float32")[0]
    values = arrays(operation, trial, "no gradient", dtype)
    with trial.case(dtype, call=operation.call, inputs=partial(describe, operation, values, dtype)) as case:
        inputs = tensors(operation, trial, values, dtype)
        for item in inputs.values():
            if item.dtype.is_floating_point:
                item.requires_grad_()
        for result in call(operation, trial, inputs, dtype):
            case.equal("requires_grad", result.requires_grad, False)


def leaves(
    operation: Operation, trial: Trial, values: Arrays, dtype: str, layout: str = "contiguous"
) -> tuple[dict[str, Any], list[str]]:
    """Every input as a tensor, those of `dtype` and float64 as leaves that require a gradient, and their names."""
    inputs: dict[str, Any] = {}
    names = []
    for item in operation.inputs:
        own = operation.dtype_of(item, dtype)
        array = values[item.name]
        make = LAYOUTS[layout] if layout in LAYOUTS and possible(layout, array) else tensor
        inputs[item.name] = make(trial, array, own)
        if own in ("float64", dtype):
            inputs[item.name].requires_grad_()
            names.append(item.name)
    return inputs, names


def smooth(operation: Operation, results: tuple[Any, ...], inputs: dict[str, Any]) -> list[Any]:
    """The results that carry a gradient, the floating and complex ones, by the column `through`."""
    found = through(operation, results, inputs)
    return [result for result in found if result.dtype.is_floating_point or result.dtype.is_complex]


def weights_for(trial: Trial, outputs: list[Any]) -> Weights:
    """An incoming gradient for each result, never constant, real and positive where the result is real."""
    rng = trial.generator("weights")
    weights: Weights = []
    for output in outputs:
        shape = tuple(output.shape)
        weight = rng.uniform(0.5, 1.5, shape)
        weights.append(weight + 1j * rng.uniform(-1, 1, shape) if output.dtype.is_complex else weight)
    return weights


def compare(case: Case, trial: Trial, name: str, got: Any, want: np.ndarray, relative: float) -> None:
    """Shape, dtype and values of one gradient. A clone is read, so that a library's lazy zeros are numbers."""
    if got is None:
        case.holds(f"grad {name}", False, want=show(want), got="None")
        return
    case.equal(f"grad dtype {name}", got.dtype, getattr(trial.namespace, str(want.dtype)))
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
    """The real part of the weighted sum of the formula's floating and complex results, the weights conjugated."""
    results = [result for result in wanted(operation, values) if result.dtype.kind in "fc"]
    return float(sum(np.vdot(weight, result).real for weight, result in zip(weights, results, strict=True)))


def forward(operation: Operation, values: Arrays, direction: Arrays) -> Weights:
    """The derivative of every result along a direction of the inputs."""
    ahead = wanted(operation, moved(values, direction, STEP))
    behind = wanted(operation, moved(values, direction, -STEP))
    pairs = zip(ahead, behind, strict=True)
    return [(a - b) / (2 * STEP) for a, b in pairs if a.dtype.kind in "fc"]


def moved(values: Arrays, direction: Arrays, step: float) -> Arrays:
    """The inputs, a step along a direction."""
    return {name: array + step * direction[name] if name in direction else array for name, array in values.items()}


def differences(operation: Operation, values: Arrays, name: str, weights: Weights) -> np.ndarray:
    """Central differences of the weighted sum to every element of one input, to both parts of complex ones."""
    base = np.asarray(values[name])
    result = np.zeros_like(base)
    for index in np.ndindex(base.shape):
        for unit in (1, 1j) if np.iscomplexobj(base) else (1,):
            ends = []
            for step in (STEP, -STEP):
                changed = base.copy()
                changed[index] += unit * step
                ends.append(weighted(operation, {**values, name: changed}, weights))
            result[index] += unit * (ends[0] - ends[1]) / (2 * STEP)
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
