"""Whether the value of an example's statement is the one that its comment gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from conformance.case import Trial
from conformance.compare import Check, check_close, check_same, show
from conformance.tolerance import ULPS


def agree(name: str, got: Any, want: Any, trial: Trial) -> Check:
    """Compare by the rules of ``spec/README.md``: tensors by values (and dtype, if `want` has one), the rest by ==."""
    if trial.is_tensor(got):
        return _tensor(name, got, want, trial)
    if isinstance(got, np.ndarray):
        return _array(name, got, want)
    if isinstance(want, tuple | list) and isinstance(got, tuple | list):
        return _sequence(name, got, want, trial)
    if isinstance(want, Mapping) and isinstance(got, Mapping):
        return _mapping(name, got, want, trial)
    return Check(name, show(want), show(got), _plain(got, want))


def dtype_name(value: Any) -> str:
    """``float32`` for a tensor, an array or a dtype of any library whose dtypes print their name last."""
    return str(getattr(value, "dtype", value)).rsplit(".", maxsplit=1)[-1]


def _tensor(name: str, got: Any, want: Any, trial: Trial) -> Check:
    """A tensor against a tensor or array (shape, dtype, values) or against a number or nested list (shape, values)."""
    kind, values = dtype_name(got), trial.read(got)
    has_dtype = trial.is_tensor(want) or isinstance(want, np.ndarray)
    if has_dtype and dtype_name(want) != kind:
        return Check(name, f"{dtype_name(want)} {show(trial.read(want))}", f"{kind} {show(values)}", False)
    if not has_dtype and not isinstance(want, bool | int | float | complex | list):
        return Check(name, show(want), f"{kind} {show(values)}", False)
    expected = _literal(trial.read(want), kind)
    if values.shape != expected.shape:
        return Check(name, f"shape {expected.shape}", f"shape {values.shape}", False)
    if (kind == "bool") != (expected.dtype == bool) and expected.size:
        return Check(name, show(want), f"{kind} {show(values)}", False)
    return check_close(values, expected, kind if kind in ULPS else str(expected.dtype), name=name)


def _literal(expected: np.ndarray, kind: str) -> np.ndarray:
    """Integers written where the result is floating are read as floats; an empty list has any dtype."""
    if kind in ULPS and expected.dtype.kind in "iu":
        return expected.astype(np.float64)
    return expected.astype(kind) if not expected.size and kind != "bfloat16" else expected


def _array(name: str, got: np.ndarray, want: Any) -> Check:
    expected = np.asarray(want)
    if got.shape != expected.shape or (isinstance(want, np.ndarray) and got.dtype != want.dtype):
        return Check(name, f"{expected.dtype} {expected.shape}", f"{got.dtype} {got.shape}", False)
    return check_same(got, expected, name)


def _sequence(name: str, got: Sequence[Any], want: Sequence[Any], trial: Trial) -> Check:
    same_kind = isinstance(got, tuple) == isinstance(want, tuple)
    if not same_kind or len(got) != len(want):
        return Check(name, show(want), show(got), False)
    parts = [agree(name, a, b, trial) for a, b in zip(got, want, strict=True)]
    return _joined(name, parts)


def _mapping(name: str, got: Mapping[Any, Any], want: Mapping[Any, Any], trial: Trial) -> Check:
    if list(got) != list(want):
        return Check(name, show(list(want)), show(list(got)), False)
    return _joined(name, [agree(name, got[key], want[key], trial) for key in want])


def _joined(name: str, parts: Sequence[Check]) -> Check:
    want, got = (", ".join(getattr(part, side) for part in parts) for side in ("want", "got"))
    close = ",)" if len(parts) == 1 else ")"
    return Check(name, f"({want}{close}", f"({got}{close}", all(part.ok for part in parts))


def _plain(got: Any, want: Any) -> bool:
    if want is None or got is None:
        return got is want
    if isinstance(want, bool) or isinstance(got, bool):
        return got is want
    if isinstance(want, float):
        return isinstance(got, float) and _same_float(got, want)
    if isinstance(want, int | str | complex):
        return isinstance(got, type(want)) and bool(got == want)
    return bool(got == want)


def _same_float(got: float, want: float) -> bool:
    return check_close(np.asarray(got, np.float64), np.asarray(want, np.float64), "float64").ok
