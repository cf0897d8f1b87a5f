"""Laws of the chapter sequence: recurrent layers against their equations, and the gradients through them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest

from conformance.case import Case, Trial
from conformance.law import recurrent
from conformance.law.recurrent import BATCH, FEATURES, FLAGS, HIDDEN, Arrays, Sample, Unit, unit_of, units
from conformance.law.slopes import check_second, check_slopes
from conformance.sample import tensor

ERRORS = {"float32": (2e-5, 4e-6), "float64": (1e-11, 1e-12)}


def dtypes(trial: Trial) -> list[str]:
    """The dtypes to run."""
    return [d for d in ERRORS if trial.dtype in (None, d)] or ["float32"]


def near(case: Case, got: Any, want: np.ndarray, dtype: str, name: str) -> None:
    """Shape, dtype and values."""
    case.equal(f"dtype of {name}", got.dtype, getattr(case.trial.namespace, dtype))
    case.within(got, want, *ERRORS[dtype], name=name)


def options_of(chosen: tuple[bool, ...]) -> str:
    """How a combination is called."""
    return ", ".join(flag for flag, on in zip(FLAGS, chosen, strict=True) if on) or "plain"


@pytest.mark.clause("sequence.recurrent.equations")
def test_equations(row: dict[str, str], trial: Trial) -> None:
    """Every combination of layers, directions, order of dimensions, biases, batch and state."""
    unit = unit_of(row)
    for chosen in product((False, True), repeat=len(FLAGS)):
        if trial.quick and sum(chosen) not in (0, len(FLAGS)):
            continue
        for dtype in dtypes(trial):
            check_equations(unit, chosen, dtype, trial)


def check_equations(unit: Unit, chosen: tuple[bool, ...], dtype: str, trial: Trial) -> None:
    """One combination."""
    layers, both, first, unbiased, unbatched, given = chosen
    rng = trial.generator(options_of(chosen))
    made = recurrent.sample(unit, rng, 1 + layers, 1 + both, not unbiased, given)
    made.options["batch_first"] = first
    with trial.case(f"{dtype} {options_of(chosen)}", call=made.call) as case:
        output, *states = recurrent.batch(unit, made.weights, made.x, made.state)
        x, state = tensor(trial, made.x.swapaxes(0, 1) if first else made.x, dtype), made.given(trial, dtype)
        if first:
            output = output.swapaxes(0, 1)
        if unbatched:
            x, output = (x[0], output[0]) if first else (x[:, 0], output[:, 0])
            states = [t[:, 0] for t in states]
            state = tuple(t[:, 0] for t in state) if unit.pair else state[:, 0]
        found, last = made.layer(trial, dtype)(x, state) if given else made.layer(trial, dtype)(x)
        near(case, found, output, dtype, "outputs")
        for got, want, name in zip(last if unit.pair else (last,), states, ("h", "c"), strict=False):
            near(case, got, want, dtype, name)


@pytest.mark.clause("sequence.recurrent.parameters.init")
def test_init(trial: Trial) -> None:
    """Within the bounds, near both of them, the mean near zero, and none as before after `reset_parameters`."""
    torch = trial.namespace
    makers: list[tuple[str, Callable[[int], Any]]] = [
        (name, lambda hidden, name=name: getattr(torch.nn, name)(30, hidden))  # type: ignore[misc]
        for name in ("RNN", "LSTM", "GRU", "RNNCell", "LSTMCell", "GRUCell")
    ]
    for (name, make), hidden in product(makers, (25, 100)):
        with trial.case(f"{name} {hidden}", call=f"torch.nn.{name}(30, {hidden})") as case:
            module, bound = make(hidden), 1 / hidden**0.5
            check_spread(case, trial, module, bound)
            before = {each: trial.read(p).copy() for each, p in module.named_parameters()}
            module.reset_parameters()
            check_spread(case, trial, module, bound)
            for each, p in module.named_parameters():
                case.equal(f"{each} is drawn anew", bool((trial.read(p) == before[each]).all()), False)


def check_spread(case: Case, trial: Trial, module: Any, bound: float) -> None:
    """The weights have at least 625 elements: the largest of so many lies within one in fifty of the bound."""
    for name, p in module.named_parameters():
        values = np.float64(trial.read(p))
        case.holds(f"{name} within", abs(values).max() <= bound * 1.000001, f"within {bound}", str(abs(values).max()))
        if "weight" in name:
            case.holds(f"{name} spread", values.max() > bound * 0.96, f"near {bound}", str(values.max()))
            case.holds(f"{name} spread below", values.min() < -bound * 0.96, f"near {-bound}", str(values.min()))
            case.holds(f"{name} mean", abs(values.mean()) < bound * 0.15, "near 0", str(values.mean()))


def recurrent_numbers(made: Sample, weigh: list[np.ndarray]) -> Callable[[Arrays], float]:
    """The weighted sum of all results, of parameters, input `x` and states `state0`, `state1`."""

    def value(arrays: Arrays) -> float:
        weights = {name: array for name, array in arrays.items() if "_l" in name}
        state = [arrays[f"state{k}"] for k in range(len(made.state))]
        results = recurrent.batch(made.unit, weights, arrays["x"], state)
        return float(sum((w * r).sum() for w, r in zip(weigh, results, strict=True)))

    return value


def recurrent_tensors(trial: Trial, layer: Any, inputs: dict[str, Any], weigh: list[np.ndarray], dtype: str) -> Any:
    """The same of the backend."""
    states = tuple(inputs[name] for name in ("state0", "state1") if name in inputs)
    output, last = layer(inputs["x"], states if len(states) > 1 else states[0])
    results = (output, *(last if len(states) > 1 else (last,)))
    return sum((tensor(trial, w, dtype) * r).sum() for w, r in zip(weigh, results, strict=True))


def gradient_sample(unit: Unit, trial: Trial) -> tuple[Sample, Arrays, list[np.ndarray]]:
    """Two layers in two directions over three steps: the sample, its arrays by name, and weights of the results."""
    rng = trial.generator(unit.layer)
    made = recurrent.smooth(recurrent.sample(unit, rng, 2, 2))
    arrays = {**made.weights, "x": made.x[:3], **{f"state{k}": t for k, t in enumerate(made.state)}}
    results = recurrent.batch(unit, made.weights, arrays["x"], made.state)
    return made, arrays, [rng.uniform(0.5, 1.5, result.shape) for result in results]


@pytest.mark.clause("sequence.recurrent.gradient")
def test_gradient(trial: Trial) -> None:
    """Central differences of the NumPy definition, to some elements of every array and along a direction of all."""
    for unit in units():
        made, arrays, weigh = gradient_sample(unit, trial)
        value = recurrent_numbers(made, weigh)
        for dtype in dtypes(trial):
            with trial.case(f"{unit.layer} {dtype}", call=made.call) as case:
                layer = made.layer(trial, dtype)
                inputs = {n: tensor(trial, a, dtype).requires_grad_() for n, a in arrays.items() if "_l" not in n}
                recurrent_tensors(trial, layer, inputs, weigh, dtype).backward()
                leaves = {**dict(layer.named_parameters()), **inputs}
                got = {name: leaf.grad for name, leaf in leaves.items()}
                check_slopes(case, value, arrays, got, 1e-6 if dtype == "float64" else 2e-4)


@pytest.mark.clause("sequence.recurrent.gradient.second")
def test_second(trial: Trial) -> None:
    """Mixed differences along two directions."""
    for unit in units():
        made, arrays, weigh = gradient_sample(unit, trial)
        with trial.case(unit.layer, call=made.call) as case:
            layer = made.layer(trial, "float64")
            inputs = {n: tensor(trial, a, "float64").requires_grad_() for n, a in arrays.items() if "_l" not in n}
            total = recurrent_tensors(trial, layer, inputs, weigh, "float64")
            leaves = {**dict(layer.named_parameters()), **inputs}
            check_second(case, recurrent_numbers(made, weigh), arrays, total, leaves)


def cell_unit(row: dict[str, str]) -> Unit:
    """The equations of the layer that a cell is a step of."""
    return next(unit for unit in units() if unit.layer == row["layer"])


def cell_of(trial: Trial, row: dict[str, str], weights: Arrays, dtype: str) -> Any:
    """The cell with the parameters of a layer."""
    torch = trial.namespace
    name, _, inner = row["cell"].removeprefix("torch.nn.").partition("(")
    options = {**eval(f"dict({inner.removesuffix(')')})"), "bias": "bias_ih_l0" in weights}
    made = getattr(torch.nn, name)(FEATURES, HIDDEN, **options, dtype=getattr(torch, dtype))
    return recurrent.filled(trial, made, {each.removesuffix("_l0"): w for each, w in weights.items()}, dtype)


@pytest.mark.clause("sequence.cell.equations")
def test_cell(row: dict[str, str], trial: Trial) -> None:
    """One step of the layer's equations, with and without biases, a state and a batch."""
    unit = cell_unit(row)
    for bias, given, batched, dtype in product((True, False), (True, False), (True, False), dtypes(trial)):
        name = f"{dtype} bias={bias} state={given} batch={batched}"
        made = recurrent.sample(unit, trial.generator(name), bias=bias, given=given)
        with trial.case(name, call=row["cell"]) as case:
            _, *states = recurrent.batch(unit, made.weights, made.x[:1], made.state)
            x, state = tensor(trial, made.x[0], dtype), [tensor(trial, t[0], dtype) for t in made.state]
            wanted = [t[0] for t in states]
            if not batched:
                x, state, wanted = x[1], [t[1] for t in state], [t[1] for t in wanted]
            hx = tuple(state) if unit.pair else state[0]
            got = cell_of(trial, row, made.weights, dtype)(x, *([hx] if given else []))
            for each, want, part in zip(got if unit.pair else (got,), wanted, ("h", "c"), strict=False):
                near(case, each, want, dtype, part)


@pytest.mark.clause("sequence.cell.gradient")
def test_cell_gradient(row: dict[str, str], trial: Trial) -> None:
    """Central and mixed differences of one step."""
    unit = cell_unit(row)
    rng = trial.generator(unit.layer)
    made = recurrent.smooth(recurrent.sample(unit, rng))
    arrays = {**made.weights, "x": made.x[:1], **{f"state{k}": t for k, t in enumerate(made.state)}}
    weigh = [np.zeros((1, BATCH, HIDDEN)), *(rng.uniform(0.5, 1.5, t.shape) for t in made.state)]
    value = recurrent_numbers(made, weigh)
    with trial.case("float64", call=row["cell"]) as case:
        cell = cell_of(trial, row, made.weights, "float64")
        inputs = {n: tensor(trial, a, "float64").requires_grad_() for n, a in arrays.items() if "_l" not in n}
        states = [inputs[n][0] for n in inputs if n != "x"]
        got = cell(inputs["x"][0], tuple(states) if unit.pair else states[0])
        pairs = zip(weigh[1:], got if unit.pair else (got,), strict=True)
        total: Any = sum((tensor(trial, w[0], "float64") * t).sum() for w, t in pairs)
        leaves = {**{f"{n}_l0": p for n, p in cell.named_parameters()}, **inputs}
        total.backward(retain_graph=True)
        check_slopes(case, value, arrays, {name: leaf.grad for name, leaf in leaves.items()}, 1e-6)
        check_second(case, value, arrays, total, leaves)
