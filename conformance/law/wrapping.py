"""Integer arithmetic against Python's own, whose integers have no end: what remains is what the dtype's bits hold."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

import numpy as np

from conformance.case import Trial
from conformance.promotion import INTEGERS

SMALL = (-7, -3, -2, -1, 0, 1, 2, 3, 7)
EXACT = (2**53 + 1, -(2**53) - 1, 2**62 + 1)


def wrapped(value: int, dtype: str) -> int:
    """What is left of a whole number in the bits of `dtype`, in two's complement."""
    info = np.iinfo(dtype)
    return (value - int(info.min)) % (int(info.max) - int(info.min) + 1) + int(info.min)


def numbers(dtype: str, words: str) -> list[int]:
    """Both signs of small numbers and, where `words` has `edges`, the ends of the dtype and what no float64 holds."""
    info = np.iinfo(dtype)
    found: tuple[int, ...] = SMALL
    if "edges" in words:
        found += (int(info.min), int(info.min) + 1, int(info.max) - 1, int(info.max), *EXACT)
    return sorted({value for value in found if info.min <= value <= info.max})


def operands(dtype: str, words: str) -> Iterator[tuple[int, int]]:
    """Every pair, less those that `words` leaves out: `y nonzero`, `y shift`, `y natural`.

    The least number divided by minus one is left out: its quotient overflows, which stops some processors.
    """
    least = int(np.iinfo(dtype).min)
    for x, y in product(numbers(dtype, words), repeat=2):
        if ("nonzero" in words and (y == 0 or (y == -1 and x == least))) or ("natural" in words and y not in range(8)):
            continue
        yield x, y


def check(row: Mapping[str, str], trial: Trial) -> None:
    """The row's call, in every integer dtype and on every pair of its operands, against its Python formula."""
    torch = trial.namespace
    formula = compile(row["python"], row["python"], "eval")
    for dtype in ("int64",) if trial.quick else INTEGERS:
        pairs = list(operands(dtype, row["operands"]))
        x, y = ([pair[side] for pair in pairs] for side in (0, 1))
        with trial.case(dtype, row["call"], f"x: {dtype} = {x}, y: {dtype} = {y}") as case:
            want = [wrapped(eval(formula, {"math": math, "x": a, "y": b}), dtype) for a, b in pairs]
            made = {name: tensor(trial, values, dtype) for name, values in (("x", x), ("y", y))}
            got = eval(row["call"], {"torch": torch, **made})
            case.equal("dtype", got.dtype, getattr(torch, dtype))
            case.same(got, np.array(want, dtype))
            case.same(made["x"], np.array(x, dtype), "x")


def check_zero(row: Mapping[str, str], trial: Trial) -> None:
    """A divisor of zero, among others and alone, raises; the operands stay as they are."""
    for dtype in ("int64",) if trial.quick else INTEGERS:
        for words, y in (("among others", [1, 0, 2]), ("alone", [0, 0, 0])):
            with trial.case(f"{dtype} {words}", row["call"], f"x: {dtype} = [5, 3, 0], y: {dtype} = {y}") as case:
                made = {"x": tensor(trial, [5, 3, 0], dtype), "y": tensor(trial, y, dtype)}
                with case.raises("RuntimeError", "ZeroDivisionError"):
                    exec(row["call"], {"torch": trial.namespace, **made})
                case.same(made["x"], np.array([5, 3, 0], dtype), "x")
                case.same(made["y"], np.array(y, dtype), "y")


def tensor(trial: Trial, values: list[int], dtype: str) -> Any:
    """A tensor of whole numbers on the device under test."""
    torch = trial.namespace
    return torch.tensor(values, dtype=getattr(torch, dtype), device=trial.device)
