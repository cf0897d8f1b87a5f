"""Triangles of matrices, and matrices made of diagonals."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import layout
from .autograd.node import Gradients, Node
from .create import made
from .dtype import bool as bool_
from .op import operation, record
from .tensor import Tensor, attach


class TrilBackward0(Node):
    __slots__ = ()

    def gradient(self, grad: Tensor) -> Gradients:
        return tril(grad, self.args)


class TriuBackward0(Node):
    __slots__ = ()

    def gradient(self, grad: Tensor) -> Gradients:
        return triu(grad, self.args)


def _check_matrix(input: Tensor, name: str) -> None:
    if input.ndim < 2:
        raise RuntimeError(f"{name}: input tensor must have at least 2 dimensions")


@operation(inplace=True, promotes=False)
def tril(input: Tensor, diagonal: int = 0) -> Tensor:
    """The lower triangle of matrices, zeros elsewhere. RuntimeError for fewer than two dimensions."""
    _check_matrix(input, "tril")
    array = np.tril(input._array, diagonal)
    return record(TrilBackward0, array, input._dtype, input._device, (input,), args=diagonal)


@operation(inplace=True, promotes=False)
def triu(input: Tensor, diagonal: int = 0) -> Tensor:
    """The upper triangle of matrices, zeros elsewhere. RuntimeError for fewer than two dimensions."""
    _check_matrix(input, "triu")
    array = np.triu(input._array, diagonal)
    return record(TriuBackward0, array, input._dtype, input._device, (input,), args=diagonal)


class DiagEmbedBackward0(Node):
    __slots__ = ()

    def gradient(self, grad: Tensor) -> Gradients:
        return grad.diagonal(*self.args)


@operation(out=False)
def diag_embed(input: Tensor, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """Matrices of zeros whose diagonal is the last dimension of the input. RuntimeError for one dimension named
    twice."""
    n = input.ndim + 1
    a, b = layout.wrap_dim(dim1, n), layout.wrap_dim(dim2, n)
    if a == b:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    shape = input._array.shape
    size = shape[-1] + abs(offset)
    array = np.zeros((*shape[:-1], size, size), input._array.dtype)
    along = np.arange(shape[-1])
    array[..., along + max(-offset, 0), along + max(offset, 0)] = input._array
    array = np.ascontiguousarray(np.moveaxis(array, (-2, -1), (a, b)))
    return record(DiagEmbedBackward0, array, input._dtype, input._device, (input,), args=(offset, a, b))


@operation(promotes=False)
def diag(input: Tensor, diagonal: int = 0) -> Tensor:
    """The diagonal of a matrix, as a copy; of a vector, the matrix with that diagonal. RuntimeError for other
    numbers of dimensions."""
    if input.ndim not in (1, 2):
        raise RuntimeError(f"diag(): Supports 1D or 2D tensors. Got {input.ndim}D")
    return diag_embed(input, diagonal) if input.ndim == 1 else input.diagonal(diagonal).clone()


@operation(out=False)
def diagflat(input: Tensor, offset: int = 0) -> Tensor:
    """The matrix whose diagonal holds the elements of the input."""
    return diag_embed(input.reshape(-1), offset)


def fill_diagonal_(self: Tensor, fill_value: Any, wrap: bool = False) -> Tensor:
    """Writes a number onto the main diagonal; with `wrap`, a tall matrix has it again below. RuntimeError for fewer
    than two dimensions, and for more whose sizes differ."""
    shape = self._array.shape
    if len(shape) < 2:
        raise RuntimeError("dimensions must larger than 1")
    if len(shape) > 2 and len(set(shape)) > 1:
        raise RuntimeError("all dimensions of input must be of equal length")
    mask = np.zeros(shape, np.bool_)
    if mask.size:
        np.fill_diagonal(mask, True, wrap=wrap)
    written: Tensor = self.masked_fill_(made(mask, bool_, self._device), fill_value)
    return written


attach("fill_diagonal_", fill_diagonal_)
