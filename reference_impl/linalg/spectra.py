"""Eigenvalues and eigenvectors."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..autograd.node import Gradients, Node
from ..choice import where
from ..complex import real
from ..dtype import dtype
from ..named import returned
from ..op import RESULT, operation, record, record_many
from ..promote import cast
from ..quiet import quiet
from ..storage import Array
from ..tensor import Tensor, tracked, wrap
from .check import demand_lapack
from .matrices import castable, demand_square
from .product import matmul
from .solve import solve


@returned("linalg_eig")
class Eigen(NamedTuple):
    """Eigenvalues, and eigenvectors as columns."""

    eigenvalues: Tensor
    eigenvectors: Tensor


@returned("linalg_eigh")
class HermitianEigen(Eigen):
    __slots__ = ()


def absent(grad: Tensor) -> bool:
    """Whether no gradient arrived at this result: the engine hands zeros, which nothing was computed from."""
    return not grad._array.any() and not tracked(grad)


def same_phase(name: str, inner: Tensor, vectors: str, end: str) -> None:
    """RuntimeError unless the imaginary parts of the diagonal vanish: else the loss depends on a phase that the vectors
    leave open."""
    if inner._dtype.is_complex and not np.allclose(inner._array.diagonal(0, -2, -1).imag, 0, atol=1e-2):
        raise RuntimeError(
            f"{name}: The {vectors} in the complex case are specified up to multiplication by e^{{i phi}}. The "
            f"specified loss function depends on this {end}"
        )


def eye(values: Tensor) -> Tensor:
    """The unit matrix for so many values, in their dtype."""
    n, d = values._array.shape[-1], values._dtype
    return wrap(np.eye(n, dtype=d.numpy), d, values._device)


def _gaps(values: Tensor) -> Tensor:
    """The distances of all pairs of values, with ones on the diagonal."""
    return values.unsqueeze(-2) - values.unsqueeze(-1) + eye(values)


QUANTITY = "quantity, so it is ill-defined."


class LinalgEighBackward0(Node):
    """`gA = V (diag(gL) + (V^H gV - gV^H V) / 2E) V^H` with `E_ij = L_j - L_i`.

    M. B. Giles, Collected matrix derivative results for forward and reverse mode algorithmic differentiation (2008),
    3.1; the complex case as in C. Boeddeker et al., On the computation of complex-valued gradients (2017).
    """

    __slots__ = ()
    saves = ("eigenvalues", "eigenvectors")

    def gradient(self, to_values: Tensor, to_vectors: Tensor) -> Gradients:
        values, vectors = self.tensors()
        if absent(to_vectors):
            return matmul(vectors * to_values.unsqueeze(-2), vectors.mH)
        inner = matmul(vectors.mH, to_vectors)
        same_phase("linalg_eigh_backward", inner, "eigenvectors", QUANTITY)
        middle = (inner - inner.mH) * 0.5 / _gaps(values)
        middle = where(eye(values) == 1, to_values.unsqueeze(-2), middle)
        return matmul(matmul(vectors, middle), vectors.mH)


def _check_uplo(uplo: str) -> str:
    if uplo not in ("L", "U", "l", "u"):
        raise RuntimeError(f"Expected UPLO argument to be 'L' or 'U', but got {uplo}")
    return uplo.upper()


def _hermitian(input: Tensor, uplo: str) -> str:
    demand_square("linalg.eigh", input)
    triangle = _check_uplo(uplo)
    demand_lapack("linalg_eigh_cpu", input)
    return triangle


@operation(method=False, name="linalg_eigh", promotes=False)
def eigh(input: Tensor, UPLO: str = "L") -> Eigen:
    """The real eigenvalues of symmetric or Hermitian matrices in ascending order, and orthonormal eigenvectors.

    Only one triangle is read, the lower one by default. RuntimeError for matrices that are not square and for another
    `UPLO`; NotImplementedError for dtypes that LAPACK does not know.
    """
    values, vectors = quiet(np.linalg.eigh, input._array, _hermitian(input, UPLO))
    results = [(cast(values, d := input._dtype.to_real()), d), (cast(vectors, input._dtype), input._dtype)]
    return HermitianEigen(*record_many(LinalgEighBackward0, results, input._device, (input,), saved=(RESULT, RESULT)))


@operation(method=False, name="linalg_eigvalsh", promotes=False)
def eigvalsh(input: Tensor, UPLO: str = "L") -> Tensor:
    """The real eigenvalues of symmetric or Hermitian matrices in ascending order. Errors as for `eigh`."""
    if tracked(input):
        return eigh(input, UPLO).eigenvalues
    d = input._dtype.to_real()
    values = quiet(np.linalg.eigvalsh, input._array, _hermitian(input, UPLO))
    return record(None, cast(values, d), d, input._device, (input,))


class LinalgEigBackward0(Node):
    """`gA = V^-H (diag(gL) + (V^H gV - V^H V diag(re V^H gV)) / E*) V^H` with `E_ij = L_j - L_i`.

    C. Boeddeker, P. Hanebrink, L. Drude, J. Heymann, R. Haeb-Umbach, On the computation of complex-valued gradients
    with application to statistically optimum beamforming (2017), for eigenvectors of length one.
    """

    __slots__ = ()
    saves = ("eigenvalues", "eigenvectors")

    def gradient(self, to_values: Tensor, to_vectors: Tensor) -> Gradients:
        values, vectors = self.tensors()
        back = vectors.mH
        if absent(to_vectors):
            result = solve(back, to_values.unsqueeze(-1) * back)
            return real(result) if self.args else result
        inner = matmul(back, to_vectors)
        same_phase("linalg_eig_backward", inner, "eigenvectors", QUANTITY)
        lengths = real(inner.diagonal(0, -2, -1))
        middle = (inner - matmul(back, vectors * lengths.unsqueeze(-2))) / _gaps(values).conj()
        middle = where(eye(values) == 1, to_values.unsqueeze(-2), middle)
        result = solve(back, matmul(middle, back))
        return real(result) if self.args else result


def _general(name: str, input: Tensor) -> dtype:
    demand_square(name, input)
    d = input._dtype
    if not d.differentiable:
        raise RuntimeError(f"Unknown Complex ScalarType for {d.word}")
    demand_lapack("linalg_eig_out_cpu", input)
    return d.to_complex() if not d.is_complex else d


@operation(method=False, name="linalg_eig", promotes=castable("torch.linalg.eig", "eigenvalues"))
def eig(input: Tensor) -> Eigen:
    """The complex eigenvalues of square matrices, in no order, and eigenvectors of length one.

    RuntimeError for matrices that are not square, for integers, and for infinities and NaN.
    """
    d = _general("linalg.eig", input)
    if not np.isfinite(input._array).all():
        raise RuntimeError("torch.linalg.eig: input tensor should not contain infs or NaNs.")
    values, vectors = quiet(np.linalg.eig, input._array)
    results = [(cast(values, d), d), (cast(vectors, d), d)]
    is_real = not input._dtype.is_complex
    return Eigen(
        *record_many(LinalgEigBackward0, results, input._device, (input,), saved=(RESULT, RESULT), args=is_real)
    )


@operation(method=False, name="linalg_eigvals", promotes=castable("torch.linalg.eigvals", "eigenvalues"))
def eigvals(input: Tensor) -> Tensor:
    """The complex eigenvalues of square matrices, in no order; NaN where the matrix is not finite. Errors as for
    `eig`."""
    if tracked(input):
        return eig(input).eigenvalues
    d = _general("linalg.eigvals", input)
    array: Array = input._array
    finite = np.asarray(np.isfinite(array).all((-2, -1), keepdims=True))
    values: Any = quiet(np.linalg.eigvals, np.where(finite, array, 0)).astype(d.numpy)
    values[~finite[..., 0, 0]] = complex(np.nan, np.nan)
    return record(None, values, d, input._device, (input,))
