"""LU factors with exchanged rows, and equations solved with them.

Derivative: S. F. Walter and L. Lehmann, "Algorithmic
differentiation of linear algebra functions with application in optimum experimental design" (2010); wide and tall
matrices follow from the square part by `U_2 = L_1^-1 A_2` and `L_2 = A_2 U_1^-1`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .. import order
from ..autograd.node import Gradients, Node
from ..dtype import int32
from ..hollow import has_values
from ..join import cat
from ..layout import broadcast_shapes
from ..named import returned
from ..op import RESULT, operation, record, record_many
from ..storage import Array
from ..tensor import Tensor, wrap
from ..triangle import tril, triu
from . import lapack
from .check import check_info, demand_equation, demand_lapack, demand_pair, deprecated, identity
from .matrices import demand_floating, demand_square
from .product import matmul
from .solve import substituted

ZERO = (
    "U[{info},{info}] is zero and using it on lu_solve would result in a division by zero. If you still want to "
    "perform the factorization, consider calling linalg.lu(A, pivot) or linalg.lu_factor_ex(A, pivot)"
)


@returned("linalg_lu")
class Factors(NamedTuple):
    """A permutation, a unit lower and an upper triangular matrix."""

    P: Tensor
    L: Tensor
    U: Tensor


@returned("linalg_lu_factor")
class Packed(NamedTuple):
    """L and U in one matrix, and the row that each row was exchanged with, counted from 1."""

    LU: Tensor
    pivots: Tensor


@returned("linalg_lu_factor_ex")
class PackedInfo(NamedTuple):
    """L and U in one matrix, the exchanged rows, and the first zero on U's diagonal (0: none)."""

    LU: Tensor
    pivots: Tensor
    info: Tensor


def permutation(pivots: Array, size: int) -> Array:
    """The permutation matrices P of `A = P L U`, as rows' places: row i of `P^T A` is row `places[i]` of A."""
    places = np.broadcast_to(np.arange(size), (*pivots.shape[:-1], size)).copy()
    for i in range(pivots.shape[-1]):
        other = pivots[..., i : i + 1].astype(np.int64) - 1
        mine, theirs = places[..., i : i + 1].copy(), np.take_along_axis(places, other, -1)
        np.put_along_axis(places, other, mine, -1)
        places[..., i : i + 1] = theirs
    return places


def _matrix(places: Array, like: Tensor) -> Tensor:
    """P as a tensor: column i has its one in row `places[i]`."""
    n = places.shape[-1]
    array = np.zeros((*places.shape, n), like._array.dtype)
    np.put_along_axis(array, places[..., None, :], 1, -2)
    return wrap(array, like._dtype, like._device)


class LinalgLuFactorExBackward0(Node):
    """Of a square matrix: `P L^-H (tril(L^H G_L, -1) + triu(G_U U^H)) U^-H`."""

    __slots__ = ()
    saves = ("LU",)
    args: Array

    def gradient(self, grad: Tensor, *_: Tensor) -> Gradients:
        (lu,) = self.tensors()
        m, n = lu._array.shape[-2:]
        k = min(m, n)
        lower, upper = lu[..., :k, :k], lu[..., :k, :k]
        of_lower = of_upper = grad[..., :k, :k]
        if m > k:  # L_2 = A_2 U_1^-1
            rest = order.adjoint(substituted(upper, order.adjoint(grad[..., k:, :]), True))
            of_upper = of_upper - matmul(order.adjoint(lu[..., k:, :]), rest)
        if n > k:  # U_2 = L_1^-1 A_2
            rest = substituted(order.adjoint(lower), grad[..., k:], True, unit=True)
            of_lower = of_lower - matmul(rest, order.adjoint(lu[..., k:]))
        eye = identity(lu, k)
        middle = tril(matmul(order.adjoint(tril(lower, -1) + eye), of_lower), -1)
        middle = middle + triu(matmul(of_upper, order.adjoint(triu(upper))))
        half = substituted(order.adjoint(lower), middle, True, unit=True)
        result = order.adjoint(substituted(upper, order.adjoint(half), True))
        if m != n:
            result = cat((result, rest), -2 if m > n else -1)
        return matmul(_matrix(self.args, result), result)


def _factored(x: Tensor, pivot: bool, name: str | None) -> PackedInfo:
    """`name` is who raises for a zero on U's diagonal."""
    if x.ndim < 2:
        raise RuntimeError(
            f"torch.lu_factor: Expected tensor with 2 or more dimensions. Got size: {list(x._array.shape)} instead"
        )
    if not pivot:
        raise RuntimeError("linalg.lu_factor: LU without pivoting is not implemented on the CPU")
    demand_lapack("lu_cpu", x)
    lu, pivots, info = lapack.factored(x._array)
    if name:
        check_info(name, info, ZERO, RuntimeError)
    results = [(lu, x._dtype), (pivots, int32), (info, int32)]
    places = permutation(pivots, x._array.shape[-2])
    return PackedInfo(*record_many(LinalgLuFactorExBackward0, results, x._device, (x,), (RESULT,), places))


@operation(name="linalg_lu_factor_ex", method=False, promotes=False)
def lu_factor_ex(A: Tensor, *, pivot: bool = True, check_errors: bool = False) -> PackedInfo:
    """L and U in one matrix, and for each the first zero on U's diagonal instead of an error, unless
    `check_errors`."""
    return _factored(A, pivot, "torch.linalg.lu_factor_ex" if check_errors else None)


@operation(name="linalg_lu_factor", method=False, promotes=False)
def lu_factor(A: Tensor, *, pivot: bool = True) -> Packed:
    """L and U in one matrix, and the exchanged rows. RuntimeError for a zero on U's diagonal."""
    return Packed(*_factored(A, pivot, "torch.linalg.lu_factor")[:2])


@operation(name="linalg_lu", method=False, promotes=False)
def lu(A: Tensor, *, pivot: bool = True) -> Factors:
    """P, L and U with `A = P L U`: a permutation, a unit lower and an upper triangular matrix, for matrices of any
    shape."""
    if A.ndim < 2:
        raise RuntimeError(
            f"linalg.lu: Expected tensor with 2 or more dimensions. Got size: {list(A._array.shape)} instead"
        )
    packed = _factored(A, pivot, None)
    return lu_unpack(packed.LU, packed.pivots)


@operation(method=False, promotes=False)
def lu_unpack(LU_data: Tensor, LU_pivots: Tensor, unpack_data: bool = True, unpack_pivots: bool = True) -> Factors:
    """P, L and U of what `lu_factor` gave; what is not wanted is an empty tensor."""
    if LU_data.ndim < 2:
        raise RuntimeError(
            "torch.lu_unpack: Expected tensor with 2 or more dimensions. Got size: "
            f"{list(LU_data._array.shape)} instead"
        )
    if unpack_pivots and LU_pivots._dtype is not int32:
        raise RuntimeError(
            "torch.lu_unpack: LU_pivots is expected to be a contiguous tensor of torch.int32 dtype.\nNote: this "
            "function is intended to be used with the output produced by torch.linalg.lu_factor"
        )
    m, n = LU_data._array.shape[-2:]
    k, d = min(m, n), LU_data._dtype
    empty = record(None, np.zeros(0, d.numpy), d, LU_data._device, ())
    first, lower, upper = empty, empty, empty
    if unpack_pivots:
        pivots = LU_pivots._array
        if has_values(pivots) and not (pivots.min() >= 1 and pivots.max() <= m):
            raise RuntimeError(
                "pivots passed to lu_unpack must be between 1 and LU.size(-2) inclusive."
                "Did you properly pass the result of lu_factor?"
            )
        first = _matrix(permutation(pivots, m), LU_data)
    if unpack_data:
        lower = tril(LU_data[..., :k], -1) + record(None, np.eye(m, k, dtype=d.numpy), d, LU_data._device, ())
        upper = triu(LU_data[..., :k, :])
    return Factors(first, lower, upper)


def _check_pivots(LU: Tensor, pivots: Tensor) -> None:
    demand_square("torch.linalg.lu_solve", LU)
    demand_floating("torch.linalg.lu_solve", LU)
    if pivots._dtype is not int32:
        raise RuntimeError("linalg.lu_solve: pivots should be a Tensor of scalar type torch.int32")
    shape, steps = LU._array.shape, pivots._array
    if not steps.ndim or steps.shape[-1] != shape[-1]:
        raise RuntimeError("linalg.lu_solve: Number of pivots per batch should be same as the dimension of the matrix")
    if steps.shape != shape[:-1]:
        raise RuntimeError(
            "linalg.lu_solve: Expected LU.shape[:-1] and pivots.shape to be the same, but got pivots with shape "
            f"{list(steps.shape)} instead"
        )
    for refused, words in (
        (steps > shape[-1], "smaller or equal to LU.size(-2)"),
        (steps < 1, "greater or equal to 1"),
    ):
        if refused.any():
            raise RuntimeError(
                f"Pivots given to lu_solve must all be {words}. Did you properly pass the result of lu_factor?"
            )


@operation(name="linalg_lu_solve", method=False, promotes=False)
def lu_solve(LU: Tensor, pivots: Tensor, B: Tensor, *, left: bool = True, adjoint: bool = False) -> Tensor:
    """The X of `AX = B`, or `XA = B`, for the A of which `lu_factor` gave LU and pivots; with `adjoint` for its
    adjoint."""
    demand_pair("linalg.lu_solve", LU, B, "LU")
    _check_pivots(LU, pivots)
    demand_equation("linalg.lu_solve", LU, B, left)
    demand_lapack("linalg.lu_solve_cpu", LU)
    broadcast_shapes(B._array.shape[:-2], LU._array.shape[:-2])
    exchange = _matrix(permutation(pivots._array, LU._array.shape[-1]), LU)
    if not left:  # X A = B is A^H X^H = B^H
        return order.adjoint(_substituted(LU, exchange, B.mH, not adjoint))
    return _substituted(LU, exchange, B, adjoint)


def _substituted(lu: Tensor, exchange: Tensor, b: Tensor, adjoint: bool) -> Tensor:
    """By `A = P L U`, or by `A^H = U^H L^H P^T`."""
    if adjoint:
        return matmul(exchange, substituted(lu.mH, substituted(lu.mH, b, False), True, unit=True))
    return substituted(lu, substituted(lu, matmul(exchange.mT, b), False, unit=True), True)


@operation(name="lu_solve", promotes=False)
def former_lu_solve(input: Tensor, LU_data: Tensor, LU_pivots: Tensor) -> Tensor:
    """The function of the namespace torch, which warns that it is deprecated."""
    deprecated("lu_solve", "linalg.lu_solve")
    return lu_solve(LU_data, LU_pivots, input)


@operation(name="lu")
def former_lu(input: Tensor, pivot: bool = True, get_infos: bool = False) -> tuple[Tensor, ...]:
    """The function of the namespace torch, which warns that it is deprecated: a tuple without names."""
    deprecated("lu", "linalg.lu_factor / torch.linalg.lu_factor_ex")
    return tuple(_factored(input, pivot, None)[: 3 if get_infos else 2])
