"""What equations and factors demand beyond `matrices`, and torch's words for what LAPACK reports."""

from __future__ import annotations

import warnings

import numpy as np

from ..hollow import has_values
from ..layout import broadcast_shapes
from ..promote import same_device
from ..storage import Array
from ..tensor import Tensor, wrap
from .matrices import LinAlgError, demand_matrix


def demand_precision(name: str, x: Tensor) -> None:
    """RuntimeError for the half types."""
    if x._dtype.compute is not x._dtype.numpy:
        raise RuntimeError(f"{name}: Low precision dtypes not supported. Got {x._dtype.word}")


def demand_lapack(name: str, x: Tensor) -> None:
    """NotImplementedError for dtypes that LAPACK does not know; `name` is torch's kernel."""
    d = x._dtype
    if not d.differentiable or d.compute is not d.numpy:
        raise NotImplementedError(f"\"{name}\" not implemented for '{d.word}'")


def demand_pair(name: str, x: Tensor, y: Tensor, first: str = "A", second: str = "B") -> None:
    """RuntimeError for two devices or two dtypes."""
    same_device(x, y)
    if x._dtype is not y._dtype:
        raise RuntimeError(
            f"{name}: Expected {first} and {second} to have the same dtype, but found {first} of type {x._dtype.word} "
            f"and {second} of type {y._dtype.word} instead"
        )


def demand_equation(name: str, x: Tensor, y: Tensor, left: bool) -> None:
    """RuntimeError unless the sizes of `AX = B`, or of `XA = B`, go together."""
    demand_matrix(name, y, "B")
    m, n = x._array.shape[-2:]
    p, q = y._array.shape[-2:]
    if (p if left else q) != n:
        equation = "AX = B" if left else "XA = B"
        raise RuntimeError(f"{name}: Incompatible shapes of A and B for the equation {equation} ({m}x{n} and {p}x{q})")


def demand_right_side(name: str, b: Tensor, a: Tensor) -> None:
    """The older functions' RuntimeErrors for a right side b and a matrix A."""
    if a._array.shape[-1] != a._array.shape[-2]:
        m, n = a._array.shape[-2:]
        raise RuntimeError(f"A must be batches of square matrices, but they are {m} by {n} matrices")
    same_device(b, a)
    if a._dtype is not b._dtype:
        raise RuntimeError(
            f"Expected b and A to have the same dtype, but found b of type {b._dtype.word} and A of type "
            f"{a._dtype.word} instead."
        )
    n, (p, q) = a._array.shape[-1], b._array.shape[-2:]
    if p != n:
        raise RuntimeError(
            f"Incompatible matrix sizes for {name}: each A matrix is {n} by {n} but each b matrix is {p} by {q}"
        )


def check_info(name: str, info: Array, words: str, error: type[Exception] = LinAlgError) -> None:
    """Raises the error for the first matrix that LAPACK reports; `{info}` in the words is what it said of it."""
    failed = np.flatnonzero(info) if has_values(info) else np.zeros(0, np.int64)
    if failed.size:
        first = int(failed[0])
        which = f"(Batch element {first}): " if info.ndim else ""
        raise error(f"{name}: {which}{words.format(info=int(info.reshape(-1)[first]))}")


def batched(x: Tensor, y: Tensor) -> tuple[Array, Array]:
    """The arrays with their leading dimensions broadcast together. RuntimeError where they do not."""
    a, b = x._array, y._array
    lead = broadcast_shapes(b.shape[:-2], a.shape[:-2])
    return np.broadcast_to(a, (*lead, *a.shape[-2:])), np.broadcast_to(b, (*lead, *b.shape[-2:]))


def identity(like: Tensor, n: int) -> Tensor:
    """The identity matrix of size n, of a tensor's dtype and on its device."""
    d = like._dtype
    return wrap(np.eye(n, dtype=d.numpy), d, like._device)


def deprecated(name: str, better: str) -> None:
    """The warning of a function of the namespace torch that has a better one in `torch.linalg`."""
    warnings.warn(
        f"torch.{name} is deprecated in favor of torch.{better} and will be removed in a future PyTorch release.",
        UserWarning,
        stacklevel=4,
    )
