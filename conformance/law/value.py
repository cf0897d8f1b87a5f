"""The value law: what a call gives is what its row's formula says, in every dtype, size and for special values."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from conformance.agreement import agree
from conformance.case import Case, Trial
from conformance.compare import check_shape
from conformance.operation import Operation
from conformance.promotion import INTEGERS, is_floating
from conformance.sample import (
    Arrays,
    admitted,
    arrays,
    call,
    describe_defined,
    double,
    extreme_arrays,
    length,
    scalars,
    seen,
    special_arrays,
    tensors,
    wanted,
)
from conformance.tolerance import EPSILON, ULPS, rounded, widening

LARGE = (5, 129, 3, 2)
PLANTED = (
    ("nan first", np.nan, slice(0, 1)),
    ("nan in the middle", np.nan, slice(3, 4)),
    ("nan last", np.nan, slice(-1, None)),
    ("all nan", np.nan, slice(None)),
    ("inf", np.inf, slice(1, 2)),
    ("-inf only", -np.inf, slice(None)),
)
Sample = tuple[str, str, Arrays]


def check(operation: Operation, trial: Trial) -> None:
    """Run every case of the row and compare with the formula."""
    for name, dtype, values in samples(operation, trial):
        with trial.case(name, call=operation.call, inputs=partial(describe_defined, operation, values, dtype)) as case:
            want = wanted(operation, double(operation, values, dtype))
            results = call(operation, trial, tensors(operation, trial, values, dtype), dtype)
            compare(case, operation, values, results, want, dtype)


def compare(
    case: Case, operation: Operation, values: Arrays, results: tuple[Any, ...], want: tuple[Any, ...], dtype: str
) -> None:
    """Hold every result against the formula's, in its own dtype; a Python value by its type too."""
    if not operation.gives_tensors:
        case.checks.append(agree("value", results[0], want[0], case.trial))
        return
    got = seen(operation, case.trial, results, values)
    case.equal("results", len(got), len(want))
    hold(case, operation, got, want, precision(operation, dtype, len(results)), length(operation, values, want))


def hold(
    case: Case,
    operation: Operation,
    got: tuple[np.ndarray, ...],
    want: tuple[np.ndarray, ...],
    dtypes: tuple[str, ...],
    terms: int,
    name: str = "values",
) -> None:
    """Results against others, each within the row's tolerance."""
    for position, (one, other) in enumerate(zip(got, want, strict=True)):
        label = name if len(want) == 1 else f"{name} {position}"
        close(case, operation, one, other, dtypes[min(position, len(dtypes) - 1)], terms, label)


def precision(operation: Operation, dtype: str, count: int) -> tuple[str, ...]:
    """The dtypes in whose precision the results of a case are compared."""
    return operation.precision(operation.results(dtype, count=count))


def close(
    case: Case, operation: Operation, got: object, want: np.ndarray, dtype: str, terms: int, name: str = "values"
) -> None:
    """Within the row's tolerance: of each element, or of the largest one where terms cancel; open values are free."""
    if operation.open:
        case.checks.append(check_shape(case.trial.read(got), want))
        return
    scaled, factor = operation.allowance
    factor *= widening(terms)
    finite = np.abs(want[np.isfinite(want)]) if scaled and dtype in ULPS else np.zeros(0)
    if not factor or not finite.size or not finite.max():
        case.close(got, want, dtype, factor, name=name)
        return
    relative = ULPS[dtype] * EPSILON[dtype] * factor
    case.within(got, rounded(want, dtype), relative, relative * float(finite.max()), name=name)


def samples(operation: Operation, trial: Trial) -> Iterator[Sample]:
    """Name, dtype and inputs of each case."""
    dtypes = admitted(operation, trial)
    for dtype in dtypes:
        yield dtype, dtype, arrays(operation, trial, dtype, dtype)
    if trial.quick:
        return
    main = [dtype for dtype in ("float32", "float64", "int64", "bool") if dtype in dtypes][:2]
    if operation.symbols:
        change = dict(zip(operation.symbols, LARGE, strict=False))
        for dtype in main:
            name = f"{dtype} odd sizes"
            yield name, dtype, arrays(operation, trial, name, dtype, change, fine=True)
    if operation.may_be_zero_dim:
        for dtype in main[:1]:
            yield f"{dtype} 0-dim", dtype, scalars(operation, trial, f"{dtype} 0-dim", dtype)
    yield from special_samples(operation, trial, dtypes)


def special_samples(operation: Operation, trial: Trial, dtypes: tuple[str, ...]) -> Iterator[Sample]:
    """Infinities, NaN and zeros where the row is elementwise, planted ones elsewhere, edges of integers if asked."""
    if operation.special.startswith("no") or operation.open:
        return
    for dtype in dtypes:
        if is_floating(dtype):
            if operation.may_be_zero_dim:
                yield f"{dtype} special", dtype, special_arrays(operation, trial, f"{dtype} special", dtype)
            elif dtype == admitted(operation, trial, "float32")[0]:
                yield from planted(operation, trial, dtype)
        elif dtype in INTEGERS and "edges" in operation.special:
            yield f"{dtype} edges", dtype, extreme_arrays(operation, dtype)


def planted(operation: Operation, trial: Trial, dtype: str) -> Iterator[Sample]:
    """NaN and infinities planted first, in the middle, last and everywhere in the last varied input.

    Infinities are left out where products mix them with other elements; matrices of a kind (`regular`) stay so.
    """
    if not operation.varied or operation.varied[-1].matrix:
        return
    target = operation.varied[-1].name
    for word, value, where in PLANTED[: 4 if operation.kind == "mixing" else None]:
        name = f"{dtype} {word}"
        values = arrays(operation, trial, name, dtype)
        values[target].reshape(-1)[where] = value
        yield name, dtype, values
