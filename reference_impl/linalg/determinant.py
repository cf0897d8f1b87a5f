"""Determinants and their logarithms.

Derivatives: M. B. Giles (2008), sections 2.2.4 and 2.2.5; where a matrix is singular, Jacobi's formula with the
determinants of its minors, which is a polynomial and holds everywhere.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ..autograd.node import Gradients, Node
from ..choice import where
from ..complex import imag
from ..dtype import bool as bool_
from ..dtype import int64
from ..exponential import log
from ..named import returned
from ..op import RESULT, operation, record, record_many
from ..order import adjoint
from ..pointwise import conjugate
from ..quiet import quiet
from ..storage import Array
from ..tensor import Tensor, wrap
from . import lapack
from .check import demand_lapack, demand_precision, identity
from .matrices import demand_floating, demand_square
from .solve import inv


@returned("linalg_slogdet")
class SignLog(NamedTuple):
    """The sign of a determinant (or its phase), and the logarithm of its magnitude."""

    sign: Tensor
    logabsdet: Tensor


def _product(array: Array) -> Array:
    result: Array
    if lapack.many(array):
        result = quiet(np.linalg.det, array)
    else:
        diagonal, sign = _diagonal(array)
        result = quiet(np.multiply.reduce, diagonal, axis=-1, dtype=diagonal.dtype) * sign
    return result


def _diagonal(array: Array) -> tuple[Array, Array]:
    """The diagonal of U, and the sign of the permutation."""
    lu, pivots, _ = lapack.factored(array)
    odd = (pivots != np.arange(1, array.shape[-1] + 1)).sum(-1) % 2
    return np.diagonal(lu, axis1=-2, axis2=-1), np.where(odd, -1, 1).astype(array.dtype)


def _cofactors(x: Tensor) -> Tensor:
    """The determinants of all minors with their signs, each computed as such."""
    n = x._array.shape[-1]
    others = np.array([[j for j in range(n) if j != i] for i in range(n)], np.int64).reshape(n, n - 1)
    rows = wrap(others[:, None, :, None], int64, x._device)
    columns = wrap(others[None, :, None, :], int64, x._device)
    signs = np.where(np.add.outer(np.arange(n), np.arange(n)) % 2, -1, 1).astype(x._array.dtype)
    return _determinant(x[..., rows, columns]) * wrap(signs, x._dtype, x._device)


class LinalgDetBackward0(Node):
    """`g conj(det) A^-H`, or the conjugate cofactors where A is singular."""

    __slots__ = ()
    saves = ("A", "result")

    def gradient(self, grad: Tensor) -> Gradients:
        x, y = self.tensors()
        singular = y._array == 0
        if not singular.any():
            return (grad * conjugate(y))[..., None, None] * adjoint(inv(x))
        if singular.all():
            return grad[..., None, None] * conjugate(_cofactors(x))
        mask = wrap(singular[..., None, None], bool_, x._device)
        regular = where(mask, identity(x, x._array.shape[-1]), x)
        result = (grad * conjugate(y))[..., None, None] * adjoint(inv(regular))
        places = wrap(singular, bool_, x._device)
        return result.index_put((places,), grad[places][..., None, None] * conjugate(_cofactors(x[places])))


def _determinant(x: Tensor) -> Tensor:
    return record(LinalgDetBackward0, _product(x._array), x._dtype, x._device, (x,), (x, RESULT))


def _det(x: Tensor) -> Tensor:
    demand_square("linalg.det", x)
    demand_floating("linalg.det", x)
    demand_lapack("lu_cpu", x)
    return _determinant(x)


@operation(name="linalg_det", method=False, promotes=False)
def det(A: Tensor) -> Tensor:
    """The determinants of square matrices; 1 for a matrix without elements."""
    return _det(A)


@operation(name="det", promotes=False)
def former_det(input: Tensor) -> Tensor:
    """The determinants of square matrices; 1 for a matrix without elements."""
    return _det(input)


class LinalgSlogdetBackward0(Node):
    """`(g - i Im(conj(g_sign) sign)) A^-H`; the sign of a real determinant is constant."""

    __slots__ = ()
    saves = ("A", "sign")

    def gradient(self, of_sign: Tensor, grad: Tensor) -> Gradients:
        x, sign = self.tensors()
        if x._dtype.is_complex:
            grad = grad - imag(conjugate(of_sign) * sign) * 1j
        return grad[..., None, None] * adjoint(inv(x))


def _sign_and_logarithm(array: Array) -> tuple[Array, Array]:
    if lapack.many(array):
        sign, logarithm = quiet(np.linalg.slogdet, array)
        return sign, logarithm
    diagonal, sign = _diagonal(array)
    magnitude = np.abs(diagonal)
    phase = quiet(np.divide, diagonal, magnitude)
    phase = np.where(magnitude == 0, 0, phase).astype(diagonal.dtype)
    logarithm = np.add.reduce(quiet(np.log, magnitude), axis=-1)
    return np.multiply.reduce(phase, axis=-1, dtype=phase.dtype) * sign, logarithm


def _slogdet(name: str, x: Tensor) -> SignLog:
    demand_square(name, x)
    demand_floating(name, x)
    demand_precision(name, x)
    sign, logarithm = _sign_and_logarithm(x._array)
    results = [(sign, x._dtype), (logarithm, x._dtype.to_real())]
    return SignLog(*record_many(LinalgSlogdetBackward0, results, x._device, (x,), (x, RESULT)))


@operation(name="linalg_slogdet", method=False, promotes=False)
def slogdet(A: Tensor) -> SignLog:
    """The signs of determinants (of complex matrices their phases) and the logarithms of their magnitudes."""
    return _slogdet("linalg.slogdet", A)


@operation(name="slogdet", promotes=False)
def former_slogdet(input: Tensor) -> SignLog:
    """The signs of determinants (of complex matrices their phases) and the logarithms of their magnitudes."""
    return _slogdet("linalg.slogdet", input)


@operation(out=False)
def logdet(input: Tensor) -> Tensor:
    """The logarithm of the determinant; NaN for a negative one."""
    sign, logarithm = _slogdet("logdet", input)
    if input._dtype.is_complex:
        return log(sign) + logarithm
    result: Tensor = where(sign == -1, math.nan, logarithm)
    return result
