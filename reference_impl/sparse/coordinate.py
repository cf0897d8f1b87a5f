"""The coordinate layout: one column of indices for each value. Values at one place add up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import layout
from ..create import tensor
from ..device import resolve
from ..dtype import int64
from ..format import sparse_coo
from ..indexed import index_add
from ..join import cat
from ..promote import result_type
from ..storage import Array
from ..tensor import Tensor, attach, wrap
from .tensor import Sparse, made, shown, suffix

Shape = layout.Shape


class Coordinates(Sparse):
    """A tensor of the layout `torch.sparse_coo`; dimensions beyond those that have indices are dense."""

    places: Array  # one row for each sparse dimension, one column for each value
    ordered: bool  # every place stands once, in row-major order
    kind = sparse_coo

    def like(self, content: Tensor) -> Coordinates:
        """The same places with other values."""
        return made(Coordinates, self._array.shape, content, places=self.places, ordered=self.ordered)

    def sparse_dim(self) -> int:
        """The number of dimensions that have indices."""
        return len(self.places)

    def dense_dim(self) -> int:
        """The number of dimensions of each value."""
        return self.content.ndim - 1

    def is_coalesced(self) -> bool:
        """Whether every place stands once, in order."""
        return self.ordered

    def _indices(self) -> Tensor:
        return wrap(self.places, int64, self._device)

    def _values(self) -> Tensor:
        return self.content

    def indices(self) -> Tensor:
        """The places, in order. RuntimeError before `coalesce`."""
        return self._in_order("indices")._indices()

    def values(self) -> Tensor:
        """The values, in the order of their places. RuntimeError before `coalesce`."""
        return self._in_order("values").content

    def _in_order(self, what: str) -> Coordinates:
        if not self.ordered:
            raise RuntimeError(f"Cannot get {what} on an uncoalesced tensor, please call .coalesce() first")
        return self

    def flat(self) -> Array:
        """The places in one number each, counted in row-major order over the sparse dimensions."""
        steps = layout.contiguous_strides(self._array.shape[: len(self.places)])
        return np.asarray(steps, np.int64) @ self.places if len(self.places) else np.zeros(self._nnz(), np.int64)

    def coalesce(self) -> Coordinates:
        """Values at one place added up, in the order of the places; the tensor itself if it is so already."""
        if self.ordered:
            return self
        found, inverse = np.unique(self.flat(), return_inverse=True)
        sums = _added(len(found), inverse.reshape(-1), self.content)
        shape = self._array.shape[: len(self.places)]
        places = np.stack(np.unravel_index(found, shape)) if shape else np.zeros((0, len(found)), np.int64)
        return made(Coordinates, self._array.shape, sums, places=places, ordered=True)

    def to_dense(self) -> Tensor:
        """All elements, those that are not kept as zeros."""
        shape = self._array.shape
        sparse = shape[: len(self.places)]
        return _added(layout.numel(sparse), self.flat(), self.content).reshape(*shape)

    def to_sparse(self, sparse_dim: int | None = None, *, layout: Any = None) -> Sparse:
        """The tensor itself."""
        return self

    def transpose(self, dim0: int, dim1: int) -> Coordinates:
        """Two sparse dimensions exchanged. RuntimeError for dense ones."""
        a, b = layout.wrap_dim(dim0, self.ndim), layout.wrap_dim(dim1, self.ndim)
        if max(a, b) >= len(self.places):
            raise RuntimeError("transpose of dense dimensions of a sparse tensor is not implemented")
        order = list(range(self.ndim))
        order[a], order[b] = b, a
        shape = tuple(self._array.shape[i] for i in order)
        places = self.places[order[: len(self.places)]]
        return made(Coordinates, shape, self.content, places=places, ordered=False)

    def t(self) -> Coordinates:
        """The transposed matrix."""
        return self.transpose(0, 1) if self.ndim == 2 else self

    @property
    def T(self) -> Coordinates:  # noqa: N802
        """The transposed matrix."""
        return self.t()

    def __repr__(self) -> str:
        parts = (shown("indices", self._indices()), shown("values", self.content), suffix(self))
        return f"tensor({(',' + chr(10) + ' ' * 7).join(parts)})"


def _added(count: int, at: Array, values: Tensor) -> Tensor:
    """Values added up at flat places."""
    shape = (count, *values._array.shape[1:])
    zeros = wrap(np.zeros(shape, values._array.dtype), values._dtype, values._device)
    return index_add(zeros, 0, wrap(np.ascontiguousarray(at), int64, values._device), values)


def _data(data: Any, **options: Any) -> Tensor:
    return data.to(**options) if isinstance(data, Tensor) else tensor(data, **options)


def sparse_coo_tensor(
    indices: Any = None,
    values: Any = None,
    size: Any = None,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    check_invariants: bool | None = None,
    is_coalesced: bool = False,
) -> Coordinates:
    """A sparse tensor of values at the places that the columns of `indices` name; of a size alone, one without values.
    RuntimeError for indices, values and sizes that do not go together."""
    if values is None:
        size = indices if size is None else size
        return _empty(tuple(size), dtype, device)
    options = {"dtype": dtype} if dtype is not None else {}
    options |= {"device": resolve(device)} if device is not None else {}
    content = _data(values, **options)
    given = indices._array if isinstance(indices, Tensor) else np.asarray(indices)
    places: Array = given.astype(np.int64).reshape(given.shape if given.ndim > 1 else (len(given), -1))
    if places.shape[1] != content._array.shape[0]:
        raise RuntimeError(
            f"indices and values must have same nnz, but got nnz from indices: {places.shape[1]}, nnz from values: "
            f"{content._array.shape[0]}"
        )
    dense: Shape = content._array.shape[1:]
    shape = tuple(size) if size is not None else (*(int(row.max()) + 1 for row in places), *dense)
    if len(shape) != len(places) + len(dense):
        raise RuntimeError(
            f"'len(size) == sparse_dim + dense_dim' is not satisfied: len(size) = {len(shape)}, sparse_dim = "
            f"{len(places)}, dense_dim = {len(dense)}"
        )
    if requires_grad:
        content = content.detach().requires_grad_()
    return made(Coordinates, shape, content, places=places, ordered=is_coalesced)


def _empty(size: Shape, dtype: Any, device: Any) -> Coordinates:
    nothing = tensor([], dtype=dtype, device=device)
    return made(Coordinates, size, nothing, places=np.zeros((len(size), 0), np.int64), ordered=True)


def to_coordinates(self: Tensor, sparse_dim: int | None = None) -> Coordinates:
    """The elements that are not zero, of the first dimensions or of all. RuntimeError for a number of dimensions that
    the tensor does not have."""
    shape = self._array.shape
    count = len(shape) if sparse_dim is None else sparse_dim
    if count == 0 and shape:
        raise RuntimeError("dense_to_sparse: sparse_dim argument must be in >0 when self.dim()>0")
    if not 0 <= count <= len(shape):
        raise RuntimeError(
            f"dense_to_sparse: sparse_dim argument must be in [0,{len(shape)}] range, but {sparse_dim} is given"
        )
    sparse, dense = shape[:count], shape[count:]
    rows = self.reshape(layout.numel(sparse), *dense)
    kept = np.flatnonzero((rows._array != 0).any(axis=tuple(range(1, rows.ndim))))
    content = rows.index_select(0, wrap(kept, int64, self._device))
    places = np.stack(np.unravel_index(kept, sparse)) if sparse else np.zeros((0, len(kept)), np.int64)
    return made(Coordinates, shape, content, places=places, ordered=True)


def add(x: Coordinates, y: Coordinates, alpha: Any = 1) -> Coordinates:
    """The sum of two sparse tensors. RuntimeError for different sizes."""
    ours, theirs = x._array.shape, y._array.shape
    if ours != theirs:
        raise RuntimeError(f"add: expected sizes of 'self' and 'other' to match, but {list(ours)} != {list(theirs)}")
    d = result_type(x.content, y.content)
    content = cat([x.content.to(d), y.content.to(d) * alpha])
    places = np.concatenate([x.places, y.places], axis=1)
    return made(Coordinates, ours, content, places=places, ordered=False).coalesce()


def without(x: Coordinates, dims: Sequence[int]) -> Coordinates:
    """The sums over sparse dimensions."""
    kept = [i for i in range(x.ndim) if i not in dims]
    shape = tuple(x._array.shape[i] for i in kept)
    places = x.places[[i for i in kept if i < len(x.places)]]
    return made(Coordinates, shape, x.content, places=places, ordered=False).coalesce()


def _itself(self: Tensor, dtype: Any = None) -> Tensor:
    """The tensor itself, which is dense."""
    return self


attach("to_dense", _itself)
attach("sparse_dim", lambda self: 0)
attach("dense_dim", lambda self: self.ndim)
