"""Copies of tensors and modules by Python's own means: `copy`, `deepcopy` and `pickle`, on every device."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np

from conformance.case import Trial
from conformance.law.placement import floats, lies_on, made


def deep(trial: Trial) -> None:
    """A leaf with a gradient, in two dtypes."""
    for place in trial.backend.devices:
        for dtype in ("float32", "float64"):
            with trial.case(f"{dtype} on {place}", call="copy.deepcopy(x)", inputs=f"x: {dtype} on {place}") as case:
                x = made(trial, [1.0, 2.0], place, dtype).requires_grad_()
                (x * x).sum().backward()
                y = copy.deepcopy(x)
                lies_on(case, y, place)
                lies_on(case, y.grad, place, "device of the gradient")
                case.equal("dtype", y.dtype, x.dtype)
                case.equal("requires_grad, is_leaf", (y.requires_grad, y.is_leaf), (True, True))
                y.grad[0] = 7
                y.detach()[0] = 9
                case.same(y.detach(), trial.read(made(trial, [9.0, 2.0], place, dtype)), "copy")
                case.same(x.detach(), trial.read(made(trial, [1.0, 2.0], place, dtype)), "original")
                case.same(x.grad, trial.read(made(trial, [2.0, 4.0], place, dtype)), "gradient of the original")


def shared(trial: Trial) -> None:
    """A tensor and a view of it in one list."""
    for place in trial.backend.devices:
        with trial.case(place, call="y, part = copy.deepcopy([x, x[1:]]); y[1] = 9", inputs=f"x on {place}") as case:
            x = made(trial, [1.0, 2.0, 3.0], place)
            y, part = copy.deepcopy([x, x[1:]])
            y[1] = 9
            lies_on(case, part, place)
            case.same(part, floats([9, 3]), "the copied view")
            case.same(x, floats([1, 2, 3]), "original")
            twice = copy.deepcopy([x, x])
            case.holds("one tensor twice", twice[0] is twice[1], "one copy", "one" if twice[0] is twice[1] else "two")


def pickled(trial: Trial) -> None:
    """A leaf, and a tensor that requires no gradient."""
    for place in trial.backend.devices:
        for wants in (True, False):
            call = "y = pickle.loads(pickle.dumps(x))"
            with trial.case(f"requires_grad={wants} on {place}", call=call, inputs=f"x on {place}") as case:
                x = made(trial, [1.0, 2.0], place).requires_grad_(wants)
                y = pickle.loads(pickle.dumps(x))
                lies_on(case, y, place)
                case.equal("requires_grad, is_leaf", (y.requires_grad, y.is_leaf), (wants, True))
                y.detach()[0] = 9
                case.same(y.detach(), floats([9, 2]), "copy")
                case.same(x.detach(), floats([1, 2]), "original")


def shallow(trial: Trial) -> None:
    """A write through the copy."""
    for place in trial.backend.devices:
        with trial.case(place, call="y = copy.copy(x); y[0] = 9", inputs=f"x on {place}") as case:
            x = made(trial, [1.0, 2.0], place)
            y = copy.copy(x)
            case.holds("object", y is not x, "another", "the same" if y is x else "another")
            lies_on(case, y, place)
            y[0] = 9
            case.same(x, floats([9, 2]), "original")


def module(trial: Trial) -> None:
    """Two layers that share a weight, with a buffer; by `deepcopy` and by pickling."""
    torch = trial.namespace
    ways: dict[str, Any] = {
        "copy.deepcopy(m)": copy.deepcopy,
        "pickle.loads(pickle.dumps(m))": lambda m: pickle.loads(pickle.dumps(m)),
    }
    for place in trial.backend.devices:
        for call, way in ways.items():
            with trial.case(f"{call} on {place}", call=call, inputs=f"m: two layers on {place}") as case:
                original = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Linear(2, 2))
                original[1].weight = original[0].weight
                original.register_buffer("count", torch.tensor(3))
                original.to(place)
                values = trial.read(original[0].weight.detach()).copy()
                found = way(original)
                one = found[1].weight is found[0].weight
                case.holds("shared weight", one, "one parameter", "one parameter" if one else "two")
                for name in ("weight", "bias"):
                    lies_on(case, getattr(found[0], name), place, f"device of {name}")
                lies_on(case, found.count, place, "device of the buffer")
                case.equal("requires_grad", found[0].weight.requires_grad, True)
                with torch.no_grad():
                    found[0].weight.zero_()
                case.same(original[0].weight.detach(), values, "weight of the original")
                case.same(found[1].weight.detach(), np.zeros_like(values), "shared weight of the copy")
