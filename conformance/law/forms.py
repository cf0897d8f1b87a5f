"""The forms law: function, method, operator, in-place and `out=` give one answer, and write where they are told to."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np

from conformance.agreement import agree
from conformance.arrangement import FILL, strides_of
from conformance.case import Case, Trial
from conformance.law.value import hold, precision
from conformance.operation import Operation
from conformance.promotion import kind
from conformance.sample import (
    Arrays,
    admitted,
    arrays,
    call,
    describe,
    each,
    evaluate,
    seen,
    stored,
    tensor,
    tensors,
)

INPLACE: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.iadd,
    ast.Sub: operator.isub,
    ast.Mult: operator.imul,
    ast.Div: operator.itruediv,
    ast.FloorDiv: operator.ifloordiv,
    ast.Mod: operator.imod,
    ast.Pow: operator.ipow,
    ast.BitAnd: operator.iand,
    ast.BitOr: operator.ior,
    ast.BitXor: operator.ixor,
    ast.LShift: operator.ilshift,
    ast.RShift: operator.irshift,
}


def check(operation: Operation, trial: Trial) -> None:
    """Every form that the row names, in a floating and an integer dtype where it admits both."""
    for dtype in admitted(operation, trial, "float32", "int64"):
        values = arrays(operation, trial, f"{dtype} forms", dtype)
        told = partial(describe, operation, values, dtype)
        want = None
        for name, source in sources(operation):
            with trial.case(f"{dtype} {name}", call=source, inputs=told) as case:
                want = want or call(operation, trial, tensors(operation, trial, values, dtype), dtype)
                run(case, operation, trial, values, dtype, name, source, want)


def sources(operation: Operation) -> list[tuple[str, str]]:
    """Name and source of each form."""
    named = [(form, source_of(operation.call, form)) for form in operation.forms]
    return named + [("operator", source) for source in operation.operators]


@cache
def source_of(call_source: str, form: str) -> str:
    """The call rewritten as another form of itself."""
    node = ast.parse(call_source, mode="eval").body
    assert isinstance(node, ast.Call), call_source
    assert isinstance(node.func, ast.Attribute), call_source
    if form == "out":
        node.keywords.append(ast.keyword("out", ast.Name("out")))
        return ast.unparse(node)
    if form == "in-place" and ast.unparse(node.func).startswith("torch.nn.functional."):
        node.keywords.append(ast.keyword("inplace", ast.Constant(True)))  # these are no methods
        return ast.unparse(node)
    name = node.func.attr + ("_" if form == "in-place" else "")
    receiver, *rest = node.args
    return ast.unparse(ast.Call(ast.Attribute(receiver, name), rest, node.keywords))


def run(
    case: Case,
    operation: Operation,
    trial: Trial,
    values: Arrays,
    dtype: str,
    name: str,
    source: str,
    want: tuple[Any, ...],
) -> None:
    """One form against the function's own results."""
    inputs = tensors(operation, trial, values, dtype)
    if name == "in-place" and kind(operation.results(dtype)[0]) > kind(dtype):
        refused(case, operation, trial, values, dtype, source)
    elif name == "in-place":
        in_place(case, operation, trial, values, dtype, source, want[:1])
    elif name == "out":
        out(case, operation, trial, values, source, want, dtype)
    else:
        agreed(case, operation, values, each(operation, evaluate(source, trial, inputs, dtype)), want, dtype)
        if name == "operator":
            augmented(case, operation, trial, values, source, want[:1], dtype)


def agreed(
    case: Case,
    operation: Operation,
    values: Arrays,
    got: tuple[Any, ...],
    want: tuple[Any, ...],
    dtype: str,
    name: str = "values",
    precisions: tuple[str, ...] = (),
) -> None:
    """The results of a form against those of the function, in the precision of the results or in `precisions`."""
    if not operation.gives_tensors:
        case.checks.append(agree("value", got[0], want[0], case.trial))
        return
    found, expected = (seen(operation, case.trial, results, values) for results in (got, want))
    hold(case, operation, found, expected, precisions or precision(operation, dtype, len(want)), 8, name)


def in_place(
    case: Case, operation: Operation, trial: Trial, values: Arrays, dtype: str, source: str, want: tuple[Any, ...]
) -> None:
    """The target is the same object with the same dtype, and nothing around it changes. Targets are views."""
    first = operation.inputs[0].name
    array = values[first]
    for label, wide in ((" offset", 1), (" stepped", 2)):
        base_values, where = around(array, wide)
        base = tensor(trial, base_values, dtype)
        target = base[where]
        inputs = {**tensors(operation, trial, values, dtype), first: target}
        returned = evaluate(source, trial, inputs, dtype)
        case.holds(f"identity{label}", returned is target, "the target itself", "another object")
        case.equal(f"dtype{label}", target.dtype, getattr(trial.namespace, dtype))
        agreed(case, operation, values, (target,), want, dtype, f"values{label}", (dtype,))
        untouched(case, trial, base, base_values, where, f"surroundings{label}")


def untouched(
    case: Case, trial: Trial, base: Any, before: np.ndarray, where: tuple[Any, ...], name: str = "surroundings"
) -> None:
    """Everything of `base` that lies outside the target is what it was."""
    after = trial.read(base).copy()
    after[where] = before[where]
    case.same(after, readable(before), name=name)


def refused(case: Case, operation: Operation, trial: Trial, values: Arrays, dtype: str, source: str) -> None:
    """An in-place form whose result is of a higher category than its target raises, and the target stays as it was."""
    inputs = tensors(operation, trial, values, dtype)
    with case.raises("RuntimeError", "can't be cast to the desired output type"):
        evaluate(source, trial, inputs, dtype)
    case.same(inputs[operation.inputs[0].name], readable(values[operation.inputs[0].name]), name="target unchanged")


def around(array: np.ndarray, step: int) -> tuple[np.ndarray, tuple[Any, ...]]:
    """A larger array that holds `array` at a slice along its last dimension."""
    size = array.shape[-1]
    base = np.full((*array.shape[:-1], step * size + 4), np.array(FILL, array.dtype), array.dtype)
    where = (..., slice(3, 3 + step * size - (step - 1), step))
    base[where] = array
    return base, where


def readable(array: np.ndarray) -> np.ndarray:
    """The array as an adapter reads it: bfloat16 by way of float32."""
    return array.astype(np.float32) if array.dtype == stored("bfloat16") else array


def out(
    case: Case,
    operation: Operation,
    trial: Trial,
    values: Arrays,
    source: str,
    want: tuple[Any, ...],
    dtype: str,
) -> None:
    """`out` is what returns, keeps its strides, and nothing around it changes. Targets are stepped views."""
    bases, targets, wheres = [], [], []
    for result, rule in zip(want, operation.results(dtype, count=len(want)), strict=True):
        shape = tuple(result.shape)
        base_values, where = around(np.zeros(shape or (1,), stored(rule)), 2)
        base = tensor(trial, base_values, rule)
        view = base[where]
        targets.append(view if shape else view[0])
        bases.append((base, base_values))
        wheres.append(where)
    before = [strides_of(target) for target in targets]
    target = targets[0] if len(targets) == 1 else tuple(targets)
    inputs = tensors(operation, trial, values, dtype)
    returned = evaluate(source, trial, {**inputs, "out": target}, dtype)
    got = each(operation, returned)
    case.holds("identity", all(a is b for a, b in zip(got, targets, strict=True)), "out itself", "another object")
    case.equal("strides", [strides_of(t) for t in targets], before)
    agreed(case, operation, values, tuple(targets), want, dtype)
    for (base, base_values), where in zip(bases, wheres, strict=True):
        untouched(case, trial, base, base_values, where)


def augmented(
    case: Case,
    operation: Operation,
    trial: Trial,
    values: Arrays,
    source: str,
    want: tuple[Any, ...],
    dtype: str,
) -> None:
    """`x += y` where the row has an in-place form and the operator's left side is its first input."""
    node = ast.parse(source, mode="eval").body
    first = operation.inputs[0].name
    fits = kind(operation.results(dtype)[0]) <= kind(dtype)
    if (
        not fits
        or "in-place" not in operation.forms
        or not isinstance(node, ast.BinOp)
        or ast.unparse(node.left) != first
    ):
        return
    inputs = tensors(operation, trial, values, dtype)
    target = inputs[first]
    right = evaluate(ast.unparse(node.right), trial, inputs, dtype)
    result = INPLACE[type(node.op)](target, right)
    case.holds("augmented identity", result is target, "the target itself", "another object")
    agreed(case, operation, values, (result,), want, dtype, "augmented values", (dtype,))
