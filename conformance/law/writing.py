"""Every operation that has an in-place form: its version, its refusal of leaves, its gradient through a view."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np

from conformance import specification
from conformance.case import Case, Trial
from conformance.law.forms import readable, source_of
from conformance.operation import Operation
from conformance.planning import operations
from conformance.promotion import kind
from conformance.sample import Arrays, arrays, call, describe, evaluate, gradient_arrays, tensor, tensors

Check = Callable[[Case, Operation, Arrays, str, str], None]
FEW = 7  # a quick run takes one operation in so many


@cache
def with_inplace() -> tuple[tuple[Operation, tuple[str, ...]], ...]:
    """Every row that has an in-place form, with the capabilities that its clause requires."""
    whole = specification.load()
    rows = [row for chapter in whole.chapters for row in operations(whole, chapter)]
    return tuple((row, whole.clauses[row.clause].requires) for row in rows if "in-place" in row.forms and row.inputs)


def sweep(trial: Trial, dtypes: tuple[str, ...], wanted: Callable[[Operation], bool], check: Check) -> None:
    """A case for every row that is wanted, in the first of these dtypes that its in-place form can be written in."""
    rows = with_inplace()
    for row, requires in rows[:: FEW if trial.quick else 1]:
        if not wanted(row):
            continue
        fitting = [d for d in dtypes if d in row.dtypes and kind(row.results(d)[0]) <= kind(d)]
        if not fitting:
            continue
        dtype = fitting[0]
        make = gradient_arrays if dtype == "float64" else arrays
        values = make(row, trial, f"{row.call} in place", dtype)
        source = source_of(row.call, "in-place")
        told = partial(describe, row, values, dtype)
        with trial.case(row.call, source, told, requires) as case:
            check(case, row, values, source, dtype)


def check_version(case: Case, row: Operation, values: Arrays, source: str, dtype: str) -> None:
    """A target that is a view, and its base."""
    inputs = tensors(row, case.trial, values, dtype)
    first = row.inputs[0].name
    base = inputs[first]
    view = base[...]
    before = base._version
    evaluate(source, case.trial, {**inputs, first: view}, dtype)
    case.equal("version of the view", view._version - before, 1)
    case.equal("version of the base", base._version - before, 1)


def check_leaf(case: Case, row: Operation, values: Arrays, source: str, dtype: str) -> None:
    """A leaf that requires grad refuses, keeps values and version, and stays a leaf."""
    inputs = tensors(row, case.trial, values, dtype)
    leaf = inputs[row.inputs[0].name].requires_grad_()
    with case.raises("RuntimeError", "a leaf Variable that requires grad is being used in an in-place operation"):
        evaluate(source, case.trial, inputs, dtype)
    case.same(leaf.detach(), readable(values[row.inputs[0].name]))
    case.equal("version, is_leaf, requires_grad", (leaf._version, leaf.is_leaf, leaf.requires_grad), (0, True, True))


def check_gradient(case: Case, row: Operation, values: Arrays, source: str, dtype: str) -> None:
    """The operation in place on a part of a buffer, against the function."""
    wants = gradients_of_function(case.trial, row, values, dtype)
    gots = gradients_in_place(case.trial, row, values, source, dtype)
    for name, want in wants.items():
        got = gots[name]
        if want is None or got is None:
            case.equal(f"gradient of {name} is None", got is None, want is None)
            continue
        expected = case.trial.read(want.clone())
        size = float(np.abs(expected).max(initial=1.0))
        case.within(got.clone(), expected, 1e-9, 1e-9 * size, f"gradient of {name}")


def leaves(trial: Trial, row: Operation, values: Arrays, dtype: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The inputs, and those of them that require a gradient."""
    inputs = tensors(row, trial, values, dtype)
    tracked = {item.name: inputs[item.name] for item in row.inputs if row.dtype_of(item, dtype) == "float64"}
    for leaf in tracked.values():
        leaf.requires_grad_()
    return inputs, tracked


def gradients_of_function(trial: Trial, row: Operation, values: Arrays, dtype: str) -> dict[str, Any]:
    """The gradients that the function gives, of a weighted sum."""
    inputs, tracked = leaves(trial, row, values, dtype)
    (result,) = call(row, trial, inputs, dtype)[:1]
    (result * weights(trial, tuple(result.shape))).sum().backward()
    return {name: leaf.grad for name, leaf in tracked.items()}


def gradients_in_place(trial: Trial, row: Operation, values: Arrays, source: str, dtype: str) -> dict[str, Any]:
    """The gradients where the first input was written into every other column of a buffer, and changed there."""
    inputs, tracked = leaves(trial, row, values, dtype)
    first = inputs[row.inputs[0].name]
    shape = tuple(first.shape)
    buffer = trial.namespace.zeros((*shape[:-1], 2 * shape[-1] + 3), dtype=first.dtype, device=trial.device)
    part = buffer[..., 1 : 1 + 2 * shape[-1] : 2]
    part.copy_(first)
    evaluate(source, trial, {**inputs, row.inputs[0].name: part}, dtype)
    (buffer[..., 1 : 1 + 2 * shape[-1] : 2] * weights(trial, shape)).sum().backward()
    return {name: leaf.grad for name, leaf in tracked.items()}


def weights(trial: Trial, shape: tuple[int, ...]) -> Any:
    """One weight for each element, no two alike."""
    return tensor(trial, 1 + np.arange(np.prod(shape, dtype=int)).reshape(shape) / 8, "float64")
