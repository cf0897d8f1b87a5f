"""Sorting: values in order and where they came from. Every sort here is stable, and NaN is the greatest."""

from __future__ import annotations

from typing import Any

import numpy as np

from .derivative import refuse
from .dtype import FLOATING, INTEGER, int64
from .dtype import bool as bool_
from .extreme import require_size
from .hollow import rows
from .layout import wrap_dim
from .named import Indexed, indexed
from .op import SECOND, operation, record, record_many
from .pick import chosen, take
from .promote import operand
from .storage import Array
from .tensor import Tensor

SortBackward0 = chosen("Sort")
TopkBackward0 = chosen("Topk")
KthvalueBackward0 = chosen("Kthvalue")


def order(input: Tensor, dim: int, descending: bool = False, name: str = "Sort") -> Array:
    """The indices that sort along a dimension; equal elements stay in their order, in both directions."""
    if input._dtype.is_complex:
        raise RuntimeError(f" {name} does not support complex dtypes on CPU")
    return _sorting(operand(input, input._dtype), dim, descending)


def _sorting(array: Array, dim: int, descending: bool) -> Array:
    if not array.ndim:
        return np.zeros((), np.int64)
    if not descending:
        return np.argsort(array, axis=dim, kind="stable")
    backwards = np.flip(np.argsort(np.flip(array, dim), axis=dim, kind="stable"), dim)
    return np.subtract(array.shape[dim] - 1, backwards)  # type: ignore[no-any-return]


def placed(array: Array, place: int, dim: int) -> Array:
    """The index of the element that sorting would bring to a place along a dimension, which stays with size one."""
    return np.argpartition(array, place, axis=dim)[(slice(None),) * dim + (slice(place, place + 1),)]


def picked(name: str, kind: Any, input: Tensor, index: Array, dim: int, keepdim: bool = True) -> Indexed:
    """The values at an index along a dimension, with the index: the results of the operation `name`."""
    values, places = take(input._array, index, dim), index
    shape = input._array.shape
    if not keepdim and shape:
        values, places = values.squeeze(dim), index.squeeze(dim)
    results = [(rows(values), input._dtype), (rows(places.astype(np.int64, copy=False)), int64)]
    parts = record_many(kind, results, input._device, (input,), (SECOND,), (shape, index, dim, keepdim))
    return indexed(name)(*parts)


@operation()
def sort(input: Tensor, dim: int = -1, descending: bool = False, *, stable: bool | None = None) -> Indexed:
    """The values in order along a dimension, and where each came from."""
    dim = wrap_dim(dim, input.ndim)
    return picked("sort", SortBackward0, input, order(input, dim, descending), dim)


@operation(out=False)
def argsort(input: Tensor, dim: int = -1, descending: bool = False, *, stable: bool = False) -> Tensor:
    """Where the values in order along a dimension come from."""
    index = order(input, wrap_dim(dim, input.ndim), descending)
    return record(None, rows(index), int64, input._device, (input,))


@operation(promotes=False)
def msort(input: Tensor) -> Tensor:
    """The values in order along the first dimension."""
    return sort(input, 0).values


@operation()
def topk(input: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Indexed:
    """The k greatest values along a dimension in descending order, or the least in ascending order.

    RuntimeError for more values than there are, and for bools.
    """
    if input._dtype is bool_:
        raise RuntimeError("topk does not support bool dtypes on CPU")
    dim = wrap_dim(dim, input.ndim)
    size = input._array.shape[dim] if input.ndim else 1
    if not 0 <= k <= size:
        raise RuntimeError("selected index k out of range")
    if input.ndim and 0 < k < size and not input._dtype.is_complex:
        index = _foremost(operand(input, input._dtype), k, dim, largest)
    else:
        index = order(input, dim, largest, "topk")
        index = index[(slice(None),) * dim + (slice(k),)] if input.ndim else index
    return picked("topk", TopkBackward0, input, index, dim)


def _foremost(array: Array, k: int, dim: int, largest: bool) -> Array:
    """The indices of the k greatest or least elements along a dimension; only those are sorted."""
    first = array.shape[dim] - k if largest else 0
    found = np.argpartition(array, first if largest else k - 1, axis=dim)
    found = np.sort(found[(slice(None),) * dim + (slice(first, first + k),)], axis=dim)
    return take(found, _sorting(take(array, found, dim), dim, largest), dim)


@operation()
def kthvalue(input: Tensor, k: int, dim: int = -1, keepdim: bool = False) -> Indexed:
    """The k-th least value along a dimension, counted from one. RuntimeError for a k out of range."""
    refuse("kthvalue_cpu", input._dtype.category not in (INTEGER, FLOATING), input._dtype)
    dim = wrap_dim(dim, input.ndim)
    require_size("kthvalue", input._array.shape, (dim,))
    size = input._array.shape[dim] if input.ndim else 1
    if not 1 <= k <= size:
        raise RuntimeError("selected number k out of range")
    index = placed(operand(input, input._dtype), k - 1, dim) if input.ndim else order(input, dim)
    return picked("kthvalue", KthvalueBackward0, input, index, dim, keepdim)
