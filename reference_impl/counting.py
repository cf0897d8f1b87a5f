"""Distinct values, counts and searching in sorted sequences."""

from __future__ import annotations

from typing import Any

import numpy as np

from .autograd.node import Gradients, Node
from .create import tensor
from .derivative import refuse
from .dtype import INTEGER, float32, float64, int32, int64
from .dtype import bool as bool_
from .gradmode import check_unmapped
from .hollow import has_values
from .layout import wrap_dim
from .op import operation, record
from .promote import common_device, operand, result_type
from .storage import Array
from .tensor import Tensor


class UniqueBackward0(Node):
    """Torch has none: backward through the values raises."""

    __slots__ = ()

    def gradient(self, *grads: Tensor) -> Gradients:
        raise NotImplementedError("the derivative for 'unique' is not implemented.")


def _results(values: Array, inverse: Any, counts: Any, input: Tensor) -> Any:
    """The values alone, or a tuple with what was asked for."""
    d = input._dtype
    out = [record(UniqueBackward0, values.astype(d.numpy, copy=False), d, input._device, (input,))]
    for extra in (inverse, counts):
        if extra is not None:
            out.append(record(None, np.asarray(extra, np.int64, order="C"), int64, input._device, ()))
    return out[0] if len(out) == 1 else tuple(out)


def _check_lines(input: Tensor, axis: int | None) -> None:
    """NotImplementedError for complex numbers, RuntimeError for slices without elements."""
    refuse("unique", input._dtype.is_complex, input._dtype)
    if axis is not None and 0 in (*input._array.shape[:axis], *input._array.shape[axis + 1 :]):
        raise RuntimeError("There are 0 sized dimensions, and they aren't selected, so unique cannot be applied")


def _line_dim(input: Tensor, dim: int) -> int:
    if not input.ndim:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    return wrap_dim(dim, input.ndim)


@operation(out=False)
def unique(
    input: Tensor,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Any:
    """The sorted distinct values, or slices along a dimension; with the inverse and the counts if asked for."""
    check_unmapped("unique")
    refuse("unique", input._dtype.is_complex, input._dtype)
    array = operand(input, input._dtype)
    axis = None if dim is None else _line_dim(input, dim)
    _check_lines(input, axis)
    asked: Any = {"return_inverse": return_inverse, "return_counts": return_counts}
    found = np.unique(array, axis=axis, equal_nan=False, **asked)
    values, *rest = found if isinstance(found, tuple) else (found,)
    inverse = rest[0].reshape(-1 if axis is not None else array.shape) if return_inverse else None
    return _results(values, inverse, rest[-1] if return_counts else None, input)


@operation(out=False)
def unique_consecutive(
    input: Tensor, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """The values, or slices along a dimension, without immediate repetitions."""
    axis = 0 if dim is None else _line_dim(input, dim)
    _check_lines(input, None if dim is None else axis)
    array = input._array.reshape(-1) if dim is None else np.moveaxis(input._array, axis, 0)
    n = array.shape[0]
    differ = np.not_equal(array[1:], array[:-1])
    changes = np.any(differ, axis=tuple(range(1, differ.ndim)))
    first = np.concatenate([np.ones(min(n, 1), bool), changes])
    inverse = np.cumsum(first) - 1
    counts = np.bincount(inverse) if n else np.zeros(0, np.int64)
    values = np.moveaxis(array[first], 0, axis)
    inverse = inverse.reshape(input._array.shape) if dim is None else inverse
    return _results(values, inverse if return_inverse else None, counts if return_counts else None, input)


@operation(out=False)
def bincount(input: Tensor, weights: Tensor | None = None, minlength: int = 0) -> Tensor:
    """How often each non-negative integer stands in a vector, or the sum of its weights."""
    array = input._array
    refuse("bincount_cpu", input._dtype.category != INTEGER, input._dtype)
    if array.ndim != 1 or np.any(array < 0):
        raise RuntimeError("bincount only supports 1-d non-negative integral inputs.")
    if minlength < 0:
        raise RuntimeError("minlength should be >= 0")
    if weights is None:
        return record(None, np.bincount(array, minlength=minlength).astype(np.int64), int64, input._device, ())
    if weights._array.shape != array.shape:
        raise RuntimeError("weights should be 1-d and have the same length as input")
    d = float32 if weights._dtype is float32 else float64
    result = np.bincount(array, operand(weights, d), minlength)
    return record(None, result.astype(d.numpy), d, common_device(input, weights), ())


def _check_sorted(boundaries: Tensor, values: Any, right: bool, side: str | None, sorter: Tensor | None) -> None:
    """RuntimeError in torch's words for what does not go together."""
    name, shape, dims = "torch.searchsorted()", boundaries._array.shape, boundaries.ndim
    if side not in (None, "left", "right"):
        raise RuntimeError(f"{name}: side can only be 'left' or 'right' but got {side}")
    if side == "left" and right:
        raise RuntimeError(f"{name}: side and right can't be set to opposites, got side of left while right was True")
    if not dims:
        raise RuntimeError(f"{name}: boundaries tensor should have positive dimension, but got 0 dimension")
    if sorter is not None:
        if sorter._array.shape != shape:
            raise RuntimeError(
                f"{name}: boundary and sorter must have the same size, but got boundary tensor {list(shape)}and got "
                f"sorter tensor {list(sorter._array.shape)}"
            )
        if sorter._dtype is not int64:
            raise RuntimeError(f"{name}: sorter must be a tensor of long dtype but got dtype {sorter._dtype.word}")
        if has_values(sorter._array) and not 0 <= sorter._array.min() <= sorter._array.max() < shape[-1]:
            raise RuntimeError(f"{name}: sorter index out of range")
    if dims > 1 and (not isinstance(values, Tensor) or not values.ndim):
        raise RuntimeError(
            f"{name}: input value can be a scalar only when boundaries tensor dimension is 1, but we got boundaries "
            f"tensor dim({dims}) and input value's dim(0) numel(1)"
        )
    if dims > 1 and shape[:-1] != values._array.shape[:-1]:
        raise RuntimeError(
            f"{name}: boundaries tensor should be 1 dimension or the first N-1 dimensions of boundaries tensor and "
            f"input value tensor must match, but we got boundaries tensor {list(shape)} and input value tensor "
            f"{list(values._array.shape)}"
        )


@operation(method=False, promotes=False)
def searchsorted(
    sorted_sequence: Tensor,
    input: Any,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Tensor | None = None,
) -> Tensor:
    """Where values belong in a sorted sequence, or line by line in the last dimension: before equal ones, or after. A
    `sorter` gives the order of a sequence that is not sorted. RuntimeError for lines that do not match."""
    _check_sorted(sorted_sequence, input, right, side, sorter)
    values = input if isinstance(input, Tensor) else tensor(input, device=sorted_sequence._device)
    d = result_type(sorted_sequence, values)
    refuse("searchsorted_out_cpu", d.is_complex or d is bool_, d)
    lines, wanted = operand(sorted_sequence, d), operand(values, d)
    if sorter is not None:
        lines = np.take_along_axis(lines, sorter._array, -1)
    way: Any = "right" if right or side == "right" else "left"
    if lines.ndim == 1:
        place = np.searchsorted(lines, wanted, way)
    else:
        place = np.empty(wanted.shape, np.int64)
        for index in np.ndindex(*lines.shape[:-1]):
            place[index] = np.searchsorted(lines[index], wanted[index], way)
    kind = int32 if out_int32 else int64
    return record(None, np.asarray(place).astype(kind.numpy), kind, common_device(sorted_sequence, values), ())


@operation(method=False, promotes=False)
def bucketize(input: Any, boundaries: Tensor, *, out_int32: bool = False, right: bool = False) -> Tensor:
    """Where values belong in a sorted vector, which comes last. RuntimeError for more dimensions."""
    if boundaries.ndim != 1:
        raise RuntimeError(f"boundaries tensor must be 1 dimension, but got dim({boundaries.ndim})")
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)
