"""Copies with the elements in other places, or several times: flip, roll, rot90, repeat, repeat_interleave."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import layout
from .autograd.node import Gradients, Node
from .dtype import int32, int64
from .format import copied
from .hollow import has_values
from .op import operation, record
from .tensor import Tensor, strides_of, wrap
from .view import shape_given


class FlipBackward0(Node):
    __slots__ = ()

    def gradient(self, grad: Tensor) -> Gradients:
        return flip(grad, self.args)


@operation(out=False)
def flip(input: Tensor, *given: Any, dims: Any = None) -> Tensor:
    """A copy with some dimensions reversed. RuntimeError for one named twice."""
    if dims is None and not given:
        raise TypeError('flip() missing 1 required positional arguments: "dims"')
    chosen = shape_given(given, dims)
    which = layout.wrap_dims(chosen, input.ndim) if chosen else ()
    array = np.flip(input._array, which) if input.ndim else input._array
    copy = copied(array, layout.dense_strides(array.shape, strides_of(input)))
    return record(FlipBackward0, copy, input._dtype, input._device, (input,), args=which)


@operation(out=False)
def fliplr(input: Tensor) -> Tensor:
    """A copy with the second dimension reversed. RuntimeError where there is none."""
    if input.ndim < 2:
        raise RuntimeError("Input must be >= 2-d.")
    return flip(input, 1)


@operation(out=False)
def flipud(input: Tensor) -> Tensor:
    """A copy with the first dimension reversed. RuntimeError where there is none."""
    if input.ndim < 1:
        raise RuntimeError("Input must be >= 1-d.")
    return flip(input, 0)


@operation(out=False)
def rot90(input: Tensor, k: int = 1, dims: Any = (0, 1)) -> Tensor:
    """A copy turned k times by a right angle in the plane of two dimensions. RuntimeError unless they are two."""
    given = tuple(dims)
    if len(given) != 2:
        raise RuntimeError(f"expected total rotation dims == 2, but got dims = {len(given)}")
    if input.ndim < 2:
        raise RuntimeError(f"expected total dims >= 2, but got total dims = {input.ndim}")
    a, b = (layout.wrap_dim(d, input.ndim) for d in given)
    if a == b:
        raise RuntimeError(f"expected rotation dims to be different, but got dim0 = {given[0]} and dim1 = {given[1]}")
    turns = k % 4
    if turns == 0:
        return input.clone()
    if turns == 2:
        return flip(input, a, b)
    return flip(input, b).transpose(a, b) if turns == 1 else flip(input, a).transpose(a, b)


class RollBackward0(Node):
    __slots__ = ()

    def gradient(self, grad: Tensor) -> Gradients:
        shifts, dims = self.args
        return roll(grad, tuple(-s for s in shifts), dims)


@operation(out=False)
def roll(input: Tensor, shifts: Any, dims: Any = None) -> Tensor:
    """A copy shifted along dimensions, or flattened; what falls off one end comes back at the other. RuntimeError
    unless there are as many dimensions as shifts."""
    by = tuple(shifts) if isinstance(shifts, (tuple, list)) else (int(shifts),)
    if not by:
        raise RuntimeError("`shifts` required")
    along: tuple[int, ...] = () if dims is None else tuple(dims) if isinstance(dims, (tuple, list)) else (dims,)
    if not along and len(by) == 1:
        array = np.roll(input._array, by[0])
    else:
        if len(along) != len(by):
            raise RuntimeError(f"shifts and dimensions must align. shifts: {len(by)}, dims:{len(along)}")
        if not input.ndim:
            raise IndexError(f"Dimension specified as {along[0]} but tensor has no dimensions")
        along = tuple(layout.wrap_dim(d, input.ndim) for d in along)
        array = np.roll(input._array, by, along)
    return record(
        RollBackward0,
        np.ascontiguousarray(array).reshape(array.shape),
        input._dtype,
        input._device,
        (input,),
        args=(by, along or None),
    )


class RepeatBackward0(Node):
    __slots__ = ()

    def gradient(self, grad: Tensor) -> Gradients:
        shape, counts = self.args
        lead = len(counts) - len(shape)
        pairs = [n for pair in zip(counts, (1,) * lead + shape, strict=True) for n in pair]
        if not pairs:
            return grad
        return grad.reshape(pairs).sum(list(range(0, len(pairs), 2))).reshape(shape)


@operation(out=False)
def repeat(input: Tensor, *given: Any, repeats: Any = None) -> Tensor:
    """A copy repeated along each dimension; more counts than dimensions add dimensions in front. RuntimeError for fewer
    counts, and for negative ones."""
    counts = shape_given(given, repeats)
    shape = input._array.shape
    if len(counts) < len(shape):
        raise RuntimeError("Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor")
    padded = (1,) * (len(counts) - len(shape)) + shape
    for count, size in zip(counts, padded, strict=True):
        if count < 0:
            found = [c * s for c, s in zip(counts, padded, strict=True)]
            raise RuntimeError(f"Trying to create tensor with negative dimension {count * size}: {found}")
    array = np.asarray(np.tile(input._array, counts) if counts else input._array.copy(), order="C")
    return record(RepeatBackward0, array, input._dtype, input._device, (input,), args=(shape, counts))


@operation(out=False)
def tile(input: Tensor, *given: Any, dims: Any = None) -> Tensor:
    """A copy repeated along each dimension; fewer counts than dimensions are filled up with ones in front."""
    counts = shape_given(given, dims)
    return repeat(input, (1,) * (input.ndim - len(counts)) + counts)


@operation(out=False)
def repeat_interleave(
    input: Tensor, repeats: Any = None, dim: int | None = None, *, output_size: int | None = None
) -> Tensor:
    """Each element, or each slice along a dimension, repeated so many times, or each its own number of times. With one
    argument: each index so many times. RuntimeError for negative numbers and for too many or few."""
    if repeats is None:
        if input._array.size and not has_values(input._array):
            raise RuntimeError("cannot repeat_interleave a meta tensor without output_size")
        counts = _counts(input)
        index = np.repeat(np.arange(len(counts)), counts)
        return wrap(index.astype(input._array.dtype), input._dtype, input._device)
    if dim is None:
        input, dim = input.reshape(-1), 0
    dim = layout.wrap_dim(dim, input.ndim)
    size = (input._array.shape or (1,))[dim]
    if isinstance(repeats, Tensor):
        counts = _counts(repeats)
        if len(counts) not in (1, size):
            raise RuntimeError(
                "repeats must have the same size as input along dim, but got repeats.size(0) = "
                f"{len(counts)} and input.size({dim}) = {size}"
            )
        counts = np.broadcast_to(counts, size)
    else:
        if repeats < 0:
            raise RuntimeError(f"Repeats must be non-negative, got {repeats}")
        counts = np.full(size, repeats)
    at = wrap(np.repeat(np.arange(size), counts), int64, input._device)
    return input.index_select(dim, at)  # type: ignore[no-any-return]


def _counts(repeats: Tensor) -> Any:
    if repeats._dtype not in (int64, int32):
        raise NotImplementedError(f"\"repeat_interleave_cpu\" not implemented for '{repeats._dtype.word}'")
    if repeats.ndim > 1:
        raise RuntimeError("repeats must be 0-dim or 1-dim tensor")
    counts = repeats._array.reshape(-1)
    if (counts < 0).any():
        raise RuntimeError("repeats can not be negative")
    return counts
