"""Linear equations and inverses.

Derivatives: M. B. Giles, "An extended collection of matrix derivative results for forward and reverse mode algorithmic
differentiation" (2008), sections 2.2.3 and 2.3.1.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..autograd.node import Gradients, Node
from ..dtype import int32
from ..layout import numel
from ..named import returned
from ..op import RESULT, operation, record, record_many
from ..order import adjoint, moveaxis
from ..promote import same_device
from ..tensor import Tensor
from ..triangle import tril, triu
from ..view import transpose
from . import lapack
from .check import (
    batched,
    check_info,
    demand_equation,
    demand_lapack,
    demand_pair,
    demand_precision,
    demand_right_side,
    deprecated,
    identity,
)
from .matrices import demand_floating, demand_square
from .product import matmul

SINGULAR = "The solver failed because the input matrix is singular."
NO_INVERSE = (
    "The diagonal element {info} is zero, the inversion could not be completed because the input matrix is singular."
)


@returned("linalg_inv_ex")
class Inverse(NamedTuple):
    """An inverse, and the first zero on U's diagonal (0: none)."""

    inverse: Tensor
    info: Tensor


@returned("linalg_solve_ex")
class Solution(NamedTuple):
    """A solution, and the first zero on U's diagonal (0: none)."""

    result: Tensor
    info: Tensor


@returned("triangular_solve")
class Triangular(NamedTuple):
    """A solution, and a copy of the matrix."""

    solution: Tensor
    cloned_coefficient: Tensor


class LinalgInvExBackward0(Node):
    """`-Y^H G Y^H` for the inverse Y."""

    __slots__ = ()
    saves = ("inverse",)

    def gradient(self, grad: Tensor, _: Tensor) -> Gradients:
        (y,) = self.tensors()
        return -matmul(adjoint(y), matmul(grad, adjoint(y)))


def _inverse(A: Tensor, name: str | None) -> Inverse:
    """`name` is who raises for singular matrices."""
    demand_square("linalg.inv", A)
    demand_floating("linalg.inv", A)
    demand_precision("linalg.inv", A)
    array = A._array
    y, info = lapack.solved(array, np.broadcast_to(np.eye(array.shape[-1], dtype=array.dtype), array.shape))
    if name:
        check_info(name, info, NO_INVERSE)
    return Inverse(*record_many(LinalgInvExBackward0, [(y, A._dtype), (info, int32)], A._device, (A,), (RESULT,)))


@operation(name="linalg_inv_ex", method=False, promotes=False)
def inv_ex(A: Tensor, *, check_errors: bool = False) -> Inverse:
    """Inverses, and for each matrix the first zero on U's diagonal instead of an error, unless `check_errors`."""
    return _inverse(A, "linalg.inv_ex" if check_errors else None)


@operation(name="linalg_inv", method=False, promotes=False)
def inv(A: Tensor) -> Tensor:
    """The inverses of square matrices. LinAlgError for a singular one."""
    return _inverse(A, "linalg.inv").inverse


@operation(promotes=False)
def inverse(input: Tensor) -> Tensor:
    """The inverses of square matrices. LinAlgError for a singular one."""
    return _inverse(input, "linalg.inv").inverse


class LinalgSolveExBackward0(Node):
    """For `A X = B`: `G_B = A^-H G` and `G_A = -G_B X^H`."""

    __slots__ = ()
    saves = ("A", "result")

    def gradient(self, grad: Tensor, _: Tensor) -> Gradients:
        a, x = self.tensors()
        right = _solved(adjoint(a), grad).result
        return -matmul(right, adjoint(x)) if self.needs(0) else None, right


def _solved(a: Tensor, b: Tensor) -> Solution:
    """`A X = B` for matrices B."""
    x, info = lapack.solved(*batched(a, b))
    results = [(x, a._dtype), (info, int32)]
    return Solution(*record_many(LinalgSolveExBackward0, results, a._device, (a, b), (a, RESULT)))


def _solution(A: Tensor, B: Tensor, left: bool, name: str | None) -> Solution:
    """`name` is who raises for singular matrices."""
    demand_floating("linalg.solve", A)
    demand_square("linalg.solve", A)
    demand_pair("linalg.solve", A, B)
    vector = B.ndim == 1 or (A.ndim - 1 == B.ndim and B._array.shape == A._array.shape[:-1])
    b = B.unsqueeze(-1) if vector else B
    demand_equation("linalg.solve", A, b, left)
    demand_lapack("lu_cpu", A)
    x, info = _solved(A, b) if left else _solved(A.mT, b.mT)
    if name:
        check_info(name, info._array, SINGULAR)
    x = x if left else x.mT
    return Solution(x.squeeze(-1) if vector else x, info)


@operation(name="linalg_solve_ex", method=False, promotes=False)
def solve_ex(A: Tensor, B: Tensor, *, left: bool = True, check_errors: bool = False) -> Solution:
    """Solutions, and for each matrix the first zero on U's diagonal instead of an error, unless `check_errors`."""
    return _solution(A, B, left, "torch.linalg.solve_ex" if check_errors else None)


@operation(name="linalg_solve", method=False, promotes=False)
def solve(A: Tensor, B: Tensor, *, left: bool = True) -> Tensor:
    """The X of `AX = B`, or of `XA = B`, for square matrices A; B counts as vectors if it has the shape of A without
    its last dimension, or one dimension. LinAlgError for a singular matrix, RuntimeError for sizes that do not meet."""
    return _solution(A, B, left, "torch.linalg.solve").result


class LinalgSolveTriangularBackward0(Node):
    """As for `solve`, kept to the triangle that is read."""

    __slots__ = ()
    saves = ("self", "result")
    args: tuple[bool, bool]

    def gradient(self, grad: Tensor) -> Gradients:
        a, x = self.tensors()
        upper, unit = self.args
        right = substituted(adjoint(a), grad, not upper, unit)
        if not self.needs(0):
            return None, right
        full = -matmul(right, adjoint(x))
        return (triu(full, int(unit)) if upper else tril(full, -int(unit))), right


def substituted(a: Tensor, b: Tensor, upper: bool, unit: bool = False) -> Tensor:
    """The X of `AX = B` for triangular matrices A. Its other triangle, and a diagonal of ones, are not read."""
    x = lapack.triangular(*batched(a, b), upper, unit)
    kind = LinalgSolveTriangularBackward0
    return record(kind, x, a._dtype, a._device, (a, b), (a, RESULT), (upper, unit))


@operation(name="linalg_solve_triangular", method=False, promotes=False)
def solve_triangular(
    input: Tensor, B: Tensor, *, upper: bool, left: bool = True, unitriangular: bool = False
) -> Tensor:
    """The X of `AX = B`, or of `XA = B`, for triangular matrices A, whose other triangle is not read.

    A zero on the diagonal gives infinities and NaN. RuntimeError for sizes that do not meet.
    """
    demand_square("linalg.solve_triangular", input)
    same_device(input, B)
    demand_equation("linalg.solve_triangular", input, B, left)
    demand_lapack("triangular_solve_cpu", input)
    right = B.to(input._dtype)
    if left:
        return substituted(input, right, upper, unitriangular)
    return transpose(substituted(input.mT, right.mT, not upper, unitriangular), -2, -1)


@operation(promotes=False)
def triangular_solve(
    input: Tensor, A: Tensor, upper: bool = True, transpose: bool = False, unitriangular: bool = False
) -> Triangular:
    """The X of `AX = input`, or of `A^T X = input`, for triangular matrices A, and a copy of A; warns that it is
    deprecated."""
    deprecated("triangular_solve", "linalg.solve_triangular")
    for name, t in (("b", input), ("A", A)):
        if t.ndim < 2:
            raise RuntimeError(
                f"torch.triangular_solve: Expected {name} to have at least 2 dimensions, but it has {t.ndim} "
                "dimensions instead"
            )
    demand_right_side("triangular_solve", input, A)
    demand_lapack("triangular_solve_cpu", A)
    a, upper = (A.mT, not upper) if transpose else (A, upper)
    x = substituted(a, input, upper, unitriangular)
    return Triangular(x, A.expand(*x._array.shape[:-2], *A._array.shape[-2:]).clone())


@operation(name="linalg_tensorinv", method=False)
def tensorinv(input: Tensor, ind: int = 2) -> Tensor:
    """The inverse of the linear map whose result has the first `ind` dimensions and whose argument the others."""
    if ind <= 0:
        raise RuntimeError(f"Expected a strictly positive integer for 'ind', but got {ind}")
    shape = input._array.shape
    rows, columns = numel(shape[:ind]), numel(shape[ind:])
    if rows != columns:
        raise RuntimeError(
            "Expected self to satisfy the requirement prod(self.shape[ind:]) == prod(self.shape[:ind]), but got "
            f"{columns} != {rows}"
        )
    matrix = _inverse(input.reshape(rows, columns), "inv").inverse
    return matrix.reshape(*shape[ind:], *shape[:ind])


@operation(name="linalg_tensorsolve", method=False)
def tensorsolve(input: Tensor, other: Tensor, dims: Any = None) -> Tensor:
    """The X for which the sum over X's dimensions and the last ones of `input` is `other`; `dims` go last first."""
    if dims is not None:
        input = moveaxis(input, tuple(dims), tuple(range(-len(dims), 0)))
    n = other.ndim
    shape = input._array.shape
    rows, columns = numel(shape[:n]), numel(shape[n:])
    if not rows == columns == other.numel():
        raise RuntimeError(
            "Expected self to satisfy the requirement prod(self.shape[other.ndim:]) == prod(self.shape[:other.ndim]), "
            f"but got {columns} != {other.numel()}"
        )
    return solve(input.reshape(rows, columns), other.flatten()).reshape(*shape[n:])


def inverse_of_product(factor: Tensor, upper: bool) -> Tensor:
    """The inverse of `L L^H`, or of `U^H U`, by two substitutions."""
    return solved_by(factor, identity(factor, factor._array.shape[-1]), upper)


def solved_by(factor: Tensor, b: Tensor, upper: bool) -> Tensor:
    """The X of `L L^H X = B`, or of `U^H U X = B`, by two substitutions."""
    if upper:
        return substituted(factor, substituted(adjoint(factor), b, False), True)
    return substituted(adjoint(factor), substituted(factor, b, False), True)
