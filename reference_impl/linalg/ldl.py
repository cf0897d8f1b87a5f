"""The factors L and D of symmetric (or Hermitian) matrices that need not be definite."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..derivative import NotImplementedBackward
from ..dtype import INTEGER, int32
from ..layout import wrap_dim
from ..named import returned
from ..op import operation, record, record_many
from ..tensor import Tensor
from . import lapack
from .check import batched, check_info, demand_lapack, demand_right_side
from .matrices import demand_floating, demand_square

FACTOR = "torch.linalg.ldl_factor_ex"


@returned("linalg_ldl_factor")
class Symmetric(NamedTuple):
    """L and D in one matrix, and the pivots as LAPACK counts them."""

    LD: Tensor
    pivots: Tensor


@returned("linalg_ldl_factor_ex")
class SymmetricInfo(NamedTuple):
    """L and D in one matrix, the pivots as LAPACK counts them, and the first zero of D (0: none)."""

    LD: Tensor
    pivots: Tensor
    info: Tensor


class LinalgLdlFactorExBackward0(NotImplementedBackward):
    __slots__ = ()


def _factored(x: Tensor, hermitian: bool, name: str | None) -> SymmetricInfo:
    """`name` is who raises for a zero of D."""
    demand_square(FACTOR, x)
    demand_floating(FACTOR, x)
    demand_lapack("ldl_factor_kernel_cpu", x)
    ld, pivots, info = lapack.symmetric(x._array, hermitian)
    if name:
        check_info(name, info, "D[{info},{info}] is zero", RuntimeError)
    results = [(ld, x._dtype), (pivots, int32), (info, int32)]
    told = "aten::linalg_ldl_factor_ex"
    return SymmetricInfo(*record_many(LinalgLdlFactorExBackward0, results, x._device, (x,), args=told))


@operation(name="linalg_ldl_factor_ex", method=False, promotes=False)
def ldl_factor_ex(input: Tensor, *, hermitian: bool = False, check_errors: bool = False) -> SymmetricInfo:
    """L and D of `A = L D L^T` (`L D L^H` if Hermitian) in one matrix, from the lower triangle of A."""
    return _factored(input, hermitian, FACTOR if check_errors else None)


@operation(name="linalg_ldl_factor", method=False, promotes=False)
def ldl_factor(input: Tensor, *, hermitian: bool = False) -> Symmetric:
    """L and D of `A = L D L^T` (`L D L^H` if Hermitian) in one matrix. RuntimeError for a zero of D."""
    return Symmetric(*_factored(input, hermitian, "torch.linalg.ldl_factor")[:2])


@operation(name="linalg_ldl_solve", method=False, promotes=False)
def ldl_solve(LD: Tensor, pivots: Tensor, B: Tensor, *, hermitian: bool = False) -> Tensor:
    """The X of `AX = B` for the A of which `ldl_factor` gave LD and pivots."""
    name = "torch.linalg.ldl_solve"
    demand_square(name, LD)
    demand_floating(name, LD)
    wrap_dim(-2, B.ndim)
    demand_right_side(name, B, LD)
    if pivots._dtype.category != INTEGER:
        raise RuntimeError(f"{name}: Expected pivots to be integers. Got {pivots._dtype.word}")
    shape = LD._array.shape[:-1]
    if pivots._array.shape != shape:
        raise RuntimeError(
            f"{name}: Expected LD.shape[:-1] and pivots.shape to be the same, but got pivots with shape "
            f"{list(pivots._array.shape)} instead"
        )
    demand_lapack("ldl_solve_kernel_cpu", LD)
    a, b = batched(LD, B)
    steps = np.broadcast_to(pivots._array, a.shape[:-1]).astype(np.int32)
    return record(None, lapack.symmetric_solved(a, steps, b, hermitian), LD._dtype, LD._device, ())
