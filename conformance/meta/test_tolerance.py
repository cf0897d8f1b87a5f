"""The comparison itself: what it accepts, what it refuses, and that no tolerance lets a wrong answer pass."""

from __future__ import annotations

import numpy as np
import pytest

from conformance.compare import check_close, check_same, check_within
from conformance.tolerance import EPSILON, ULPS, allowance, widening

FLOATING = sorted(ULPS)


def ones(dtype: str) -> np.ndarray:
    """A small array of the dtype's precision, as the harness reads it (bfloat16 by way of float32)."""
    return np.ones(3, dtype="float32" if dtype == "bfloat16" else dtype)


@pytest.mark.parametrize("dtype", FLOATING)
def test_within_and_beyond(dtype: str) -> None:
    """Half the allowance passes and twice the allowance fails."""
    want = np.ones(3)
    step = EPSILON[dtype] * ULPS[dtype]
    assert check_close(ones(dtype) + ones(dtype) * step / 2, want, dtype).ok
    assert not check_close(ones(dtype) + ones(dtype) * step * 2, want, dtype).ok


@pytest.mark.parametrize("dtype", FLOATING)
@pytest.mark.parametrize("length", [1, 100, 10_000])
def test_no_allowance_is_trivial(dtype: str, length: int) -> None:
    """Even widened for a long reduction, a zero, the unchanged input and a shuffled answer are refused."""
    values = np.array([0.5, 1.25, -2.0, 3.5], dtype=ones(dtype).dtype)
    want = np.exp2(np.real(values)).astype(np.float64)
    factor = widening(length)
    for wrong in (np.zeros_like(values), values, np.roll(want, 1).astype(values.dtype)):
        assert not check_close(wrong, want, dtype, factor).ok


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_types_round_once(dtype: str) -> None:
    """A long reduction in half precision accumulates in float32: its allowance hardly grows."""
    assert allowance(dtype, widening(10_000)) < 1.1 * allowance(dtype)


def test_widening_grows_with_the_root() -> None:
    """The stated rule."""
    assert (widening(0), widening(1), widening(10_000)) == (1.0, 1.0, 100.0)


def test_special_values() -> None:
    """NaN equals NaN alone, infinities keep their sign, and a wanted negative zero demands it."""
    nan, inf = np.array([np.nan]), np.array([np.inf])
    assert check_close(nan, nan, "float64").ok
    assert not check_close(nan, np.array([1.0]), "float64").ok
    assert not check_close(np.array([1.0]), nan, "float64").ok
    assert not check_close(inf, -inf, "float64").ok
    assert not check_close(np.array([1e308]), inf, "float64").ok
    assert not check_close(np.array([0.0]), np.array([-0.0]), "float64").ok
    assert check_close(np.array([-0.0]), np.array([0.0]), "float64").ok


def test_integers_are_exact() -> None:
    """Beyond 2**53 too."""
    want = np.array([2**53 + 1])
    assert check_close(want.copy(), want, "int64").ok
    assert not check_close(want - 1, want, "int64").ok


def test_an_exact_result_is_rounded_to_the_dtype_first() -> None:
    """1/3 in float16 is compared with the nearest float16."""
    got = np.array([1 / 3], dtype=np.float16)
    assert check_close(got, np.array([1 / 3]), "float16").ok


def test_same_is_bit_for_bit() -> None:
    """One bit off, or another sign of zero, is not the same."""
    want = np.array([1.0, 0.0, np.nan], dtype=np.float32)
    assert check_same(want.copy(), want).ok
    assert not check_same(np.nextafter(want, np.float32(2)), want).ok
    assert not check_same(np.array([1.0, -0.0, np.nan], dtype=np.float32), want).ok


def test_worst_elements_are_named() -> None:
    """A mismatch tells how many differ, where, and by how much."""
    want = np.zeros(100) + 2.0
    got = want.copy()
    got[7], got[50] = 3.0, 2.5
    told = check_close(got, want, "float64").got
    assert "2 of 100 differ" in told
    assert "at (7,) want 2.0, got 3.0" in told
    assert told.index("(7,)") < told.index("(50,)")  # the worst first


def test_numbers_are_told_in_their_own_digits() -> None:
    """Enough to tell two float32 apart, and not the digits of their double."""
    want = np.array([0.1, 1.0], np.float32)
    check = check_close(np.nextafter(want, np.float32(2)) + np.float32(1e-3), want, "float32")
    assert check.want == "[0.1, 1.0]"
    assert check.got.startswith("[0.10100001, 1.0010002]\n2 of 2 differ\n  at ")
    one, near = np.asarray(np.float32(1.0)), np.asarray(np.float32(1.0 + 2.0**-13))
    assert check_close(near, one, "float32").got == "1.0001221, 1.02e+03 ulp"
    assert check_close(np.asarray(np.float32(1.5)), one, "float32").got == "1.5"  # another number, not a rounded one


def test_within_takes_a_stated_error() -> None:
    """Relative and absolute parts."""
    want = np.array([100.0])
    assert check_within(np.array([100.5]), want, relative=0.01, absolute=0.0).ok
    assert not check_within(np.array([102.0]), want, relative=0.01, absolute=0.5).ok


def test_agreement_is_told_as_it_was() -> None:
    """The text of arrays that agree is made when it is read, of what they were when they were compared."""
    got, want = np.array([1.5, 2.0], np.float32), np.array([1.5, 2.0])
    check = check_close(got, want, "float32")
    got[0] = want[1] = 9
    assert (check.ok, check.want, check.got) == (True, "[1.5, 2.0]", "[1.5, 2.0]")
    long = check_same(np.arange(20), np.arange(20))
    assert long.got == "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, …] (20 elements)"
    with pytest.raises(AttributeError):
        check.where  # type: ignore[attr-defined]  # noqa: B018


@pytest.mark.parametrize("dtype", ["float32", "int64", "bool", "bfloat16"])
def test_complex_where_real_is_expected(dtype: str) -> None:
    """Compared as it is, imaginary part and all."""
    want = np.array([1 + 1j, 2])
    assert check_close(want, want, dtype).ok
    assert not check_close(np.real(want), want, dtype).ok
