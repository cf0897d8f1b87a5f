"""Laws of the chapter dtype: every pair of dtypes, cast and promoted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from conformance import specification
from conformance.case import Trial
from conformance.law import casting, levels

BYTE = (0, 1, 2, 100)
SIZES: tuple[tuple[int, ...], ...] = ((2,), (2, 3), (0,), (1, 1))


def dtypes_of(clause: str) -> list[str]:
    """The dtype names in the first column of the clause's table."""
    return [row["dtype"].removeprefix("torch.") for row in specification.load().clauses[clause].tables[0].records()]


def ones(trial: Trial, shape: tuple[int, ...], dtype: str) -> Any:
    """A tensor of ones on the device under test."""
    torch = trial.namespace
    return torch.ones(shape, dtype=getattr(torch, dtype), device=trial.device)


def promoted(row: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    """Left dtype, right dtype and the result that the row states."""
    for other, result in row.items():
        if other != "dtype":
            yield row["dtype"], other, result


@pytest.mark.clause("dtype.cast.pairs")
def test_cast(row: dict[str, str], trial: Trial) -> None:
    """The values that every dtype holds come through a cast to each other dtype; a bool keeps the truth alone."""
    torch, source = trial.namespace, row["dtype"].removeprefix("torch.")
    values = np.array(BYTE, dtype=source)
    for target in dtypes_of("dtype.cast.pairs"):
        call = f"x.to(torch.{target})"
        with trial.case(target, call=call, inputs=f"x: {source} (4,) = {values.tolist()}") as case:
            x = torch.tensor(values.tolist(), dtype=getattr(torch, source), device=trial.device)
            got = x.to(getattr(torch, target))
            case.equal("dtype", got.dtype, getattr(torch, target))
            case.same(got, values.astype(target))
            case.holds("identity", (got is x) == (source == target), *identity(got is x, source == target))
            case.same(x, values, "operand")


def identity(same: bool, wanted: bool) -> tuple[str, str]:
    """The words for want and got."""
    words = {True: "the tensor itself", False: "another tensor"}
    return words[wanted], words[same]


@pytest.mark.clause("dtype.promote.pairs")
def test_pairs(row: dict[str, str], trial: Trial) -> None:
    """The result dtype of operators in both orders, over several sizes, and of the functions that ask for it."""
    torch = trial.namespace
    for left, right, result in promoted(row):
        for shape in SIZES:
            inputs = f"x: {left} {shape}, y: {right} {shape}"
            with trial.case(f"{left} {right} {shape}", call="x + y, y + x, x * y", inputs=inputs) as case:
                want, x, y = getattr(torch, result), ones(trial, shape, left), ones(trial, shape, right)
                case.equal("dtype of x + y", (x + y).dtype, want)
                case.equal("dtype of y + x", (y + x).dtype, want)
                case.equal("dtype of x * y", (x * y).dtype, want)
                case.equal("result_type", torch.result_type(x, y), want)
                case.same(x * y, np.ones(shape, result))
        with trial.case(f"{left} {right} promote_types", call=f"torch.promote_types({left}, {right})") as case:
            first, second, want = (getattr(torch, dtype) for dtype in (left, right, result))
            case.equal("dtype", torch.promote_types(first, second), want)
            case.equal("dtype", torch.promote_types(second, first), want)


@pytest.mark.clause("dtype.promote.zero-dim")
def test_zero_dim(row: dict[str, str], trial: Trial) -> None:
    """A row is the tensor with dimensions, a column the one without; the order of operands has no say."""
    torch = trial.namespace
    for left, right, result in promoted(row):
        for shape in SIZES:
            inputs = f"x: {left} {shape}, y: {right} ()"
            with trial.case(f"{left} {right} {shape}", call="x + y, y + x, y * x", inputs=inputs) as case:
                want, x, y = getattr(torch, result), ones(trial, shape, left), ones(trial, (), right)
                case.equal("dtype of x + y", (x + y).dtype, want)
                case.equal("dtype of y + x", (y + x).dtype, want)
                case.equal("dtype of y * x", (y * x).dtype, want)
                case.equal("result_type", torch.result_type(x, y), want)
                case.same(y * x, np.ones(shape, result))


@pytest.mark.clause("dtype.cast.every")
def test_casts(row: dict[str, str], trial: Trial) -> None:
    """From the dtype of the row to every other."""
    casting.check(row, trial)


@pytest.mark.clause("dtype.promote.levels")
def test_levels(row: dict[str, str], trial: Trial) -> None:
    """Every pair of dtypes, with dimensions and without, under both default dtypes."""
    levels.check_tensors(row, trial)


@pytest.mark.clause("dtype.promote.numbers")
def test_numbers(row: dict[str, str], trial: Trial) -> None:
    """Every dtype and every kind of Python number."""
    levels.check_numbers(row, trial)


@pytest.mark.clause("dtype.promote.joined")
def test_joined(row: dict[str, str], trial: Trial) -> None:
    """Every pair of dtypes."""
    levels.check_joined(row, trial)


@pytest.mark.clause("dtype.query.pairs")
def test_queries(row: dict[str, str], trial: Trial) -> None:
    """Every pair of dtypes, by name."""
    levels.check_queries(row, trial)


@pytest.mark.clause("dtype.inplace.pairs")
def test_in_place(row: dict[str, str], trial: Trial) -> None:
    """Every pair of dtypes on every pair of levels."""
    levels.check_in_place(row, trial)


@pytest.mark.clause("dtype.out.pairs")
def test_out(row: dict[str, str], trial: Trial) -> None:
    """Every pair of a result and a target."""
    levels.check_out(row, trial)
