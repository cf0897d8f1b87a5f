"""Casts between every two dtypes: the values by the rules of C and IEEE 754, and when a cast is a copy."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from conformance.case import Case, Trial
from conformance.law.levels import FEW, needs
from conformance.promotion import COMPLEXES, DTYPES, INTEGERS
from conformance.sample import stored, tensor

FRACTIONS = (0.0, -0.0, 0.125, -0.125, 0.5, -0.5, 1.0, -1.0, 1.875, -1.875, 2.5, -100.5, 100.0)
WHOLE = (0, 1, 2, 3, 100, -1, -2, -100)


def values(source: str, target: str) -> np.ndarray:
    """Numbers of `source` whose cast to `target` is defined: the ends of integers too, where they are cut to bits."""
    if source == "bool":
        return np.array([False, True, True])
    if source in INTEGERS:
        info = np.iinfo(source)
        ends = (int(info.min), int(info.max)) if target in (*INTEGERS, "bool") else ()
        return np.array([value for value in (*WHOLE, *ends) if info.min <= value <= info.max], source)
    numbers = np.array([value for value in FRACTIONS if target != "uint8" or value >= 0])
    if source in COMPLEXES:
        return (numbers + 1j * numbers[::-1]).astype(source)
    return numbers.astype(stored(source))


def cast(array: np.ndarray, target: str) -> np.ndarray:
    """What the numbers are in `target`."""
    if array.dtype.kind == "c" and target not in COMPLEXES:
        array = array != 0 if target == "bool" else array.real
    found = array.astype(stored(target))
    return found.astype(np.float32) if target == "bfloat16" else found


def check(row: dict[str, str], trial: Trial) -> None:
    """`to` in both of its spellings, `type`, `copy=True` and `copy_`, to each dtype from that of the row."""
    source = row["dtype"].removeprefix("torch.")
    for target in FEW if trial.quick else DTYPES:
        array = values(source, target)
        told = f"x: {source} = {array.tolist()}"
        with warnings.catch_warnings(), trial.case(target, f"x.to({target})", told, needs(source, target)) as case:
            warnings.filterwarnings("ignore", "Casting complex values to real")
            casts(case, tensor(trial, array, source), array, target)


def casts(case: Case, x: Any, array: np.ndarray, target: str) -> None:
    """Each spelling gives the same values; the tensor itself comes back where nothing is to be done."""
    torch, dtype = case.trial.namespace, getattr(case.trial.namespace, target)
    want, before = cast(array, target), case.trial.read(x).copy()
    spelled = {"to": x.to(dtype), "type": x.type(dtype), "copy": x.to(dtype, copy=True), "clone": x.clone().to(dtype)}
    for name, got in spelled.items():
        case.equal(f"{name}: dtype", got.dtype, dtype)
        case.same(got, want, f"{name}: values")
    for name in ("to", "type"):
        case.equal(f"{name}: is x", spelled[name] is x, x.dtype == dtype)
    case.equal("copy: is x", spelled["copy"] is x, False)
    written = torch.zeros(array.shape, dtype=dtype, device=case.trial.device).copy_(x)
    case.same(written, want, "copy_: values")
    spelled["copy"].fill_(1)
    case.same(x, before, "x")
