"""Reading and writing by an index tensor along one dimension: gather, scatter and their kin."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import layout
from .accumulate import added
from .autograd.node import Gradients, Node
from .create import fitting
from .dtype import int32, int64
from .op import operation, record
from .promote import cast, same_device
from .storage import Array
from .tensor import Tensor


def check_index(index: Tensor, name: str) -> None:
    """RuntimeError for an index that is not integer."""
    if index._dtype is not int64 and index._dtype is not int32:
        raise RuntimeError(f"{name}(): Expected dtype int32/int64 for index")


def check_bounds(index: Array, dim: int, size: int, kind: type[Exception] = RuntimeError, low: int = 0) -> None:
    """The error for the first place outside a dimension."""
    if index.size and (index.min() < low or index.max() >= size):
        bad = index[(index < low) | (index >= size)].flat[0]
        raise kind(f"index {bad} is out of bounds for dimension {dim} with size {size}")


def _front(index: Array, shape: layout.Shape, dim: int) -> tuple[Any, ...]:
    """The index arrays, one for each dimension, of the places that an index along `dim` names."""
    grids: list[Any] = []
    for i, n in enumerate(index.shape):
        grids.append(index if i == dim else np.arange(n).reshape((n, *[1] * (index.ndim - i - 1))))
    return tuple(grids)


class GatherBackward0(Node):
    __slots__ = ()
    saves = ("self", "index")

    def gradient(self, grad: Tensor) -> Gradients:
        _, index = self.tensors()
        shape, dim = self.args
        return grad.new_zeros(shape).scatter_add(dim, index, grad)


@operation(promotes=False, apart=True)
def gather(input: Tensor, dim: int, index: Tensor, *, sparse_grad: bool = False) -> Tensor:
    """The elements at the places that the index names along a dimension, in the shape of the index. RuntimeError for
    an index of other dimensions or out of range."""
    dim = layout.wrap_dim(dim, input.ndim)
    device = same_device(input, index)
    check_index(index, "gather")
    shape, wanted = input._array.shape or (1,), index._array.shape or (1,)
    if len(shape) != len(wanted):
        raise RuntimeError("Index tensor must have the same number of dimensions as input tensor")
    for i, (size, n) in enumerate(zip(shape, wanted, strict=True)):
        if i != dim and n > size:
            raise RuntimeError(
                f"Size does not match at dimension {i} expected index {list(wanted)} to be no larger than self "
                f"{list(shape)} apart from dimension {dim}"
            )
    at = index._array.reshape(wanted)
    check_bounds(at, dim, shape[dim])
    array = input._array.reshape(shape)[_front(at, shape, dim)].reshape(index._array.shape)
    args = (input._array.shape, dim)
    return record(GatherBackward0, array, input._dtype, device, (input,), saved=(input, index), args=args)


@operation(promotes=False)
def take_along_dim(input: Tensor, indices: Tensor, dim: int | None = None) -> Tensor:
    """The elements that the index names along a dimension, both broadcast to one another in the others; without a
    dimension, of the flattened tensor."""
    if dim is None:
        return gather(input.reshape(-1), 0, indices.reshape(-1))
    if input.ndim != indices.ndim:
        raise RuntimeError(
            "torch.take_along_dim(): input and indices should have the same number of dimensions, but got "
            f"{input.ndim} dimensions for input, and {indices.ndim} dimensions for indices"
        )
    if indices._dtype is not int64:
        raise RuntimeError(f"torch.take_along_dim(): dtype of indices should be Long but got {indices._dtype.word}")
    dim = layout.wrap_dim(dim, input.ndim)
    ours, theirs = list(input._array.shape), list(indices._array.shape)
    size, count = ours[dim], theirs[dim]
    ours[dim] = theirs[dim] = 1
    common = list(layout.broadcast_shapes(tuple(ours), tuple(theirs)))
    wide = input.expand(*common[:dim], size, *common[dim + 1 :])
    at = indices._array
    negative = indices if not (at.size and at.min() < 0) else indices.where(indices >= 0, indices + size)
    return gather(wide, dim, negative.expand(*common[:dim], count, *common[dim + 1 :]))


def check_scatter(input: Tensor, dim: int, index: Tensor, src: Any, name: str = "scatter") -> tuple[int, Array]:
    """The wrapped dimension, and the index with at least one dimension. RuntimeError as torch's checks say."""
    dim = layout.wrap_dim(dim, input.ndim)
    check_index(index, name)
    tensor = isinstance(src, Tensor)
    if tensor and src._dtype is not input._dtype:
        raise RuntimeError(f"{name}(): Expected self.dtype to be equal to src.dtype")
    same_device(input, index, *((src,) if tensor else ()))
    shape, wanted = input._array.shape or (1,), index._array.shape or (1,)
    given = (src._array.shape or (1,)) if tensor else wanted
    if not index._array.size:
        return dim, index._array.reshape(-1)[:0]
    if len(wanted) != len(shape):
        raise RuntimeError("Index tensor must have the same number of dimensions as self tensor")
    if len(wanted) != len(given):
        raise RuntimeError("Index tensor must have the same number of dimensions as src tensor")
    too_wide = any(n > size for i, (n, size) in enumerate(zip(wanted, shape, strict=True)) if i != dim)
    if too_wide or any(n > size for n, size in zip(wanted, given, strict=True)):
        more = f" and to be no larger size than src {list(given)}" if tensor else ""
        raise RuntimeError(
            f"Expected index {list(wanted)} to be no larger than self {list(shape)} apart from dimension {dim}{more}"
        )
    at = index._array.reshape(wanted)
    check_bounds(at, dim, shape[dim])
    return dim, at


def flat_places(index: Array, shape: layout.Shape, dim: int) -> Array:
    """The flat places in a row-major array of the shape that an index along `dim` names."""
    places: Any = index.astype(np.int64, copy=False)
    steps = layout.contiguous_strides(shape)
    if steps[dim] != 1:
        places = places * steps[dim]
    for i, grid in enumerate(_front(index, shape, dim)):
        if i != dim:
            places = places + grid * steps[i]
    return np.asarray(places).reshape(-1)


def covered(src: Tensor, index: Tensor) -> Array:
    """The elements of the source that the index has places for, flattened."""
    array = src._array.reshape(src._array.shape or (1,))
    return array[tuple(slice(n) for n in (index._array.shape or (1,)))].reshape(-1)


class ScatterBackward0(Node):
    __slots__ = ()
    saves = ("index",)

    def gradient(self, grad: Tensor) -> Gradients:
        (index,) = self.tensors()
        dim, source = self.args
        rest = scatter(grad, dim, index, 0) if self.needs(0) else None
        if len(self.edges) == 1:
            return rest
        return rest, _to_source(grad, dim, index, source) if self.needs(1) else None


def _to_source(grad: Tensor, dim: int, index: Tensor, shape: layout.Shape) -> Tensor:
    """The gradient at the places written, in the shape of the source; zeros where the source was not used."""
    picked = gather(grad, dim, index)
    if picked._array.shape == shape:
        return picked
    for i, n in enumerate(shape):
        have = picked._array.shape[i]
        if have != n:
            filler = picked.new_zeros((*picked._array.shape[:i], n - have, *picked._array.shape[i + 1 :]))
            from .join import cat

            picked = cat([picked, filler], i)
    return picked


@operation(inplace=True, promotes=False, apart=True)
def scatter(
    input: Tensor, dim: int, index: Tensor, src: Any = None, *, value: Any = None, reduce: str | None = None
) -> Tensor:
    """A copy in which the places that the index names along a dimension have the elements of the source, or one value.

    With `reduce` "add" or "multiply" they are combined with what was there. RuntimeError for an index out of range or
    larger than the source.
    """
    source = value if src is None else src
    if reduce is not None:
        if reduce not in ("add", "multiply"):
            raise RuntimeError("reduce argument must be either add or multiply.")
        if not isinstance(source, Tensor):
            source = index.new_full(index.shape, source, dtype=input._dtype)
        return input.scatter_reduce(dim, index, source, "sum" if reduce == "add" else "prod")  # type: ignore[no-any-return]
    dim, at = check_scatter(input, dim, index, source)
    array = input._array.copy("C")
    if at.size:
        values = covered(source, index) if isinstance(source, Tensor) else fitting(source, input._dtype)
        shape = array.shape or (1,)
        array.reshape(-1)[flat_places(at, shape, dim)] = values
    size = source._array.shape if isinstance(source, Tensor) else None
    inputs, kind = ((input, source), ScatterBackward0) if isinstance(source, Tensor) else ((input,), ScatterBackward1)
    return record(kind, array, input._dtype, input._device, inputs, saved=(index,), args=(dim, size))


class ScatterBackward1(ScatterBackward0):
    __slots__ = ()


class ScatterAddBackward0(Node):
    __slots__ = ()
    saves = ("index",)

    def gradient(self, grad: Tensor) -> Gradients:
        (index,) = self.tensors()
        dim, source = self.args
        return grad, _to_source(grad, dim, index, source) if self.needs(1) else None


@operation(inplace=True, promotes=False, apart=True)
def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """A copy to which the source is added at the places that the index names along a dimension; repeated places add
    up. RuntimeError for an index out of range or larger than the source."""
    dim, at = check_scatter(input, dim, index, src)
    d = input._dtype
    shape = input._array.shape or (1,)
    array = input._array.copy("C")
    if at.size:
        array = added(array.reshape(-1), flat_places(at, shape, dim), covered(src, index), d).reshape(array.shape)
    args = (dim, src._array.shape)
    return record(ScatterAddBackward0, cast(array, d), d, input._device, (input, src), saved=(index,), args=args)
