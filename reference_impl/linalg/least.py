"""Least squares.

Derivative: G. H. Golub and V. Pereyra, "The differentiation of pseudo-inverses and nonlinear least squares problems
whose variables separate" (1973), at constant rank.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..autograd.node import Gradients, Node
from ..dtype import dtype, int64
from ..layout import broadcast_shapes
from ..named import returned
from ..op import operation, record
from ..order import adjoint
from ..promote import same_device
from ..storage import Array
from ..tensor import Tensor
from . import lapack
from .check import check_info, identity
from .product import matmul

NAME = "torch.linalg.lstsq"
DRIVERS = ("gels", "gelsy", "gelsd", "gelss")
DEFICIENT = (
    "The least squares solution could not be computed because the input matrix does not have full rank (error code: "
    "{info})."
)


@returned("linalg_lstsq")
class Least(NamedTuple):
    """A solution, its squared distances, the ranks of the matrices, their singular values."""

    solution: Tensor
    residuals: Tensor
    rank: Tensor
    singular_values: Tensor


class LinalgLstsqBackward0(Node):
    """With the pseudo-inverse P: `G_B = P^H G`, and `G_A` from `d P = -P dA P + P P^H dA^H (I - A P) + (I - P A) dA^H
    P^H P`."""

    __slots__ = ()
    saves = ("self", "b")
    args: tuple[float, str]

    def gradient(self, grad: Tensor) -> Gradients:
        a, b = self.tensors()
        inverse = _least(a, identity(a, a._array.shape[-2]), *self.args)[0]
        dual = adjoint(inverse)
        right = matmul(dual, grad)
        if not self.needs(0):
            return None, right
        outer = matmul(b, adjoint(grad))  # the adjoint of the gradient of P
        of_p = adjoint(outer)
        first = matmul(matmul(dual, of_p), dual)
        column = outer - matmul(a, matmul(inverse, outer))
        row = outer - matmul(matmul(outer, inverse), a)
        second = matmul(column, matmul(inverse, dual))
        third = matmul(matmul(dual, inverse), row)
        return second + third - first, right if self.needs(1) else None


def _least(a: Tensor, b: Tensor, rcond: float, driver: str) -> tuple[Tensor, Array, Array]:
    """The solution for matrices b, the ranks, the singular values (of the drivers that find them)."""
    lead = broadcast_shapes(a._array.shape[:-2], b._array.shape[:-2])
    right = np.broadcast_to(b._array, (*lead, *b._array.shape[-2:]))
    left = np.broadcast_to(a._array, (*lead, *a._array.shape[-2:]))
    x, ranks, values, info = lapack.least(left, right, rcond, driver)
    check_info(NAME, info, DEFICIENT)
    solution = record(LinalgLstsqBackward0, x, a._dtype, a._device, (a, b), (a, b), (rcond, driver))
    own = a._array.shape[:-2]  # a matrix that met several right sides has one rank
    several = tuple(slice(None) if n == m else slice(1) for n, m in zip(own, lead[len(lead) - len(own) :], strict=True))
    first = (0,) * (len(lead) - len(own))
    return solution, ranks[first + several], values[first + several]


def _check(a: Tensor, b: Tensor, driver: str) -> bool:
    """Whether b counts as vectors."""
    if a.ndim < 2:
        raise RuntimeError(f"{NAME}: input must have at least 2 dimensions.")
    if b.ndim < 1:
        raise RuntimeError(f"{NAME}: other must have at least 1 dimension.")
    same_device(a, b)
    if a._dtype is not b._dtype:
        raise RuntimeError(
            f"{NAME}: Expected input and other to have the same dtype, but got input's dtype {a._dtype.word} and "
            f"other's dtype {b._dtype.word}"
        )
    if not 0 <= a.ndim - b.ndim <= 1:
        raise RuntimeError(
            f"{NAME}: input.dim() must be greater or equal to other.dim() and (input.dim() - other.dim()) <= 1"
        )
    if driver not in DRIVERS:
        raise RuntimeError(f"{NAME}: parameter `driver` should be one of (gels, gelsy, gelsd, gelss)")
    if not a._dtype.differentiable or a._dtype.compute is not a._dtype.numpy:
        raise RuntimeError("This function doesn't handle types other than float and double")
    vector = b.ndim < a.ndim
    if vector:
        broadcast_shapes(a._array.shape[:-2], b._array.shape[:-1])
    if (b._array.shape[-1] if vector else b._array.shape[-2]) != a._array.shape[-2]:
        raise RuntimeError(f"{NAME}: input.size({-2}) should match other.size({-1 if vector else -2})")
    return vector


@operation(name="linalg_lstsq", method=False)
def lstsq(input: Tensor, b: Tensor, rcond: float | None = None, *, driver: str | None = None) -> Least:
    """The X for which `input X - b` is shortest, the shortest such X; b counts as vectors if it has a dimension less.

    Residuals are there for tall matrices of full rank, not of `gelsy` (the default); ranks not of `gels`; singular
    values of `gelsd` and `gelss` alone. Otherwise they are empty. LinAlgError if `gels` meets a rank too low.
    """
    driver = "gelsy" if driver is None else driver
    vector = _check(input, b, driver)
    m, n = input._array.shape[-2:]
    d = input._dtype
    limit = float(np.finfo(d.numpy).eps) * max(m, n) if rcond is None else rcond
    right = b.unsqueeze(-1) if vector else b
    solution, rank, values = _least(input, right, limit, driver)
    residuals = _plain(np.zeros(0), d.to_real(), input)
    if m > n and driver != "gelsy" and (driver == "gels" or bool((rank == n).all())):
        distance = (matmul(input, solution) - right).abs()
        residuals = (distance * distance).sum(-2)
    ranks = _plain(rank if driver != "gels" else np.zeros(0), int64, input)
    singular = _plain(values if driver in ("gelsd", "gelss") else np.zeros(0), d.to_real(), input)
    return Least(solution.squeeze(-1) if vector else solution, residuals, ranks, singular)


def _plain(array: Any, d: dtype, like: Tensor) -> Tensor:
    return record(None, np.asarray(array, d.numpy), d, like._device, ())
