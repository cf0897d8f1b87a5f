"""Combining what comes to one place: scatter_reduce and index_reduce."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import layout
from .autograd.node import Gradients, Node
from .choice import where
from .gather import check_scatter, covered, flat_places, gather
from .indexed import check_added
from .op import RESULT, operation, record
from .promote import cast
from .quiet import quiet
from .storage import Array
from .tensor import Tensor

UFUNCS: dict[str, Any] = {
    "sum": np.add,
    "mean": np.add,
    "prod": np.multiply,
    "amax": np.maximum,
    "amin": np.minimum,
}


class ScatterReduceBackward0(Node):
    __slots__ = ()
    saves = ("self", "index", "src", "result")

    def gradient(self, grad: Tensor) -> Gradients:
        x, index, src, result = self.tensors()
        dim, reduce, included = self.args
        if reduce in ("amax", "amin"):
            return self._shared(grad, x, index, src, result)
        written = x.new_zeros(x.shape).scatter(dim, index, 1) != 0
        counts = x.new_full(x.shape, int(included)).scatter_add(dim, index, src.new_ones(src.shape))
        kept = grad if included else grad.masked_fill(written, 0)
        if reduce == "mean":
            share = grad / counts.clamp(min=1)
            return (share if included else share.masked_fill(written, 0)), gather(share, dim, index)
        if reduce == "prod":
            return self._products(grad, x, index, src, result)
        return kept, gather(grad, dim, index)

    def _products(self, grad: Tensor, x: Tensor, index: Tensor, src: Tensor, result: Tensor) -> Gradients:
        """Each factor gets the product of the others, also where one factor is zero."""
        dim, reduce, included = self.args
        ones = x.masked_fill(x == 0, 1)
        rest = grad * ones.scatter_reduce(dim, index, src, reduce, include_self=included) / ones
        if not included:
            rest = grad.masked_fill(x.new_zeros(x.shape).scatter(dim, index, 1) != 0, 0)
        zero = src == 0
        zeros = gather(x.new_zeros(x.shape).scatter_add(dim, index, zero.to(x.dtype)), dim, index)
        only = zero & (zeros == 1)
        others = x.scatter_reduce(dim, index, src.masked_fill(only, 1), reduce, include_self=included)
        by_division = gather(grad * result, dim, index) / src.masked_fill(zero, 1)
        return rest, where(only, gather(grad * others, dim, index), by_division)

    def _shared(self, grad: Tensor, x: Tensor, index: Tensor, src: Tensor, result: Tensor) -> Gradients:
        """The largest or smallest get equal shares."""
        dim, _, included = self.args
        written = x.new_zeros(x.shape).scatter(dim, index, 1) != 0
        ours = (x == result).to(x.dtype)
        if not included:
            ours = ours.masked_fill(written, 1)
        theirs = (src == gather(result, dim, index)).to(x.dtype)
        start = ours if included else ours.masked_fill(written, 0)
        share = grad / start.scatter_add(dim, index, theirs)
        return share * start, gather(share, dim, index) * theirs


def combined(start: Array, places: Array, values: Array, reduce: str, included: bool) -> Array:
    """An array of the computing type with values combined at flat places; without `included` the old values there do
    not count."""
    result = start.copy()
    if not included:
        result[places] = _neutral(reduce, result.dtype)
    quiet(UFUNCS[reduce].at, result, places, values)
    if reduce == "mean":
        counts = np.maximum(np.bincount(places, minlength=len(result)) + int(included), 1)
        if result.dtype.kind in "iu":
            return quiet(np.floor_divide, result, counts).astype(result.dtype)  # type: ignore[no-any-return]
        quiet(np.true_divide, result, counts.astype(result.dtype), out=result)
    return result


def _neutral(reduce: str, kind: np.dtype[Any]) -> Any:
    """What changes nothing when it is combined with a value."""
    if reduce in ("amax", "amin"):
        if kind.kind == "b":
            return reduce == "amin"
        low, high = (np.iinfo(kind).min, np.iinfo(kind).max) if kind.kind in "iu" else (-np.inf, np.inf)
        return low if reduce == "amax" else high
    return 1 if reduce == "prod" else 0


@operation(inplace=True, promotes=False, apart=True)
def scatter_reduce(
    input: Tensor, dim: int, index: Tensor, src: Tensor, reduce: str, *, include_self: bool = True
) -> Tensor:
    """A copy in which what the source brings to one place is combined: "sum", "prod", "mean", "amax" or "amin". With
    `include_self` the old value takes part. RuntimeError for another word, and for an index out of range."""
    if reduce not in UFUNCS:
        raise RuntimeError(f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}")
    dim, at = check_scatter(input, dim, index, src)
    d = input._dtype
    shape: layout.Shape = input._array.shape or (1,)
    array = input._array.astype(d.compute).reshape(-1)
    if at.size:
        values = covered(src, index).astype(d.compute)
        array = combined(array, flat_places(at, shape, dim), values, reduce, include_self)
    result = cast(array.reshape(input._array.shape), d)
    return record(
        ScatterReduceBackward0,
        result,
        d,
        input._device,
        (input, src),
        saved=(input, index, src, RESULT),
        args=(dim, reduce, include_self),
    )


@operation(inplace=True, promotes=False, apart=True)
def index_reduce(
    input: Tensor, dim: int, index: Tensor, source: Tensor, reduce: str, *, include_self: bool = True
) -> Tensor:
    """The same for slices along a dimension, at the places that a vector names: "prod", "mean", "amax" or "amin".
    IndexError out of range, RuntimeError for another word, other sizes and another dtype."""
    if reduce not in ("prod", "mean", "amax", "amin"):
        raise RuntimeError(f"index_reduce(): Expected reduce to be one of prod, mean, amax or amin but got {reduce}.")
    dim, _ = check_added(input, dim, index, source, "index_reduce_")
    wide = index.reshape([-1 if i == dim else 1 for i in range(max(source.ndim, 1))])
    return scatter_reduce(input, dim, wide.expand(source.shape or (1,)), source, reduce, include_self=include_self)
