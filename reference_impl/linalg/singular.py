"""Singular values and vectors."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..autograd.node import Gradients, Node
from ..choice import where
from ..named import returned
from ..op import RESULT, operation, record, record_many
from ..order import adjoint
from ..promote import cast
from ..quiet import quiet
from ..storage import Array
from ..tensor import Tensor, tracked, wrap
from .check import demand_lapack
from .matrices import LinAlgError, demand_floating, demand_matrix
from .product import matmul
from .spectra import absent, eye, same_phase


@returned("linalg_svd")
class Singular(NamedTuple):
    """`U diag(S) Vh` is the matrix."""

    U: Tensor
    S: Tensor
    Vh: Tensor


@returned("svd")
class SingularV(NamedTuple):
    """`U diag(S) V^H` is the matrix."""

    U: Tensor
    S: Tensor
    V: Tensor


def _skew(x: Tensor) -> Tensor:
    return x - adjoint(x)


class LinalgSvdBackward0(Node):
    """`gA = U [(skew(U^H gU) / E) S + S (skew(V^H gV) / E) + I o (gS + diag(U^H gU) / S)] V^H`, and for matrices that
    are not square what of gU and gV lies outside the singular vectors; `E_ij = S_j^2 - S_i^2`.

    J. Townsend, Differentiating the singular value decomposition (2016); the imaginary diagonal of the complex case
    from Z.-Q. Wan and S.-X. Zhang, Automatic differentiation for complex valued SVD (2019). Distinct singular values
    are taken for granted; vectors beyond the smaller size (`full_matrices`) have no gradient of their own.
    """

    __slots__ = ()
    saves = ("U", "S", "Vh")

    def gradient(self, to_u: Tensor, to_s: Tensor, to_vh: Tensor) -> Gradients:
        u, s, vh = self.tensors()
        if absent(to_u) and absent(to_vh):
            k = s._array.shape[-1]
            return matmul(u[..., :k] * to_s.unsqueeze(-2), vh[..., :k, :])
        k = s._array.shape[-1]
        return _backward(u[..., :k], s, vh[..., :k, :], to_u[..., :k], to_s, to_vh[..., :k, :])


def _backward(u: Tensor, s: Tensor, vh: Tensor, to_u: Tensor, to_s: Tensor, to_vh: Tensor) -> Tensor:
    left, right = _skew(matmul(u.mH, to_u)), _skew(matmul(vh, to_vh.mH))
    same_phase("svd_backward", left + right, "singular vectors", "phase term, making it ill-defined.")
    squares = s * s
    gaps = squares.unsqueeze(-2) - squares.unsqueeze(-1) + eye(s)
    middle = (left * s.unsqueeze(-2) + s.unsqueeze(-1) * right) / gaps
    diagonal = to_s.unsqueeze(-2)
    if u._dtype.is_complex:
        diagonal = diagonal + (left.diagonal(0, -2, -1) / (s * 2)).unsqueeze(-2)
    middle = where(eye(s) == 1, diagonal, middle)
    result = matmul(matmul(u, middle), vh)
    if u._array.shape[-2] > u._array.shape[-1]:
        outside = to_u / s.unsqueeze(-2)
        result = result + matmul(outside - matmul(u, matmul(u.mH, outside)), vh)
    if vh._array.shape[-1] > vh._array.shape[-2]:
        outside = to_vh / s.unsqueeze(-1)
        result = result + matmul(u, outside - matmul(matmul(outside, vh.mH), vh))
    return result


def check_finite(array: Array) -> None:
    """LinAlgError for NaN, with which the iteration for singular values does not end."""
    unusable = np.isnan(array).any((-2, -1))
    if unusable.any():
        which = f"(Batch element {int(np.flatnonzero(unusable)[0])}): " if unusable.ndim else ""
        raise LinAlgError(
            f"linalg.svd: {which}The algorithm failed to converge because the input matrix contained non-finite values."
        )


def _usable(A: Tensor, driver: str | None) -> Array:
    demand_floating("linalg.svd", A)
    demand_matrix("linalg.svd", A)
    if driver is not None:
        raise RuntimeError(
            "torch.linalg.svd: keyword argument `driver=` is only supported on CUDA inputs with cuSOLVER backend."
        )
    demand_lapack("linalg_svd_cpu", A)
    check_finite(A._array)
    return A._array


@operation(method=False, name="linalg_svd", promotes=False)
def svd(A: Tensor, full_matrices: bool = True, *, driver: str | None = None) -> Singular:
    """The singular values of matrices in descending order, and orthonormal singular vectors left and right.

    `full_matrices` completes the vectors to square matrices. RuntimeError for fewer than two dimensions, integers and a
    `driver`; NotImplementedError for the half types; LinAlgError for NaN.
    """
    array = _usable(A, driver)
    u, s, vh = quiet(np.linalg.svd, array, full_matrices)
    d = A._dtype
    results = [(cast(u, d), d), (cast(s, d.to_real()), d.to_real()), (cast(vh, d), d)]
    return Singular(*record_many(LinalgSvdBackward0, results, A._device, (A,), saved=(RESULT, RESULT, RESULT)))


@operation(method=False, name="linalg_svdvals", promotes=False)
def svdvals(A: Tensor, *, driver: str | None = None) -> Tensor:
    """The singular values of matrices in descending order. Errors as for `svd`."""
    array = _usable(A, driver)
    if tracked(A):
        return svd(A, False).S
    d = A._dtype.to_real()
    return record(None, cast(quiet(np.linalg.svd, array, compute_uv=False), d), d, A._device, (A,))


@operation(name="svd", promotes=False)
def svd_(input: Tensor, some: bool = True, compute_uv: bool = True) -> SingularV:
    """The singular values of matrices in descending order, and singular vectors as columns, no more than there are
    values if `some`. Without `compute_uv` the vectors are square matrices of zeros."""
    if input.ndim < 2:
        raise RuntimeError(
            f"linalg.svd: input should have at least 2 dimensions, but has {input.ndim} dimensions instead"
        )
    if compute_uv:
        u, s, vh = svd(input, not some)
        return SingularV(u, s, vh.mH)
    *batch, m, n = input._array.shape
    sides = [wrap(np.zeros((*batch, k, k), input._array.dtype), input._dtype, input._device) for k in (m, n)]
    return SingularV(sides[0], svdvals(input), sides[1])
