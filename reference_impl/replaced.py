"""Copies in which one part is replaced: select_scatter, slice_scatter, diagonal_scatter, as_strided_scatter."""

from __future__ import annotations

from typing import Any

from . import layout
from .index import select, slice_
from .op import operation
from .stride import as_strided, diagonal
from .tensor import Tensor


def _replaced(whole: Tensor, part: Tensor, src: Tensor) -> Tensor:
    if part._array.shape != src._array.shape:
        raise RuntimeError(
            "expected src to have a size equal to the slice of self. src size = "
            f"{list(src._array.shape)}, slice size = {list(part._array.shape)}"
        )
    part.copy_(src)
    return whole


@operation(out=False)
def select_scatter(input: Tensor, src: Tensor, dim: int, index: int) -> Tensor:
    """A copy in which the slice at one place of a dimension is replaced. RuntimeError for another shape."""
    whole = input.clone()
    return _replaced(whole, select(whole, dim, index), src)


@operation(promotes=False)
def slice_scatter(
    input: Tensor, src: Tensor, dim: int = 0, start: Any = None, end: Any = None, step: int = 1
) -> Tensor:
    """A copy in which a slice of a dimension is replaced. RuntimeError for another shape."""
    whole = input.clone()
    if step <= 0:
        raise RuntimeError("slice step must be positive")
    dim = layout.wrap_dim(dim, input.ndim)
    first, last, step = slice(start, end, step).indices(input._array.shape[dim])
    return _replaced(whole, slice_(whole, dim, first, max(first, last), step), src)


@operation(out=False)
def diagonal_scatter(input: Tensor, src: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """A copy in which a diagonal is replaced. RuntimeError for another shape."""
    whole = input.clone()
    return _replaced(whole, diagonal(whole, offset, dim1, dim2), src)


@operation(out=False)
def as_strided_scatter(input: Tensor, src: Tensor, size: Any, stride: Any, storage_offset: int | None = None) -> Tensor:
    """A copy in which the view with any shape and strides is replaced. RuntimeError for another shape."""
    whole = input.clone()
    return _replaced(whole, as_strided(whole, size, stride, storage_offset), src)
