"""Dtype names, the words that operation tables use for groups of them, and the promotion lattice."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

INTEGERS = ("uint8", "int8", "int16", "int32", "int64")
HALVES = ("float16", "bfloat16")
FLOATS = ("float32", "float64")
COMPLEXES = ("complex64", "complex128")
DIMENSIONED, ZERO_DIM, NUMBER = "with dimensions", "zero-dimensional", "number"
DTYPES = ("bool", *INTEGERS, *HALVES, *FLOATS, *COMPLEXES)

GROUPS: dict[str, tuple[str, ...]] = {
    "integer": INTEGERS,
    "signed": INTEGERS[1:],
    "half": HALVES,
    "float": FLOATS,
    "complex": COMPLEXES,
    "number": (*INTEGERS, *HALVES, *FLOATS),
    "any": DTYPES,
}
WORDS: dict[str, tuple[str, ...]] = {**GROUPS, **{name: (name,) for name in DTYPES}}

_REAL = {"complex64": "float32", "complex128": "float64"}
_COMPLEX = {"float32": "complex64", "float64": "complex128", "complex64": "complex64", "complex128": "complex128"}
_BITS = {"bool": 1, "uint8": 8, "int8": 8, "int16": 16, "int32": 32, "int64": 64}
_BITS |= {"float16": 16, "bfloat16": 16, "float32": 32, "float64": 64, "complex64": 32, "complex128": 64}


def is_floating(dtype: str) -> bool:
    """Whether values of the dtype are rounded and real."""
    return dtype in HALVES or dtype in FLOATS


def kind(dtype: str) -> int:
    """The category of a dtype: 0 bool, 1 integer, 2 floating, 3 complex."""
    if dtype == "bool":
        return 0
    if dtype in INTEGERS:
        return 1
    return 3 if dtype in COMPLEXES else 2


@cache
def promote(*dtypes: str) -> str:
    """The dtype of a result between tensors of these dtypes, all of them dimensioned."""
    result = dtypes[0]
    for dtype in dtypes[1:]:
        result = _promote_two(result, dtype)
    return result


def _promote_two(a: str, b: str) -> str:
    if a == b:
        return a
    low, high = sorted((a, b), key=lambda name: (kind(name), _BITS[name]))
    if kind(low) < kind(high):
        if kind(high) == 3 and kind(low) == 2:
            return "complex128" if "64" in (str(_BITS[low]), str(_BITS[high])) else "complex64"
        return high
    if _BITS[low] == _BITS[high]:
        return {1: "int16", 2: "float32"}[kind(high)]
    return high


def result_type(*operands: tuple[str, str]) -> str:
    """The dtype that operands on three levels promote to; empty where it is none of `DTYPES` (a complex half).

    Each level promotes by itself. A lower level has a say only where it raises the category of the higher ones.
    """
    levels = [[dtype for level, dtype in operands if level == wanted] for wanted in (NUMBER, ZERO_DIM, DIMENSIONED)]
    result = ""
    for higher in (promote(*dtypes) for dtypes in levels if dtypes):
        result = _raised(higher, result) if result else higher
    return result


def _raised(higher: str, lower: str) -> str:
    """The dtype of a level, raised to the category of a lower level."""
    if kind(lower) <= kind(higher):
        return higher
    if kind(lower) == 3 and kind(higher) == 2:
        return {"float16": "", "bfloat16": "complex64"}.get(higher) or _COMPLEX.get(higher, "")
    return lower


def result_dtype(rule: str, dtype: str) -> str:
    """The dtype that the rule of a column `result` gives for operands of `dtype`.

    `same` keeps it; `float` turns bool and integers into float32; `total` turns them into int64; `complex` gives the
    complex dtype whose parts the floating dtype has, and `real` the dtype of the parts; any dtype name is itself.
    Words after one another are taken in turn: `float real`.
    """
    for word in check_rule(rule):
        dtype = _RULES[word](dtype) if word in _RULES else word
    return dtype


def check_rule(rule: str) -> list[str]:
    """The words of a rule; raises ValueError for one that is none."""
    words = rule.split()
    for word in words or [rule]:
        if word not in _RULES and word not in DTYPES:
            raise ValueError(f"unknown result rule {word!r}, expected {', '.join(_RULES)} or a dtype")
    return words


_RULES: dict[str, Callable[[str], str]] = {
    "same": lambda dtype: dtype,
    "float": lambda dtype: "float32" if kind(dtype) < 2 else dtype,
    "total": lambda dtype: "int64" if kind(dtype) < 2 else dtype,
    "complex": lambda dtype: _COMPLEX["float32" if kind(dtype) < 2 else dtype],
    "real": lambda dtype: _REAL.get(dtype, dtype),
}
