"""The Cholesky factor of a positive definite matrix, and equations solved with it.

Derivative: I. Murray, "Differentiation of the Cholesky decomposition" (2016), section 3.1; Giles (2008) for the
substitutions.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..autograd.node import Gradients, Node
from ..dtype import int32
from ..named import returned
from ..op import RESULT, operation, record_many
from ..order import adjoint
from ..tensor import Tensor
from ..triangle import tril
from . import lapack
from .check import check_info, demand_lapack, demand_right_side, deprecated
from .matrices import demand_floating, demand_square
from .product import matmul
from .solve import NO_INVERSE, inverse_of_product, solved_by, substituted

NOT_POSITIVE = (
    "The factorization could not be completed because the input is not positive-definite (the leading minor of order "
    "{info} is not positive-definite)."
)


@returned("linalg_cholesky_ex")
class Cholesky(NamedTuple):
    """A factor, and the order of the first minor that is not positive definite (0: none)."""

    L: Tensor
    info: Tensor


class LinalgCholeskyExBackward0(Node):
    """`L^-H S L^-1`, where 2 S is Hermitian with the lower triangle of `L^H G`."""

    __slots__ = ()
    saves = ("L",)
    args: bool

    def gradient(self, grad: Tensor, _: Tensor) -> Gradients:
        (factor,) = self.tensors()
        if self.args:
            factor, grad = adjoint(factor), adjoint(grad)
        lower = tril(matmul(adjoint(factor), grad))
        middle = (lower + adjoint(tril(lower, -1))) / 2
        left = substituted(adjoint(factor), middle, upper=True)
        return adjoint(substituted(adjoint(factor), adjoint(left), upper=True))


def _factor(x: Tensor, upper: bool, prefix: str, name: str | None) -> Cholesky:
    """`name` is who raises for matrices that are not positive definite."""
    demand_square(prefix, x)
    demand_lapack("cholesky_cpu", x)
    factor, info = lapack.cholesky(x._array, upper)
    if name:
        check_info(name, info, NOT_POSITIVE)
    results = [(factor, x._dtype), (info, int32)]
    return Cholesky(*record_many(LinalgCholeskyExBackward0, results, x._device, (x,), (RESULT,), upper))


@operation(name="linalg_cholesky_ex", method=False, promotes=False)
def cholesky_ex(input: Tensor, *, upper: bool = False, check_errors: bool = False) -> Cholesky:
    """The factors, and for each matrix the order of the first minor that is not positive definite instead of an
    error, unless `check_errors`."""
    demand_floating("linalg.cholesky", input)
    return _factor(input, upper, "linalg.cholesky", "linalg.cholesky_ex" if check_errors else None)


@operation(name="linalg_cholesky", method=False, promotes=False)
def cholesky(input: Tensor, *, upper: bool = False) -> Tensor:
    """The lower triangular L with `A = L L^H`, or the upper U with `A = U^H U`, of positive definite matrices.

    Only that triangle of A is read. LinAlgError for a matrix that is not positive definite.
    """
    demand_square("linalg.cholesky", input)
    demand_floating("linalg.cholesky", input)
    return _factor(input, upper, "linalg.cholesky", "linalg.cholesky").L


@operation(name="cholesky")
def former_cholesky(input: Tensor, upper: bool = False) -> Tensor:
    """The function of the namespace torch, which warns that it is deprecated."""
    deprecated("cholesky", "linalg.cholesky")
    return _factor(input, upper, "cholesky", "cholesky").L


@operation()
def cholesky_inverse(input: Tensor, upper: bool = False) -> Tensor:
    """The inverse of `L L^H` from L, or of `U^H U` from U. LinAlgError for a zero on the diagonal."""
    demand_square("cholesky_inverse", input)
    demand_lapack("cholesky_inverse_out_cpu", input)
    zeros = np.diagonal(input._array, axis1=-2, axis2=-1) == 0
    if zeros.any():
        check_info("cholesky_inverse", np.where(zeros.any(-1), zeros.argmax(-1) + 1, 0), NO_INVERSE)
    return inverse_of_product(input, upper)


@operation()
def cholesky_solve(input: Tensor, input2: Tensor, upper: bool = False) -> Tensor:
    """The X of `A X = input` for `A = L L^H`, or `A = U^H U`, of which `input2` is the factor.

    RuntimeError for sizes that do not meet.
    """
    for name, t in (("b", input), ("u", input2)):
        if t.ndim < 2:
            raise RuntimeError(f"{name} should have at least 2 dimensions, but has {t.ndim} dimensions instead")
    demand_right_side("cholesky_solve", input, input2)
    demand_lapack("cholesky_solve_cpu", input2)
    return solved_by(input2, input, upper)
