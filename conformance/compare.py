"""Equality, defined once: what the harness compares and how it tells what differs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from conformance.tolerance import EXACT, allowance, distance_in_ulps, rounded

SHOWN_ELEMENTS = 12
WORST_ELEMENTS = 3
NEAR = 1e5  # ulps; what is farther away is another number, and not an inaccurate one


@dataclass(frozen=True)
class Check:
    """One thing looked at: its name, what was wanted, what came, and whether they agree."""

    name: str
    want: str
    got: str
    ok: bool


class Agreed(Check):
    """A check of arrays that agree. Its text is made when it is read, which is seldom."""

    def __init__(self, name: str, want: np.ndarray, got: np.ndarray) -> None:
        for field, value in (("name", name), ("parts", {"want": _part(want), "got": _part(got)}), ("ok", True)):
            object.__setattr__(self, field, value)

    def __getattr__(self, field: str) -> str:
        if field not in ("want", "got"):
            raise AttributeError(field, name=field, obj=self)
        return _text(*self.__dict__["parts"][field])


def show(value: Any) -> str:
    """A short text of a value, arrays with enough digits to tell two numbers of their dtype apart."""
    if isinstance(value, np.ndarray):
        return _text(*_part(value))
    text = repr(value)
    return text if len(text) <= 200 else text[:199] + "…"


def _part(array: np.ndarray) -> tuple[np.ndarray, int]:
    """As much of an array as is shown, copied, and its size."""
    return (array.copy() if array.size <= SHOWN_ELEMENTS else array.flat[:SHOWN_ELEMENTS]), array.size


def _text(part: np.ndarray, size: int) -> str:
    return _nested(part) if part.size == size else f"{_nested(part)[:-1]}, …] ({size} elements)"


def _nested(array: np.ndarray) -> str:
    """Brackets around the shortest digits that say each number."""
    if array.ndim:
        return f"[{', '.join(map(_nested, array))}]"
    return str(array[()])


def check_shape(got: np.ndarray, want: np.ndarray) -> Check:
    """Shapes are exact."""
    return Check("shape", str(want.shape), str(got.shape), got.shape == want.shape)


def check_same(got: np.ndarray, want: np.ndarray, name: str = "values") -> Check:
    """Bit for bit, but any NaN equals any NaN; arrays of one shape."""
    if got.dtype == want.dtype and got.tobytes() == want.tobytes():
        return Agreed(name, want, got)
    with np.errstate(all="ignore"):
        both_nan = (got != got) & (want != want)
        differ = ~((got == want) | both_nan) | _signs_differ(got, want)
    return _checked(name, got, want, differ)


def check_close(got: np.ndarray, want: np.ndarray, dtype: str, factor: float = 1.0, name: str = "values") -> Check:
    """Within ``allowance(dtype, factor)`` of `want` rounded once to `dtype`; exact for integers and bools.

    `got` and `want` have one shape. Infinities and NaN agree only with themselves, and a wanted negative zero
    demands its sign. Complex results are measured as points of the plane.
    """
    want = rounded(want, dtype)
    if dtype in EXACT:
        return check_same(got.astype(dtype) if got.dtype == bool or got.dtype.kind in "iu" else got, want, name)
    if got.dtype == want.dtype and got.tobytes() == want.tobytes():
        return Agreed(name, want, got)
    ulps = distance_in_ulps(got, want, dtype)
    differ = (ulps > allowance(dtype, factor)) | (_signs_differ(got, want) & np.signbit(np.real(want)))
    return _checked(name, got, want, differ, ulps)


def check_within(got: np.ndarray, want: np.ndarray, relative: float, absolute: float, name: str = "values") -> Check:
    """``|got - want| <= absolute + relative * |want|``: for quantities with a truncation error."""
    with np.errstate(all="ignore"):
        same = (got == want) | ((got != got) & (want != want))
        differ = ~(same | (np.abs(got - want) <= absolute + relative * np.abs(want)))
    return _checked(name, got, want, differ)


def _signs_differ(got: np.ndarray, want: np.ndarray) -> np.ndarray:
    """Where both are zero and only the sign tells them apart (real parts of complex numbers)."""
    if got.dtype.kind not in "fc" or want.dtype.kind not in "fc":
        return np.zeros(got.shape, dtype=bool)
    got, want = np.real(got), np.real(want)
    zero: np.ndarray = (got == 0) & (want == 0) & (np.signbit(got) != np.signbit(want))
    return zero


def _checked(name: str, got: np.ndarray, want: np.ndarray, differ: np.ndarray, ulps: np.ndarray | None = None) -> Check:
    """The check of two arrays that differ in some places, or in none."""
    return (
        Check(name, show(want), _differing(got, want, differ, ulps), False) if differ.any() else Agreed(name, want, got)
    )


def _differing(got: np.ndarray, want: np.ndarray, differ: np.ndarray, ulps: np.ndarray | None = None) -> str:
    """`got` as text, with the worst differing elements when the array is too large to read."""
    count = int(np.count_nonzero(differ))
    distance = ulps if ulps is not None else np.where(differ, 1.0, 0.0)
    order = np.argsort(np.where(differ, -distance, 1.0), axis=None, kind="stable")[: min(count, WORST_ELEMENTS)]
    worst = []
    for flat in order:
        where = tuple(int(i) for i in np.unravel_index(flat, got.shape))
        far = f", {distance[where]:.3g} ulp" if ulps is not None and 0 < distance[where] < NEAR else ""
        worst.append(f"  at {where} want {want[where]!s}, got {got[where]!s}{far}")
    if not got.ndim:
        return f"{show(got)}{worst[0].partition('got')[2].removeprefix(f' {got[()]!s}')}"
    return "\n".join([show(got), f"{count} of {got.size} differ" + (", such as" if count > len(worst) else ""), *worst])
