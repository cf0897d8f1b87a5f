"""A layer is its function: held against a call of `torch.nn.functional` that is given the layer's own parameters, and
the settings once more as numbers, so that a layer that forgets one of them is seen."""

from __future__ import annotations

import math
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np

from conformance.case import Case, Trial
from conformance.operation import Input, read_inputs
from conformance.sample import draw, tensor

SEED = 20
WEIGHT = Input("weight", (), None, 1.0, 4.0)
Tensors = dict[str, Any]


def check(row: dict[str, str], trial: Trial) -> None:
    """Results, gradients and buffers of layer and function, in training and in evaluation, in both dtypes."""
    for dtype in [name for name in ("float32", "float64") if trial.dtype in (None, name)][: 1 if trial.quick else 2]:
        for training in (True, False):
            name = f"{dtype}, {'training' if training else 'evaluation'}"
            with trial.case(name, call=f"{row['layer']}({names(row)})", inputs=row["inputs"]) as case:
                compare(case, row, dtype, training)


def names(row: dict[str, str]) -> str:
    """The inputs as arguments."""
    return ", ".join([item.name for item in read_inputs(row["inputs"])])


def compare(case: Case, row: dict[str, str], dtype: str, training: bool) -> None:
    """One run of both: from the same buffers, and with the same seed, where a layer draws."""
    trial = case.trial
    torch = trial.namespace
    layer = made(trial, row["layer"], dtype).train(training)
    was = SimpleNamespace(**{name: buffer.clone() for name, buffer in layer.named_buffers()})
    values = inputs(trial, row["inputs"], dtype)
    torch.manual_seed(SEED)
    given = leaves(values)
    got = each(layer(*given.values()))
    weights = [draw(trial.generator(f"{i}"), WEIGHT, dtype, tuple(result.shape)) for i, result in enumerate(got)]
    found = gradients(trial, got, weights, layer, given, dtype)
    torch.manual_seed(SEED)
    given = leaves(values)
    scope = {"torch": torch, "F": torch.nn.functional, "math": math, "m": layer, "was": was, "training": training}
    want = each(eval(row["function"], {**scope, **given}))
    wanted = gradients(trial, want, weights, layer, given, dtype)
    case.equal("results", len(got), len(want))
    for one, other in zip(got, want, strict=False):
        case.equal("dtype", str(one.dtype), str(other.dtype))
        case.close(one, trial.read(other), dtype, 4)
    compare_gradients(case, found, wanted, {name for name, _ in layer.named_parameters()}, dtype)
    for name, buffer in layer.named_buffers():
        if buffer.is_floating_point():
            case.close(buffer, trial.read(getattr(was, name)), dtype, 4, name)


def made(trial: Trial, source: str, dtype: str) -> Any:
    """The layer, with values of its own in every parameter and buffer, none of which is what a new layer has."""
    torch = trial.namespace
    layer = eval(source, {"torch": torch, "math": math}).to(getattr(torch, dtype))
    with torch.no_grad():
        for name, t in [*layer.named_parameters(), *layer.named_buffers()]:
            if t.is_floating_point():
                positive = Input(name, (), None, 0.5, 2.0)
                t.copy_(tensor(trial, draw(trial.generator(name), positive, dtype, tuple(t.shape)), dtype))
    return layer


def inputs(trial: Trial, cell: str, dtype: str) -> Tensors:
    """A tensor for each input, of its own dtype or that of the case."""
    found = {}
    for item in read_inputs(cell):
        own = item.dtype or dtype
        found[item.name] = tensor(trial, draw(trial.generator(item.name), item, own, item.shape()), own)
    return found


def leaves(values: Tensors) -> Tensors:
    """Copies that gradients are computed to, where there are any."""
    return {name: t.clone().requires_grad_(t.is_floating_point()) for name, t in values.items()}


def each(result: Any) -> tuple[Any, ...]:
    """The results one by one."""
    return tuple(result) if isinstance(result, tuple | list) else (result,)


def gradients(
    trial: Trial, results: tuple[Any, ...], weights: list[np.ndarray], layer: Any, given: Tensors, dtype: str
) -> Tensors:
    """What a weighted sum of the results sends to inputs and parameters, which are left without a gradient."""
    for result, weight in zip(results, weights, strict=False):
        if result.is_floating_point() and result.requires_grad:
            (result * tensor(trial, weight, dtype)).sum().backward(retain_graph=True)
    tensors = dict(reached(layer, given))
    found = {name: t.grad for name, t in tensors.items()}
    for t in tensors.values():
        t.grad = None
    return found


def reached(layer: Any, given: Tensors) -> Iterator[tuple[str, Any]]:
    """The tensors that want a gradient."""
    yield from layer.named_parameters()
    yield from ((name, t) for name, t in given.items() if t.requires_grad)


def compare_gradients(case: Case, found: Tensors, wanted: Tensors, learned: set[str], dtype: str) -> None:
    """What is learned has a gradient; each is there on both sides, or on neither."""
    case.equal("tensors with a gradient", sorted(found), sorted(wanted))
    for name, grad in found.items():
        other = wanted.get(name)
        case.equal(f"gradient of {name}", grad is not None, other is not None or name in learned)
        if grad is not None and other is not None:
            case.close(grad, case.trial.read(other), dtype, 20, f"gradient of {name}")
