"""The compressed layout of matrices: columns and values row by row, and where each row begins."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..dtype import int64
from ..format import sparse_csr
from ..storage import Array
from ..tensor import Tensor, attach, wrap
from .coordinate import Coordinates, _data, to_coordinates
from .product import matmul
from .tensor import Sparse, made, shown


class Compressed(Sparse):
    """A matrix of the layout `torch.sparse_csr`."""

    starts: Array  # of each row, and the end of the last one
    columns: Array
    kind = sparse_csr

    def like(self, content: Tensor) -> Compressed:
        """The same places with other values."""
        return made(Compressed, self._array.shape, content, starts=self.starts, columns=self.columns)

    def crow_indices(self) -> Tensor:
        """Where each row begins among the values, and where the last one ends."""
        return wrap(self.starts, int64, self._device)

    def col_indices(self) -> Tensor:
        """The column of each value."""
        return wrap(self.columns, int64, self._device)

    def values(self) -> Tensor:
        """The values, row by row."""
        return self.content

    def coordinates(self) -> Coordinates:
        """The same matrix in the coordinate layout."""
        rows = np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))
        places = np.stack([rows, self.columns])
        return made(Coordinates, self._array.shape, self.content, places=places, ordered=True)

    def to_dense(self) -> Tensor:
        """All elements, those that are not kept as zeros."""
        return self.coordinates().to_dense()

    def matmul(self, other: Tensor) -> Tensor:
        """The product with a dense matrix or vector."""
        return matmul(self.coordinates(), other)

    __matmul__ = mm = mv = matmul

    def __repr__(self) -> str:
        parts = [shown("crow_indices", self.crow_indices()), shown("col_indices", self.col_indices())]
        values = f"{shown('values', self.content)}, size={tuple(self._array.shape)}, nnz={self._nnz()}"
        return f"tensor({(',' + chr(10) + ' ' * 7).join([*parts, values, f'layout={self.kind}'])})"


def compressed(self: Tensor) -> Compressed:
    """A matrix in the compressed layout. RuntimeError for a tensor that is no matrix."""
    if isinstance(self, Compressed):
        return self
    if self.ndim != 2:
        raise RuntimeError(f"a matrix is compressed, and no tensor of {self.ndim} dimensions")
    found = (self if isinstance(self, Coordinates) else to_coordinates(self)).coalesce()
    starts = np.searchsorted(found.places[0], np.arange(self._array.shape[0] + 1))
    return made(Compressed, self._array.shape, found.content, starts=starts, columns=found.places[1])


def sparse_csr_tensor(
    crow_indices: Any,
    col_indices: Any,
    values: Any,
    size: Any = None,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Compressed:
    """A compressed matrix of the beginnings of its rows, the columns and the values."""
    options = {name: value for name, value in (("dtype", dtype), ("device", device)) if value is not None}
    content = _data(values, **options)
    starts, columns = _data(crow_indices)._array.astype(np.int64), _data(col_indices)._array.astype(np.int64)
    shape = (len(starts) - 1, int(columns.max(initial=-1)) + 1) if size is None else tuple(size)
    if requires_grad:
        content = content.detach().requires_grad_()
    return made(Compressed, shape, content, starts=starts, columns=columns)


def _to_sparse(self: Tensor, sparse_dim: int | None = None, *, layout: Any = None) -> Sparse:
    """The elements that are not zero, in the coordinate layout or another one."""
    if layout is sparse_csr:
        return compressed(self)
    return self.coordinates() if isinstance(self, Compressed) else to_coordinates(self, sparse_dim)


attach("to_sparse", _to_sparse)
attach("to_sparse_csr", compressed)
