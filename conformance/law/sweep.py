"""Every argument of a call, inside its range and outside: what NumPy gives is given, what NumPy refuses is refused."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, product
from typing import Any

import numpy as np

from conformance.case import Case, Trial
from conformance.sample import tensor

SHAPE = (3, 4, 5)
FEW = 11  # a quick run takes one choice in so many
REFUSALS = (IndexError, RuntimeError, ValueError, TypeError)


def check(row: dict[str, str], trial: Trial) -> None:
    """The row's call for every choice of its arguments, beside its formula."""
    array = np.arange(60).reshape(SHAPE)
    call, formula = (compile(row[column], column, "eval") for column in ("call", "formula"))
    for chosen in islice(choices(row["arguments"]), 0, None, FEW if trial.quick else 1):
        told = ", ".join(f"{name}={value}" for name, value in chosen.items())
        with trial.case(told, call=row["call"], inputs=f"x: int64 {SHAPE} counting from 0, {told}") as case:
            scope = {"torch": trial.namespace, "x": tensor(trial, array, "int64"), **chosen}
            compare(case, call, scope, wanted(formula, array, chosen))


def choices(source: str) -> Iterator[dict[str, Any]]:
    """Every combination of what `a=range(3), b=(0, None)` lists."""
    named: dict[str, Any] = eval(f"dict({source})")
    for values in product(*named.values()):
        yield dict(zip(named, values, strict=True))


def wanted(formula: Any, array: np.ndarray, chosen: dict[str, Any]) -> tuple[np.ndarray, ...] | None:
    """What NumPy gives, one array for each result; None where it refuses."""
    try:
        result = eval(formula, {"np": np, "x": array, **chosen})
    except (ValueError, IndexError, ZeroDivisionError):
        return None
    return tuple(np.asarray(each) for each in (result if isinstance(result, tuple | list) else (result,)))


def compare(case: Case, call: Any, scope: dict[str, Any], want: tuple[np.ndarray, ...] | None) -> None:
    """The results of the call, or that it raises."""
    try:
        got = eval(call, scope)
    except REFUSALS as error:
        case.holds("refused", want is None, "no error" if want else "an error", type(error).__name__)
        return
    if want is None:
        case.holds("refused", False, "an error", "a result")
        return
    results = tuple(got) if isinstance(got, tuple | list) else (got,)
    case.equal("results", len(results), len(want))
    for result, expected in zip(results, want, strict=True):
        case.same(result, expected)
