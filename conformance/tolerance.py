"""How far a value may lie from the exact one: one table, in units in the last place of the result's dtype.

A result that accumulates over `n` terms may be off by more: the allowance is multiplied by `widening(n)`, which grows
with the square root of the length, as the error of independent roundings does, and stays 1 for elementwise results.
"""

from __future__ import annotations

import math

import ml_dtypes
import numpy as np

ULPS: dict[str, float] = {
    "float16": 2,
    "bfloat16": 2,
    "float32": 8,
    "float64": 16,
    "complex64": 16,
    "complex128": 32,
}

EPSILON: dict[str, float] = {
    "float16": 2.0**-10,
    "bfloat16": 2.0**-7,
    "float32": 2.0**-23,
    "float64": 2.0**-52,
    "complex64": 2.0**-23,
    "complex128": 2.0**-52,
}

SMALLEST_NORMAL: dict[str, float] = {
    "float16": 2.0**-14,
    "bfloat16": 2.0**-126,
    "float32": 2.0**-126,
    "float64": 2.0**-1022,
    "complex64": 2.0**-126,
    "complex128": 2.0**-1022,
}

EXACT = frozenset({"bool", "uint8", "int8", "int16", "int32", "int64", "uint16", "uint32", "uint64"})


def widening(length: int) -> float:
    """The factor for a result that accumulates over `length` terms."""
    return max(1.0, math.sqrt(length))


def allowance(dtype: str, factor: float = 1.0) -> float:
    """How many units in the last place of `dtype` are allowed for a result widened by `factor`.

    The half types accumulate in float32 and round once, so what widens is float32's share of the error.
    """
    if dtype not in ("float16", "bfloat16"):
        return ULPS[dtype] * factor
    return ULPS[dtype] + ULPS["float32"] * factor * EPSILON["float32"] / EPSILON[dtype]


def rounded(values: np.ndarray, dtype: str) -> np.ndarray:
    """`values` rounded once to `dtype`, as higher-precision values that a comparison can subtract.

    Complex values where a real dtype is expected stay complex: a wrong answer is told as it is.
    """
    if values.dtype.kind == "c" and not dtype.startswith("complex"):
        return values
    if dtype in EXACT:
        return values.astype(dtype)
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        if dtype == "bfloat16":
            return values.astype(ml_dtypes.bfloat16).astype(np.float64)
        return values.astype(dtype)


def distance_in_ulps(got: np.ndarray, want: np.ndarray, dtype: str) -> np.ndarray:
    """Elementwise ``|got - want|`` in units in the last place of `dtype` at `want`; same values are 0, NaN is infinite.

    Complex numbers are measured as points of the plane: a component near zero beside a large one is not held to
    its own last place.
    """
    wide = np.complex128 if np.iscomplexobj(got) or np.iscomplexobj(want) else np.float64
    got, want = got.astype(wide), want.astype(wide)
    with np.errstate(all="ignore"):
        same = (got == want) | (np.isnan(got) & np.isnan(want))
        magnitude = np.maximum(np.abs(want), SMALLEST_NORMAL[dtype])
        unit = np.exp2(np.floor(np.log2(magnitude))) * EPSILON[dtype]
        ulps = np.abs(got - want) / unit
    return np.where(same, 0.0, np.where(np.isfinite(ulps), ulps, np.inf))
