"""Promotion of every pair of dtypes, on every pair of levels: tensors with dimensions, without, and Python's numbers.

The dtypes that are wanted come from ``conformance/promotion.py``. All operands are ones, and so are most results.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import product
from typing import Any

import numpy as np

from conformance.case import Case, Trial
from conformance.operation import read_dtypes
from conformance.promotion import DIMENSIONED, DTYPES, NUMBER, ZERO_DIM, kind, promote, result_dtype, result_type
from conformance.sample import CAPABILITY_OF

Row = Mapping[str, str]
SHAPES: dict[str, tuple[int, ...]] = {DIMENSIONED: (2,), ZERO_DIM: ()}
TENSORS = tuple((first, second) for first in SHAPES for second in SHAPES)
DEFAULTS = {"float32": "complex64", "float64": "complex128"}
NUMBERS: dict[str, Any] = {"bool": True, "int64": 1, "float32": 1.0, "complex64": 1 + 0j}
FEW = ("bool", "uint8", "int64", "float32", "float64")


def needs(*dtypes: str) -> tuple[str, ...]:
    """The capabilities that a case of these dtypes asks for."""
    return tuple(name for name, owned in CAPABILITY_OF.items() if set(owned) & set(dtypes))


def ones(trial: Trial, level: str, dtype: str) -> Any:
    """A tensor of ones on the device under test."""
    torch = trial.namespace
    return torch.ones(SHAPES[level], dtype=getattr(torch, dtype), device=trial.device)


@contextmanager
def default_dtype(trial: Trial, dtype: str) -> Iterator[None]:
    """Run the body under another default dtype."""
    torch = trial.namespace
    if dtype != "float32":
        torch.set_default_dtype(getattr(torch, dtype))
    try:
        yield
    finally:
        if dtype != "float32":
            torch.set_default_dtype(torch.float32)


def wanted(row: Row, first: tuple[str, str], second: tuple[str, str], default: str) -> str:
    """The dtype of the row's call on two operands, (level, dtype) each; empty where the row does not speak of them."""
    operands = read_dtypes(row.get("operands") or "any")
    promoted = result_type(first, second)
    if not {first[1], second[1]} <= set(operands) or promoted not in read_dtypes(row.get("promoted") or "any"):
        return ""
    floats = row.get("result") == "float" and kind(promoted) < 2
    return default if floats else result_dtype(row.get("result") or "same", promoted)


def pairs(trial: Trial) -> Iterable[tuple[str, str]]:
    """Every ordered pair of dtypes."""
    dtypes = FEW if trial.quick else DTYPES
    return product(dtypes, dtypes)


def check_tensors(row: Row, trial: Trial, levels: tuple[tuple[str, str], ...] = TENSORS) -> None:
    """Two tensors, on each pair of levels and under both default dtypes."""
    for default, (left, right) in product(DEFAULTS, pairs(trial)):
        wants = {pair: wanted(row, (pair[0], left), (pair[1], right), default) for pair in levels}
        if not any(wants.values()):
            continue
        told = f"x: {left}, y: {right}, default {default}"
        with trial.case(f"{left} {right} {default}", row["call"], told, needs(left, right)) as case:
            for (first, second), want in wants.items():
                names = {"x": ones(trial, first, left), "y": ones(trial, second, right)}
                dtype_of(case, row["call"], f"{first}, {second}", names, want, default)


def check_joined(row: Row, trial: Trial) -> None:
    """Two tensors with dimensions."""
    check_tensors(row, trial, ((DIMENSIONED, DIMENSIONED),))


def check_numbers(row: Row, trial: Trial) -> None:
    """A tensor and each kind of Python number, under both default dtypes."""
    for default, left, right in product(DEFAULTS, FEW if trial.quick else DTYPES, NUMBERS):
        number = {"float32": default, "complex64": DEFAULTS[default]}.get(right, right)
        wants = {level: wanted(row, (level, left), (NUMBER, number), default) for level in SHAPES}
        if not any(wants.values()):
            continue
        told = f"x: {left}, n = {NUMBERS[right]!r}, default {default}"
        with trial.case(f"{left} {NUMBERS[right]!r} {default}", row["call"], told, needs(left, right)) as case:
            for level, want in wants.items():
                names = {"x": ones(trial, level, left), "n": NUMBERS[right]}
                dtype_of(case, row["call"], level, names, want, default)


def dtype_of(case: Case, call: str, name: str, names: Mapping[str, Any], want: str, default: str) -> None:
    """The dtype of a call, or the dtype that the call gives; nothing is asked where none is wanted."""
    if not want:
        return
    torch = case.trial.namespace
    condition = torch.tensor(True, device=case.trial.device)
    with default_dtype(case.trial, default):
        got = eval(call, {"torch": torch, "c": condition, **names})
    case.equal(name, getattr(got, "dtype", got), getattr(torch, want))


def check_queries(row: Row, trial: Trial) -> None:
    """`promote_types` in both orders and `can_cast`, of the row's dtype and every other."""
    torch, left = trial.namespace, row["dtype"].removeprefix("torch.")
    for right in FEW if trial.quick else DTYPES:
        with trial.case(right, f"torch.promote_types({left}, {right})", requires=needs(left, right)) as case:
            first, second = getattr(torch, left), getattr(torch, right)
            want = getattr(torch, promote(left, right))
            case.equal("promote_types", torch.promote_types(first, second), want)
            case.equal("promote_types, turned", torch.promote_types(second, first), want)
            case.equal("can_cast", torch.can_cast(first, second), kind(left) <= kind(right))


def check_in_place(row: Row, trial: Trial) -> None:
    """The target keeps its dtype where the result is of its category or a lower one, and is left alone elsewhere."""
    for left, right in pairs(trial):
        for first, second in ((DIMENSIONED, DIMENSIONED), (DIMENSIONED, ZERO_DIM), (ZERO_DIM, ZERO_DIM)):
            written(row, trial, (first, left), (second, right), ones)
        if right in NUMBERS:
            written(row, trial, (DIMENSIONED, left), (NUMBER, right), lambda *_, number=NUMBERS[right]: number)


def written(
    row: Row, trial: Trial, target: tuple[str, str], other: tuple[str, str], make: Callable[[Trial, str, str], Any]
) -> None:
    """The row's statement on a target and another operand, (level, dtype) each."""
    want = wanted(row, target, other, "float32")
    told = f"x: {target[1]} {target[0]}, y: {other[1]} {other[0]}"
    if want:
        with trial.case(f"{told}", row["statement"], told, needs(target[1], other[1])) as case:
            write(case, row, ones(trial, *target), make(trial, *other), target[1], want)


def check_out(row: Row, trial: Trial) -> None:
    """`out=` of each dtype takes results of its category or a lower one, and is left alone elsewhere."""
    for left, right in pairs(trial):
        want = wanted(row, (DIMENSIONED, left), (DIMENSIONED, left), "float32")
        if want:
            told = f"x: {left}, o: {right}"
            with trial.case(f"{left} into {right}", row["statement"], told, needs(left, right)) as case:
                write(case, row, ones(trial, DIMENSIONED, right), ones(trial, DIMENSIONED, left), right, want)


def write(case: Case, row: Row, target: Any, other: Any, dtype: str, want: str) -> None:
    """Run the row's statement on a target `x` of `dtype`, whose result has the dtype `want` before it is cast."""
    torch, value = case.trial.namespace, 1
    scope = {"torch": torch, "x": target, "y": other}
    if kind(want) > kind(dtype):
        with case.raises("RuntimeError", "can't be cast to the desired output type"):
            exec(row["statement"], scope)
    else:
        exec(row["statement"], scope)
        value = int(row["value"]) if want != "bool" else int(bool(int(row["value"])))
    case.holds("identity", scope["x"] is target, "the target itself", "another tensor")
    case.equal("dtype", target.dtype, getattr(torch, dtype))
    case.same(target, np.full(tuple(target.shape), bool(value) if dtype == "bool" else value), "values")
