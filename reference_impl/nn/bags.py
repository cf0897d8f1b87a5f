"""Rows of a table, summed, averaged or compared in bags."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from ..autograd.node import Gradients, Node
from ..dtype import dtype, int32, int64
from ..op import record
from ..promote import cast, operand, same_device
from ..quiet import quiet
from ..storage import Array
from ..tensor import Tensor, wrap
from .embedding import shorten, sparse_rows


class EmbeddingBagBackward0(Node):
    """Each row gets its part of the gradients of the bags that it is in; each weight what its row and its bag have in
    common. `args`: the numbers of the rows of the table, the places of those that count, the bag of each, and how many
    there are in it."""

    __slots__ = ()
    saves = ("indices", "weight", "per_sample_weights")

    def gradient(self, grad: Tensor) -> Gradients:
        indices, weight, scale = self.tensors()
        rows, kept, bags, share, sparse = self.args
        at = indices.reshape(-1)[kept]
        flow = grad.index_select(0, bags)
        part = flow if share is None else flow * share
        by_weight = by_scale = None
        if self.needs(0):
            scaled = part if scale is None else part * scale.reshape(-1)[kept].unsqueeze(1)
            dense = grad.new_zeros((rows, grad._array.shape[1]))
            by_weight = sparse_rows(scaled, at, rows) if sparse else dense.index_add(0, at, scaled)
        if self.needs(1):
            inner = (flow * weight.index_select(0, at)).sum(1)
            by_scale = grad.new_zeros(indices.numel()).index_add(0, kept, inner).reshape(scale._array.shape)
        return by_weight, by_scale


class GreatestOfBagBackward0(Node):
    """Each row gets the gradient where it is the greatest of its bag, the first of several."""

    __slots__ = ()
    args: tuple[int, Tensor, Tensor]

    def gradient(self, grad: Tensor) -> Gradients:
        rows, places, filled = self.args
        width = grad._array.shape[1]
        flow = grad.index_select(0, filled).reshape(-1)
        return grad.new_zeros(rows * width).index_add(0, places, flow).reshape(rows, width)


GreatestOfBagBackward0.__name__ = "EmbeddingBagBackward0"


def _check_arguments(
    input: Tensor, weight: Tensor, offsets: Tensor | None, mode: str, by_frequency: bool, sparse: bool, scale: Any
) -> None:
    """ValueError for shapes and modes that do not go together."""
    if scale is not None and input.shape != scale.shape:
        raise ValueError(
            f"embedding_bag: If per_sample_weights ({scale.shape}) is not None, then it must have the same shape as "
            f"the input ({input.shape})"
        )
    if weight.ndim != 2:
        raise ValueError(f"weight has to be a 2D Tensor, but got Tensor of dimension {weight.ndim}")
    if input.ndim not in (1, 2):
        raise ValueError(f"input has to be 1D or 2D Tensor, but got Tensor of dimension {input.ndim}")
    if input.ndim == 2 and offsets is not None:
        raise ValueError(
            "if input is 2D, then offsets has to be None, as input is treated is a mini-batch of fixed length "
            f"sequences. However, found offsets of type {type(offsets)}"
        )
    if input.ndim == 1 and (offsets is None or offsets.ndim != 1):
        raise ValueError(f"offsets has to be a 1D Tensor{' but got None' if offsets is None else ''}")
    if mode not in ("sum", "mean", "max"):
        raise ValueError("mode has to be one of sum, mean or max")
    if mode == "max" and by_frequency:
        raise ValueError("max mode does not support scaling the gradient by the frequency")
    if mode == "max" and sparse:
        raise ValueError("max mode does not support sparse weights")
    if scale is not None and mode != "sum":
        raise NotImplementedError(
            "embedding_bag: per_sample_weights was not None. per_sample_weights is only supported for mode='sum' (got "
            f"mode='{mode}'). Please open a feature request on GitHub."
        )


def _check_operands(input: Tensor, weight: Tensor, offsets: Tensor | None, scale: Tensor | None) -> None:
    """RuntimeError for dtypes, and for rows that there are not."""
    where = "(while checking arguments for embedding_bag)"
    for name, t in (("indices", input), ("offsets", offsets)):
        if t is not None and t._dtype not in (int64, int32):
            raise RuntimeError(
                f"Expected tensor for argument #1 '{name}' to have one of the following scalar types: Long, Int; but "
                f"got torch.{t._dtype.word}Tensor instead {where}"
            )
    if not weight._dtype.is_floating_point:
        raise RuntimeError(
            "Expected tensor for argument #1 'weight' to have one of the following scalar types: Half, BFloat16, "
            f"Float, Double; but got torch.{weight._dtype.word}Tensor instead {where}"
        )
    if scale is not None and scale._dtype is not weight._dtype:
        raise RuntimeError(
            "Expected tensor for argument #1 'weight' to have the same type as tensor for argument #1 "
            f"'per_sample_weights'; but type torch.{weight._dtype.word}Tensor does not equal "
            f"torch.{scale._dtype.word}Tensor {where}"
        )
    same_device(weight, *[t for t in (input, offsets, scale) if t is not None])
    at, rows = input._array.reshape(-1), weight._array.shape[0]
    wrong = np.flatnonzero((at < 0) | (at >= rows))
    if len(wrong):
        raise RuntimeError(
            f"Index {wrong[0]} of input takes value {at[wrong[0]]} which is not in the valid range [0, {rows})"
        )


def _starts(input: Tensor, offsets: Tensor | None, last: bool) -> tuple[Array, Array]:
    """Where each bag begins, and where it ends. RuntimeError for offsets that do not begin at zero, or lie beyond."""
    length = input.numel()
    if offsets is None:
        begin = np.arange(input._array.shape[0]) * input._array.shape[1]
        return begin, begin + input._array.shape[1]
    begin = offsets._array.astype(np.int64)
    if len(begin) and begin[0] != 0:
        raise RuntimeError(
            "offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from position 0. However, "
            f"got {begin[0]}"
        )
    if len(begin) and begin[-1] > length:
        raise RuntimeError(
            f"offsets[-1] can not be greater than input's length {length} but got offsets[-1] of {begin[-1]}"
        )
    if (np.diff(begin) < 0).any():
        raise RuntimeError("offsets are not in order")
    return (begin[:-1], begin[1:]) if last else (begin, np.append(begin[1:], length)[: len(begin)])


def _padding(index: int | None, rows: int) -> int:
    if index is None:
        return -1
    if not -rows <= index < rows:
        raise RuntimeError(
            f"padding_idx must be within the number of embeddings, {-rows} through {rows - 1}, but got {index}"
        )
    return index % rows


def _reduced(ufunc: Any, values: Array, bags: Array, count: int) -> Array:
    """The values of each bag together, zeros for a bag of none; the bags are in order."""
    result = np.zeros((count, *values.shape[1:]), values.dtype)
    if len(bags):
        first = np.flatnonzero(np.diff(bags, prepend=-1))
        result[bags[first]] = ufunc.reduceat(values, first, 0)
    return result


def embedding_bag(
    input: Tensor,
    weight: Tensor,
    offsets: Tensor | None = None,
    max_norm: float | None = None,
    norm_type: float = 2,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Tensor:
    """The sum, the mean or the greatest of the rows of `weight` (shape `(rows, width)`) in each bag: shape `(bags,
    width)`.

    `input` has a bag in each row, or is a vector of bags that begin at `offsets`; `include_last_offset` says that the
    last one of these is the end. Rows `padding_idx` do not count, and a bag of none gives zeros. `per_sample_weights`
    multiplies the rows of a sum. `sparse`: the gradient is a sparse tensor. ValueError for shapes and
    modes that do not go together, RuntimeError for indices out of range and other dtypes.
    """
    if weight._dtype is int64 and input._dtype.is_floating_point:
        warnings.warn(
            "Argument order of nn.functional.embedding_bag was changed. Usage `embedding_bag(weight, input, ...)` is "
            "deprecated, and should now be `embedding_bag(input, weight, ...)`.",
            stacklevel=2,
        )
        weight, input = input, weight
    _check_arguments(input, weight, offsets, mode, scale_grad_by_freq, sparse, per_sample_weights)
    _check_operands(input, weight, offsets, per_sample_weights)
    padding = _padding(padding_idx, weight._array.shape[0])
    begin, end = _starts(input, offsets, include_last_offset)
    if max_norm is not None:
        shorten(weight, input, max_norm, norm_type)
    at = input._array.reshape(-1)
    places = np.concatenate([np.arange(a, b) for a, b in zip(begin, end, strict=True)] or [np.arange(0)])
    bags = np.repeat(np.arange(len(begin)), end - begin)
    counted = at[places] != padding
    kept, bags = places[counted], bags[counted]
    if mode == "max":
        return _greatest(weight, at[kept], bags, len(begin))
    given = input, weight, per_sample_weights
    return _total(given, kept, bags, len(begin), mode == "mean", scale_grad_by_freq, sparse)


def _total(
    given: tuple[Tensor, Tensor, Tensor | None],
    kept: Array,
    bags: Array,
    count: int,
    mean: bool,
    by_frequency: bool,
    sparse: bool,
) -> Tensor:
    input, weight, scale = given
    d, at = weight._dtype, input._array.reshape(-1)[kept]
    values = operand(weight, d)[at]
    if scale is not None:
        values = values * operand(scale, d).reshape(-1)[kept][:, None]
    array = quiet(_reduced, np.add, values, bags, count)
    share = np.ones(len(kept))
    if mean:
        numbers = np.bincount(bags, minlength=count).astype(array.dtype)
        array = array / np.maximum(numbers, 1)[:, None]
        share = share / numbers[bags]
    if by_frequency:
        share = share / np.bincount(at, minlength=1)[at]
    part = _like(weight, share[:, None].astype(d.numpy), d) if mean or by_frequency else None
    args = weight._array.shape[0], _like(weight, kept, int64), _like(weight, bags, int64), part, sparse
    saved = input, None if scale is None else weight, scale
    return record(EmbeddingBagBackward0, cast(array, d), d, weight._device, (weight, scale), saved, args)


def _greatest(weight: Tensor, at: Array, bags: Array, count: int) -> Tensor:
    d, width = weight._dtype, weight._array.shape[1]
    values = weight._array[at]
    array = quiet(_reduced, np.maximum, values, bags, count)
    order = np.where(values == array[bags], np.arange(len(at))[:, None], len(at) - 1)
    first = _reduced(np.minimum, order, bags, count)
    filled = np.unique(bags)
    places = at[first[filled]] * width + np.arange(width) if len(at) else np.zeros(0, np.int64)
    args = len(weight._array), _like(weight, places.reshape(-1), int64), _like(weight, filled, int64)
    return record(GreatestOfBagBackward0, array, d, weight._device, (weight,), args=args)


def _like(t: Tensor, array: Array, d: dtype) -> Tensor:
    return wrap(np.ascontiguousarray(array), d, t._device)
