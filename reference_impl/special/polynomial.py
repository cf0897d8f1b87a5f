"""Orthogonal polynomials of a degree that is given for each element, from SciPy.

The degree is a tensor or a number; what comes after its point is dropped, and the polynomials of a negative degree are
zero. Results require no gradient.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy

from ..arguments import need_one_tensor
from ..blocks import by_blocks
from ..derivative import half_refused
from ..op import binary, floating, operation
from ..storage import Array
from ..tensor import Tensor

Polynomial = Callable[[Array, Array], Array]


def _evaluated(name: str, polynomial: Polynomial, x: Any, n: Any) -> Tensor:
    """The polynomial of degree n at x. TypeError for two numbers, NotImplementedError for half and complex types."""
    need_one_tensor(f"special_{name}", x, n)
    half_refused(f"{name}_cpu", x, n)

    @by_blocks
    def forward(a: Array, degree: Array) -> Array:
        whole = np.trunc(degree).astype(np.int64)
        return np.where(whole < 0, 0, polynomial(np.maximum(whole, 0), a))

    return binary(forward, x, n, None, floating)


def _third(n: Array, x: Array) -> Array:
    """Chebyshev's third kind (Mason and Handscomb, Chebyshev Polynomials, 2003, section 1.2.3)."""
    first: Array = scipy.special.eval_chebyu(n, x)
    return first - np.where(n == 0, 0, scipy.special.eval_chebyu(np.maximum(n - 1, 0), x))


def _fourth(n: Array, x: Array) -> Array:
    """Chebyshev's fourth kind (as above)."""
    first: Array = scipy.special.eval_chebyu(n, x)
    return first + np.where(n == 0, 0, scipy.special.eval_chebyu(np.maximum(n - 1, 0), x))


def _shifted(polynomial: Polynomial) -> Polynomial:
    """The polynomial on the interval from zero to one."""
    return lambda n, x: polynomial(n, 2 * x - 1)


@operation(name="special_chebyshev_polynomial_t", method=False)
def chebyshev_polynomial_t(x: Any, n: Any) -> Tensor:
    """Chebyshev's polynomials of the first kind: `cos(n * acos(x))` between -1 and 1."""
    return _evaluated("chebyshev_polynomial_t", scipy.special.eval_chebyt, x, n)


@operation(name="special_chebyshev_polynomial_u", method=False)
def chebyshev_polynomial_u(x: Any, n: Any) -> Tensor:
    """Chebyshev's polynomials of the second kind."""
    return _evaluated("chebyshev_polynomial_u", scipy.special.eval_chebyu, x, n)


@operation(name="special_chebyshev_polynomial_v", method=False)
def chebyshev_polynomial_v(x: Any, n: Any) -> Tensor:
    """Chebyshev's polynomials of the third kind: two neighbours of the second kind, subtracted."""
    return _evaluated("chebyshev_polynomial_v", _third, x, n)


@operation(name="special_chebyshev_polynomial_w", method=False)
def chebyshev_polynomial_w(x: Any, n: Any) -> Tensor:
    """Chebyshev's polynomials of the fourth kind: two neighbours of the second kind, added."""
    return _evaluated("chebyshev_polynomial_w", _fourth, x, n)


@operation(name="special_shifted_chebyshev_polynomial_t", method=False)
def shifted_chebyshev_polynomial_t(x: Any, n: Any) -> Tensor:
    """Chebyshev's polynomials of the first kind at `2 * x - 1`."""
    return _evaluated("shifted_chebyshev_polynomial_t", _shifted(scipy.special.eval_chebyt), x, n)


@operation(name="special_shifted_chebyshev_polynomial_u", method=False)
def shifted_chebyshev_polynomial_u(x: Any, n: Any) -> Tensor:
    """Chebyshev's polynomials of the second kind at `2 * x - 1`."""
    return _evaluated("shifted_chebyshev_polynomial_u", _shifted(scipy.special.eval_chebyu), x, n)


@operation(name="special_shifted_chebyshev_polynomial_v", method=False)
def shifted_chebyshev_polynomial_v(x: Any, n: Any) -> Tensor:
    """Chebyshev's polynomials of the third kind at `2 * x - 1`."""
    return _evaluated("shifted_chebyshev_polynomial_v", _shifted(_third), x, n)


@operation(name="special_shifted_chebyshev_polynomial_w", method=False)
def shifted_chebyshev_polynomial_w(x: Any, n: Any) -> Tensor:
    """Chebyshev's polynomials of the fourth kind at `2 * x - 1`."""
    return _evaluated("shifted_chebyshev_polynomial_w", _shifted(_fourth), x, n)


@operation(name="special_hermite_polynomial_h", method=False)
def hermite_polynomial_h(x: Any, n: Any) -> Tensor:
    """The physicists' Hermite polynomials."""
    return _evaluated("hermite_polynomial_h", scipy.special.eval_hermite, x, n)


@operation(name="special_hermite_polynomial_he", method=False)
def hermite_polynomial_he(x: Any, n: Any) -> Tensor:
    """The probabilists' Hermite polynomials."""
    return _evaluated("hermite_polynomial_he", scipy.special.eval_hermitenorm, x, n)


@operation(name="special_laguerre_polynomial_l", method=False)
def laguerre_polynomial_l(x: Any, n: Any) -> Tensor:
    """The Laguerre polynomials."""
    return _evaluated("laguerre_polynomial_l", scipy.special.eval_laguerre, x, n)


@operation(name="special_legendre_polynomial_p", method=False)
def legendre_polynomial_p(x: Any, n: Any) -> Tensor:
    """The Legendre polynomials."""
    return _evaluated("legendre_polynomial_p", scipy.special.eval_legendre, x, n)
