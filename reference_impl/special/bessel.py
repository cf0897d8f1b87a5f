"""Bessel functions, the modified and the spherical ones, and the Airy function, from SciPy.

Torch gives gradients of the modified functions of the first kind alone, and only under the names `i0`, `i0e`, `i1` and
`i1e`. They follow from I0' = I1 and I1' = I0 - I1 / x (DLMF 10.29.3 and 10.29.2); the names with `e` carry a factor
`exp(-|x|)`. Results of all the other functions require no gradient.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy

from ..choice import where
from ..derivative import by_input, complex_refused, half_refused
from ..op import floating, operation, unary
from ..storage import Array
from ..tensor import Tensor


def _i1_slope(x: Tensor) -> Tensor:
    return where(x == 0, 0.5, i0(x) - i1(x) / where(x == 0, 1.0, x))  # type: ignore[no-any-return]


def _i1e_slope(x: Tensor) -> Tensor:
    safe = where(x == 0, 1.0, x)
    return where(x == 0, 0.5, i0e(x) - i1e(x) * (x.sgn() + safe.reciprocal()))  # type: ignore[no-any-return]


def _i0_slope(x: Tensor) -> Tensor:
    return i1(x)


def _i0e_slope(x: Tensor) -> Tensor:
    return i1e(x) - x.sgn() * i0e(x)  # type: ignore[no-any-return]


I0Backward0 = by_input("I0", _i0_slope)
I1Backward0 = by_input("SpecialI1", _i1_slope)
I0EBackward0 = by_input("SpecialI0E", _i0e_slope)
I1EBackward0 = by_input("SpecialI1E", _i1e_slope)


@operation(inplace=True)
def i0(input: Tensor) -> Tensor:
    """The modified Bessel function of the first kind of order zero."""
    complex_refused("i0_vml_cpu", input)
    return unary(scipy.special.i0, input, I0Backward0, floating, saved=(input,))


@operation(name="special_i0e", method=False)
def i0e(input: Tensor) -> Tensor:
    """`exp(-|x|) * i0(x)`, which does not overflow."""
    complex_refused("i0e_cpu", input)
    return unary(scipy.special.i0e, input, I0EBackward0, floating, saved=(input,))


@operation(name="special_i1", method=False)
def i1(input: Tensor) -> Tensor:
    """The modified Bessel function of the first kind of order one."""
    complex_refused("i1_cpu", input)
    return unary(scipy.special.i1, input, I1Backward0, floating, saved=(input,))


@operation(name="special_i1e", method=False)
def i1e(input: Tensor) -> Tensor:
    """`exp(-|x|) * i1(x)`, which does not overflow."""
    complex_refused("i1e_cpu", input)
    return unary(scipy.special.i1e, input, I1EBackward0, floating, saved=(input,))


def _constant(name: str, function: Callable[..., Any], x: Tensor) -> Tensor:
    """A function whose result requires no gradient. NotImplementedError for half and complex types."""
    half_refused(f"{name}_cpu", x)
    return unary(function, x, None, floating)


@operation(name="special_bessel_j0", method=False)
def bessel_j0(input: Tensor) -> Tensor:
    """The Bessel function of the first kind of order zero."""
    return _constant("bessel_j0", scipy.special.j0, input)


@operation(name="special_bessel_j1", method=False)
def bessel_j1(input: Tensor) -> Tensor:
    """The Bessel function of the first kind of order one."""
    return _constant("bessel_j1", scipy.special.j1, input)


@operation(name="special_bessel_y0", method=False)
def bessel_y0(input: Tensor) -> Tensor:
    """The Bessel function of the second kind of order zero; NaN below zero, minus infinity at zero."""
    return _constant("bessel_y0", scipy.special.y0, input)


@operation(name="special_bessel_y1", method=False)
def bessel_y1(input: Tensor) -> Tensor:
    """The Bessel function of the second kind of order one; NaN below zero, minus infinity at zero."""
    return _constant("bessel_y1", scipy.special.y1, input)


@operation(name="special_modified_bessel_i0", method=False)
def modified_bessel_i0(input: Tensor) -> Tensor:
    """The modified Bessel function of the first kind of order zero, without a gradient."""
    return _constant("modified_bessel_i0", scipy.special.i0, input)


@operation(name="special_modified_bessel_i1", method=False)
def modified_bessel_i1(input: Tensor) -> Tensor:
    """The modified Bessel function of the first kind of order one, without a gradient."""
    return _constant("modified_bessel_i1", scipy.special.i1, input)


@operation(name="special_modified_bessel_k0", method=False)
def modified_bessel_k0(input: Tensor) -> Tensor:
    """The modified Bessel function of the second kind of order zero; NaN below zero, infinite at zero."""
    return _constant("modified_bessel_k0", scipy.special.k0, input)


@operation(name="special_modified_bessel_k1", method=False)
def modified_bessel_k1(input: Tensor) -> Tensor:
    """The modified Bessel function of the second kind of order one; NaN below zero, infinite at zero."""
    return _constant("modified_bessel_k1", scipy.special.k1, input)


@operation(name="special_scaled_modified_bessel_k0", method=False)
def scaled_modified_bessel_k0(x: Tensor) -> Tensor:
    """`exp(x) * modified_bessel_k0(x)`, which does not underflow."""
    return _constant("scaled_modified_bessel_k0", scipy.special.k0e, x)


@operation(name="special_scaled_modified_bessel_k1", method=False)
def scaled_modified_bessel_k1(x: Tensor) -> Tensor:
    """`exp(x) * modified_bessel_k1(x)`, which does not underflow."""
    return _constant("scaled_modified_bessel_k1", scipy.special.k1e, x)


def _spherical(a: Array) -> Array:
    ratio = np.divide(np.sin(a), a)
    return np.where(np.equal(a, 0), 1, np.where(np.isinf(a), 0, ratio)).astype(a.dtype)


@operation(name="special_spherical_bessel_j0", method=False)
def spherical_bessel_j0(x: Tensor) -> Tensor:
    """The spherical Bessel function of the first kind of order zero: `sin(x) / x` (DLMF 10.49.3), one at zero."""
    return _constant("spherical_bessel_j0", _spherical, x)


@operation(name="special_airy_ai", method=False)
def airy_ai(x: Tensor) -> Tensor:
    """The Airy function Ai, the solution of y'' = x y that vanishes at infinity."""
    return _constant("airy_ai", lambda a: scipy.special.airy(a)[0], x)
