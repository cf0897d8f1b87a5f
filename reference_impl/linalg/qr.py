"""Orthogonal factors: QR, and products of Householder reflections.

Derivative of QR: S. F. Walter and L. Lehmann, "Algorithmic differentiation of linear algebra functions with application
in optimum experimental design" (2010), extended to complex matrices, where R's diagonal stays real. For wide matrices
it follows from the square part by `R_2 = Q^H A_2`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..autograd.node import Gradients, Node
from ..derivative import NotImplementedBackward
from ..join import cat
from ..named import returned
from ..op import RESULT, operation, record_many
from ..order import adjoint
from ..pointwise import conjugate
from ..promote import same_device
from ..storage import Array
from ..tensor import Tensor
from ..triangle import tril, triu
from . import lapack
from .check import demand_lapack, deprecated, identity
from .matrices import demand_floating, demand_matrix
from .product import matmul
from .solve import substituted


@returned("linalg_qr")
class QR(NamedTuple):
    """Orthonormal columns and an upper triangular matrix."""

    Q: Tensor
    R: Tensor


@returned("geqrf")
class Reflectors(NamedTuple):
    """R above the reflectors' vectors, and their factors."""

    a: Tensor
    tau: Tensor


class LinalgQrBackward0(Node):
    """`(G_Q + Q S) R^-H`, where S is Hermitian with the upper triangle of `G_R R^H - Q^H G_Q`."""

    __slots__ = ()
    saves = ("Q", "R")
    args: str

    def gradient(self, of_q: Tensor, of_r: Tensor) -> Gradients:
        q, r = self.tensors()
        if self.args == "r":
            raise RuntimeError(
                "The derivative of linalg.qr depends on Q, which is not computed when mode='r'. Please use "
                "linalg.qr(A, mode='reduced') if you are going to differentiate through linalg.qr."
            )
        m, n = q._array.shape[-2], r._array.shape[-1]
        if self.args == "complete" and m > n:
            raise RuntimeError("The QR decomposition is not differentiable when mode='complete' and nrows > ncols.")
        if m >= n:
            return _square_gradient(q, r, of_q, of_r)
        rest = matmul(q, of_r[..., m:])
        of_q = of_q + matmul(matmul(q, r[..., m:]), adjoint(of_r[..., m:]))
        return cat((_square_gradient(q, r[..., :m], of_q, of_r[..., :m]), rest), -1)


def _square_gradient(q: Tensor, r: Tensor, of_q: Tensor, of_r: Tensor) -> Tensor:
    middle = triu(matmul(of_r, adjoint(r)) - matmul(adjoint(q), of_q))
    halved = (middle + triu(middle, 1)) / 2
    inner = of_q + matmul(q, halved + adjoint(halved))
    return adjoint(substituted(r, adjoint(inner), True))


def _factors(array: Array, mode: str) -> tuple[Array, Array]:
    *batch, m, n = array.shape
    k = min(m, n)
    if lapack.many(array) and mode != "r":
        q, r = np.linalg.qr(array, "complete" if mode == "complete" else "reduced")
        return q, r
    reflectors, tau = lapack.reflected(array)
    size = m if mode == "complete" else k
    r = np.triu(reflectors[..., :size, :])
    if mode == "r":
        return np.zeros(0, array.dtype), r
    columns = np.zeros((*batch, m, size), array.dtype)
    columns[..., :k] = reflectors[..., :k]
    if not n:
        columns[...] = np.eye(m, size)
        return columns, r
    return lapack.orthogonal(columns, tau), r


def _qr(A: Tensor, mode: str) -> QR:
    demand_matrix("linalg.qr", A)
    demand_floating("linalg.qr", A)
    if mode not in ("reduced", "complete", "r"):
        raise RuntimeError(
            f"qr received unrecognized mode '{mode}' but expected one of 'reduced' (default), 'r', or 'complete'"
        )
    demand_lapack("geqrf_cpu", A)
    q, r = _factors(A._array, mode)
    results, saved = [(q, A._dtype), (r, A._dtype)], (RESULT, RESULT)
    return QR(*record_many(LinalgQrBackward0, results, A._device, (A,), saved, mode))


@operation(name="linalg_qr", method=False, promotes=False)
def qr(A: Tensor, mode: str = "reduced") -> QR:
    """Q with orthonormal columns and upper triangular R with `A = Q R`.

    `reduced` gives Q the shape of A where A is tall, `complete` makes it square, `r` leaves it empty.
    """
    return _qr(A, mode)


@operation(name="qr", promotes=False)
def former_qr(input: Tensor, some: bool = True) -> QR:
    """The function of the namespace torch, which warns that it is deprecated."""
    deprecated("qr", "linalg.qr")
    return _qr(input, "reduced" if some else "complete")


class GeqrfBackward0(NotImplementedBackward):
    __slots__ = ()

    def gradient(self, *grads: Tensor) -> Gradients:
        raise NotImplementedError("the derivative for 'geqrf' is not implemented.")


@operation()
def geqrf(input: Tensor) -> Reflectors:
    """R above the reflectors' vectors, and their factors: Q is the product of `I - tau v v^H`."""
    if input.ndim < 2:
        raise RuntimeError("torch.geqrf: input must have at least 2 dimensions.")
    demand_lapack("geqrf_cpu", input)
    a, tau = lapack.reflected(input._array)
    results = [(a, input._dtype), (tau, input._dtype)]
    return Reflectors(*record_many(GeqrfBackward0, results, input._device, (input,)))


def _reflected(vectors: Tensor, tau: Tensor, x: Tensor, transpose: bool) -> Tensor:
    """`Q x`, or `Q^H x`: the reflections one after the other."""
    m = vectors._array.shape[-2]
    k = tau._array.shape[-1]
    below = tril(vectors[..., :k], -1) + identity(vectors, m)[:, :k]
    for i in range(k) if transpose else reversed(range(k)):
        v, factor = below[..., i : i + 1], tau[..., i : i + 1, None]
        x = x - (conjugate(factor) if transpose else factor) * v * matmul(adjoint(v), x)
    return x


@operation(name="linalg_householder_product", method=False)
def householder_product(input: Tensor, tau: Tensor) -> Tensor:
    """The first columns of the product of the reflections `I - tau v v^H`, whose vectors stand below the diagonal."""
    name = "torch.linalg.householder_product"
    if input.ndim < 2:
        raise RuntimeError(f"{name}: input must have at least 2 dimensions.")
    m, n = input._array.shape[-2:]
    if m < n:
        raise RuntimeError(f"{name}: input.shape[-2] must be greater than or equal to input.shape[-1]")
    if not tau.ndim:
        raise IndexError("Dimension specified as -1 but tensor has no dimensions")
    if n < tau._array.shape[-1]:
        raise RuntimeError(f"{name}: input.shape[-1] must be greater than or equal to tau.shape[-1]")
    if input.ndim != tau.ndim + 1:
        raise RuntimeError(
            f"{name}: Expected tau to have one dimension less than input, but got tau.ndim equal to {tau.ndim} and "
            f"input.ndim is equal to {input.ndim}"
        )
    same_device(input, tau)
    if input._dtype is not tau._dtype:
        raise RuntimeError(f"{name}: tau dtype {tau._dtype.word} does not match input dtype {input._dtype.word}")
    demand_lapack("orgqr_cpu", input)
    start = identity(input, m)[:, :n].expand(*input._array.shape)
    return _reflected(input, tau, start, transpose=False)


@operation()
def orgqr(input: Tensor, input2: Tensor) -> Tensor:
    """`torch.linalg.householder_product`."""
    return householder_product(input, input2)


def _demand_reflections(input: Tensor, tau: Tensor, other: Tensor, left: bool) -> None:
    for name, t in (("input", input), ("other", other)):
        if t.ndim < 2:
            raise RuntimeError(f"torch.ormqr: {name} must have at least 2 dimensions.")
    dim = -2 if left else -1
    size = other._array.shape[dim]
    if size != input._array.shape[-2]:
        raise RuntimeError(f"torch.ormqr: other.shape[{dim}] must be equal to input.shape[-2]")
    if min(size, input._array.shape[-1]) != tau._array.shape[-1]:
        raise RuntimeError(f"torch.ormqr: tau.shape[-1] must be equal to min(other.shape[{dim}], input.shape[-1])")
    for name, t, ndim, words in (
        ("tau", tau, input.ndim - 1, "one dimension less than"),
        ("other", other, input.ndim, "the same number of dimensions as"),
    ):
        if t.ndim != ndim:
            raise RuntimeError(
                f"torch.ormqr: Expected {name} to have {words} input, but got {name}.ndim equal to {t.ndim} and "
                f"input.ndim is equal to {input.ndim}"
            )
        same_device(input, t)
        if t._dtype is not input._dtype:
            raise RuntimeError(
                f"torch.ormqr: Expected input and {name} to have the same dtype, but input has dtype"
                f"{input._dtype.word} and {name} has dtype {t._dtype.word}"
            )


@operation()
def ormqr(input: Tensor, input2: Tensor, input3: Tensor, left: bool = True, transpose: bool = False) -> Tensor:
    """`Q input3`, or `input3 Q`, for the square Q of the reflections in `input`, whose factors are `input2`.

    `transpose` takes `Q^H`.
    """
    tau, other = input2, input3
    _demand_reflections(input, tau, other, left)
    demand_lapack("ormqr_cpu", input)
    if left:
        return _reflected(input, tau, other, transpose)
    return adjoint(_reflected(input, tau, adjoint(other), not transpose))
