"""Norms of matrices, norms of either, and condition numbers."""

from __future__ import annotations

from typing import Any

from ..choice import where
from ..dtype import dtype
from ..extreme import amax, amin
from ..layout import wrap_dim
from ..norm import check_dtypes, vector_norm
from ..op import operation
from ..order import movedim
from ..tensor import Tensor
from .check import demand_precision
from .matrices import castable, demand_matrix, demand_square, exactly
from .singular import svdvals
from .solve import inv_ex


def _written(ord: Any) -> str:
    """An order in torch's words: 3.0 is 3."""
    return ord if isinstance(ord, str) else format(ord, "g")


def _pair(input: Tensor, dim: Any) -> tuple[int, int]:
    """The two dimensions of the matrices. RuntimeError unless there are two, and different ones."""
    dims = tuple(dim)
    if len(dims) != 2:
        raise RuntimeError(f"linalg.matrix_norm: dim must be a 2-tuple. Got {' '.join(map(str, dims))}")
    first, second = (wrap_dim(d, input.ndim) for d in dims)
    if first == second:
        raise RuntimeError(f"linalg.matrix_norm: dims must be different. Got ({dims[0]}, {dims[1]})")
    return first, second


def _spectral(input: Tensor, ord: Any, dims: tuple[int, int], keepdim: bool) -> Tensor:
    """The norms that are made of singular values: the sum, the greatest or the least of them."""
    values = svdvals(movedim(input, dims, (-2, -1)))
    result: Tensor = values.sum(-1) if ord == "nuc" else amax(values, -1) if ord == 2 else amin(values, -1)
    for d in sorted(dims) if keepdim else ():
        result = result.unsqueeze(d)
    return result


def _of_columns(input: Tensor, ord: float, dims: tuple[int, int], keepdim: bool, d: dtype | None) -> Tensor:
    """The greatest or least sum of magnitudes of a column, or of a row (`inf`)."""
    inner, outer = dims if abs(ord) == 1 else dims[::-1]
    sums = vector_norm(input, 1, inner, keepdim, dtype=d)
    if not keepdim and outer > inner:
        outer -= 1
    return (amax if ord > 0 else amin)(sums, outer, keepdim)


@operation(
    method=False,
    name="linalg_matrix_norm",
    promotes=exactly("linalg.matrix_norm expected out tensor dtype {result} but got: {target}"),
)
def matrix_norm(
    input: Tensor, ord: Any = "fro", dim: Any = (-2, -1), keepdim: bool = False, *, dtype: dtype | None = None
) -> Tensor:
    """A norm of matrices in two dimensions: `fro` the root of the sum of squares, `nuc` the sum of the singular values,
    2 the greatest and -2 the least of them, 1 the greatest and -1 the least sum of a column, `inf` and `-inf` of a row.

    RuntimeError for any other `ord`, for dimensions that are not two, for integers, and for the half types where
    singular values are needed.
    """
    name = "linalg.matrix_norm"
    demand_matrix(name, input)
    check_dtypes(name, input, dtype)
    if ord not in ("fro", "nuc", 2, -2, 1, -1, float("inf"), float("-inf")):
        raise RuntimeError(f"{name}: Order {_written(ord)} not supported.")
    dims = _pair(input, dim)
    if ord == "fro":
        return vector_norm(input, 2, dims, keepdim, dtype=dtype)
    if ord in ("nuc", 2, -2):
        demand_precision(name, input)
    if ord not in ("nuc", -1, -2, float("-inf")) and 0 in (input._array.shape[dims[0]], input._array.shape[dims[1]]):
        return vector_norm(input, 1, dims, keepdim, dtype=dtype)  # of nothing: zero
    if ord in ("nuc", 2, -2):
        return _spectral(input if dtype is None else input.to(dtype), ord, dims, keepdim)
    return _of_columns(input, ord, dims, keepdim, dtype)


@operation(
    method=False,
    name="linalg_norm",
    promotes=exactly("linalg.norm expected out tensor dtype {result} but got: {target}"),
)
def norm(
    input: Tensor, ord: Any = None, dim: Any = None, keepdim: bool = False, *, dtype: dtype | None = None
) -> Tensor:
    """The norm of vectors (one dimension) or matrices (two); without `ord` the root of the sum of squares over any.

    RuntimeError for a number as `ord` of tensors that are neither, where no `dim` tells.
    """
    dims = (dim,) if isinstance(dim, int) else None if dim is None else tuple(dim)
    if dims is not None and len(dims) not in (1, 2):
        raise RuntimeError(f"linalg.norm: If dim is specified, it must be of length 1 or 2. Got {list(dims)}")
    if ord is None:
        return vector_norm(input, 2, dims, keepdim, dtype=dtype)
    if isinstance(ord, str):
        return matrix_norm(input, ord, (-2, -1) if dims is None else dims, keepdim, dtype=dtype)
    if dims is None and input.ndim not in (1, 2):
        raise RuntimeError(
            f"linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got {input.ndim}D."
        )
    if (input.ndim if dims is None else len(dims)) == 1:
        return vector_norm(input, ord, dims, keepdim, dtype=dtype)
    return matrix_norm(input, ord, (-2, -1) if dims is None else dims, keepdim, dtype=dtype)


@operation(name="norm", promotes=False)
def p_norm(input: Tensor, p: Any = "fro", dim: Any = None, keepdim: bool = False, dtype: dtype | None = None) -> Tensor:
    """The p-norm of all elements taken as one vector, or over some dimensions; `nuc` that of matrices."""
    dims = (dim,) if isinstance(dim, int) else dim
    if p == "fro" and (dims is None or len(dims) <= 2):
        return vector_norm(input, 2, dims, keepdim, dtype=dtype)
    if isinstance(p, str):
        return matrix_norm(input, p, range(input.ndim) if dims is None else dims, keepdim, dtype=dtype)
    return vector_norm(input, 2 if p is None else p, dims, keepdim, dtype=dtype)


@operation(method=False, name="linalg_cond", promotes=castable("linalg.cond"))
def cond(input: Tensor, p: Any = None) -> Tensor:
    """The condition number: the greatest singular value over the least, or the norm of a matrix times the norm of its
    inverse, which is infinite where there is none. Of matrices without elements it is zero.

    RuntimeError for a `p` that is no norm, and for matrices that are not square where an inverse is needed.
    """
    demand_matrix("linalg.cond", input, "")
    if p in (None, 2, -2):
        values = svdvals(input)
        if not values._array.shape[-1]:
            return values.sum(-1)
        greatest, least = values[..., 0], values[..., -1]
        ratio: Tensor = least / greatest if p == -2 else greatest / least
        return ratio
    if p not in ("fro", "nuc", 1, -1, float("inf"), float("-inf")):
        raise RuntimeError(f"linalg.cond got an invalid norm type: {_written(p)}")
    demand_square(f"linalg.cond(ord={_written(p)})", input)
    if not input._array.shape[-1]:
        return vector_norm(input, 1, (-2, -1))
    if p == "nuc":
        values = svdvals(input)
        product: Tensor = values.sum(-1) * values.reciprocal().sum(-1)
        return product
    inverse, info = inv_ex(input)
    size: Tensor = matrix_norm(input, p) * matrix_norm(inverse, p)
    return where(info == 0, size, float("inf"))  # type: ignore[no-any-return]
