"""Linear maps along the last dimensions, one matrix for each: averages over spans and weighted sums of neighbours."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..autograd.node import Gradients, Node
from ..dtype import dtype
from ..op import record
from ..promote import cast, operand
from ..quiet import quiet
from ..storage import Array
from ..tensor import Tensor

Matrix = Any
"""A sparse matrix, `(size of the result, size of the input)`: what a row does not name takes no part, NaN neither."""


def matrix(rows: Array, columns: Array, weights: Array, shape: tuple[int, int], d: dtype) -> Matrix:
    """The matrix of these weights, in the type that `d` computes in; weights for one element add up."""
    from scipy.sparse import csr_matrix  # its import takes longer than that of the whole reference

    return csr_matrix((weights.astype(d.compute), (rows, columns)), shape)


def _along(x: Array, m: Matrix, axis: int) -> Array:
    shape = x.shape
    front = np.moveaxis(x, axis, 0)
    found = (m @ front.reshape(shape[axis], math.prod(front.shape[1:]))).reshape(m.shape[0], *front.shape[1:])
    return np.ascontiguousarray(np.moveaxis(found, 0, axis))


def _mapped(x: Array, matrices: tuple[Matrix, ...]) -> Array:
    """The smallest results first, so that what follows has less to do."""
    n = len(matrices)
    for i in sorted(range(n), key=lambda i: matrices[i].shape[0] / max(1, matrices[i].shape[1])):
        x = _along(x, matrices[i], x.ndim - n + i)
    return x


class ResampleBackward(Node):
    """The transposed matrices take the gradient back."""

    __slots__ = ()

    def gradient(self, grad: Tensor) -> Gradients:
        return resampled(type(self), grad, tuple([m.T.tocsr() for m in self.args]))


def resampled(kind: type[Node], t: Tensor, matrices: tuple[Matrix, ...]) -> Tensor:
    """The tensor, whose last dimensions the matrices are applied to; computed in float32 for the half types."""
    d = t._dtype
    array = cast(quiet(_mapped, operand(t, d), matrices), d)
    return record(kind, array, d, t._device, (t,), args=matrices)


def named(name: str) -> type[Node]:
    """The node of a linear map, with torch's name."""
    return type(f"{name}Backward0", (ResampleBackward,), {"__slots__": ()})


def spans(size: int, count: int) -> Array:
    """Where each of so many windows begins and ends, that cover all elements: `floor(i * size / count)` and
    `ceil((i + 1) * size / count)`."""
    at = np.arange(count)
    return np.stack([at * size // max(1, count), -(-(at + 1) * size // max(1, count))], 1)


def averages(size: int, count: int, d: dtype) -> Matrix:
    """The means over the spans."""
    bounds = spans(size, count)
    lengths = bounds[:, 1] - bounds[:, 0]
    rows = np.repeat(np.arange(count), lengths)
    columns = np.arange(len(rows)) - np.repeat(np.cumsum(lengths) - lengths - bounds[:, 0], lengths)
    return matrix(rows, columns, 1 / np.repeat(lengths, lengths), (count, size), d)
