"""What can be computed with tensors of the coordinate layout: products, sums, and functions that keep zeros."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from .. import layout
from ..dtype import int64
from ..storage import Array
from ..tensor import Tensor, wrap
from .coordinate import Coordinates, _added, add, to_coordinates, without
from .tensor import Sparse

ZERO_KEEPING = (
    *("abs", "neg", "sign", "sgn", "floor", "ceil", "trunc", "round", "sqrt", "expm1", "log1p", "erf", "relu"),
    *("sin", "tan", "asin", "atan", "sinh", "tanh", "asinh", "atanh", "deg2rad", "rad2deg"),
)


def _at(t: Tensor, indices: Array) -> Tensor:
    picked: Tensor = t.index_select(0, wrap(np.ascontiguousarray(indices), int64, t._device))
    return picked


def matmul(x: Coordinates, y: Tensor) -> Tensor:
    """The product of a sparse matrix with a dense matrix or vector, or with a sparse matrix, which gives a sparse one.
    RuntimeError for sizes that do not meet."""
    if isinstance(y, Sparse):
        if x._array.shape[1] != y._array.shape[0]:
            sizes = "x".join(map(str, x._array.shape)), "x".join(map(str, y._array.shape))
            raise RuntimeError(f"mat1 and mat2 shapes cannot be multiplied ({sizes[0]} and {sizes[1]})")
        return to_coordinates(matmul(x, y.to_dense()))
    rows, columns = x._array.shape
    if y._array.shape[0] != columns:
        raise RuntimeError(f"addmm: Argument #3 (dense): Expected dim 0 size {columns}, got {y._array.shape[0]}")
    if x._dtype is not y._dtype:
        raise RuntimeError(f"expected scalar type {x._dtype.word} but found {y._dtype.word}")
    values = x.content.unsqueeze(1) if y.ndim == 2 else x.content
    return _added(rows, x.places[0], _at(y, x.places[1]) * values)


def _rmatmul(self: Coordinates, other: Tensor) -> Tensor:
    return matmul(self.t(), other.transpose(0, 1)).transpose(0, 1)


def _plus(self: Coordinates, other: Any, *, alpha: Any = 1) -> Coordinates:
    if not isinstance(other, Coordinates):
        raise RuntimeError("add(sparse, dense) is not supported. Use add(dense, sparse) instead.")
    return add(self, other, alpha)


def _onto(self: Coordinates, other: Any) -> Tensor:
    """dense + sparse."""
    if not isinstance(other, Tensor):
        raise RuntimeError("add(sparse, dense) is not supported. Use add(dense, sparse) instead.")
    return other + self.to_dense()


def _minus(self: Coordinates, other: Any) -> Coordinates:
    return _plus(self, other, alpha=-1)


def _times(self: Coordinates, other: Any) -> Coordinates:
    """Element by element, which is zero where the sparse tensor is."""
    if not isinstance(other, Tensor) or not other.ndim:
        return self.like(self.content * other)
    x = self.coalesce()
    if other._array.shape != x._array.shape:
        raise RuntimeError(f"mul(sparse, dense): sizes {list(x._array.shape)} and {list(other._array.shape)} differ")
    rows = other.to_dense().reshape(layout.numel(x._array.shape[: len(x.places)]), *x.content._array.shape[1:])
    return x.like(x.content * _at(rows, x.flat()))


def _over(self: Coordinates, other: Any) -> Coordinates:
    return self.like(self.content / other)


def sum(input: Coordinates, dim: Any = None, dtype: Any = None) -> Tensor:
    """The sum of all elements, dense, or over sparse dimensions, sparse."""
    total: Tensor = input.content.sum(**({} if dtype is None else {"dtype": dtype}))
    if dim is None:
        return total
    dims = [layout.wrap_dim(i, input.ndim) for i in (dim if isinstance(dim, (tuple, list)) else (dim,))]
    if len(dims) == input.ndim:
        return total
    if max(dims) >= input.sparse_dim():
        raise NotImplementedError("sums over dense dimensions of a sparse tensor are not implemented")
    return without(input, dims)


def mm(input: Tensor, mat2: Tensor) -> Tensor:
    """The product of two matrices, one of which is sparse."""
    return input @ mat2


def addmm(input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """`beta * input + alpha * (mat1 @ mat2)` for a sparse mat1."""
    result: Tensor = beta * input + alpha * (mat1 @ mat2)
    return result


def _zero_keeping(name: str) -> Callable[[Coordinates], Coordinates]:
    def method(self: Coordinates) -> Coordinates:
        x = self.coalesce()
        return x.like(getattr(x.content, name)())

    method.__doc__ = f"`{name}` of the values; zeros stay zeros."
    return method


def _view(self: Sparse, *shape: Any) -> NoReturn:
    """NotImplementedError: there is no memory to look at in another way."""
    raise NotImplementedError("Could not run 'aten::view' with arguments from the 'Sparse' backend.")


setattr(Sparse, "view", _view)  # noqa: B010 -- a type checker looks at the class of dense tensors
for _name in ZERO_KEEPING:
    setattr(Coordinates, _name, _zero_keeping(_name))
for _name, _method in {
    "matmul": matmul,
    "mm": matmul,
    "mv": matmul,
    "__matmul__": matmul,
    "__rmatmul__": _rmatmul,
    "add": _plus,
    "__add__": _plus,
    "__radd__": _onto,
    "sub": _minus,
    "__sub__": _minus,
    "mul": _times,
    "__mul__": _times,
    "__rmul__": _times,
    "div": _over,
    "__truediv__": _over,
    "__neg__": _zero_keeping("neg"),
    "__abs__": _zero_keeping("abs"),
    "sum": sum,
}.items():
    setattr(Coordinates, _name, _method)
