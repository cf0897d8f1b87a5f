"""Whether every element is true, whether any is, and how many are."""

from __future__ import annotations

from typing import Any

import numpy as np

from .dtype import bool as bool_
from .dtype import dtype, int64, uint8
from .layout import wrap_dims
from .op import operation, record
from .tensor import Tensor


def _reduced(ufunc: np.ufunc, input: Tensor, dim: Any, keepdim: bool) -> Tensor:
    dims = wrap_dims(dim, input.ndim)
    d = uint8 if input._dtype is uint8 else bool_
    array = input._array
    truth = array if array.dtype == np.bool_ else np.not_equal(array, 0)
    if input.ndim:
        truth = ufunc.reduce(truth, axis=dims, keepdims=keepdim)
    return record(None, np.asarray(truth).astype(d.numpy), d, input._device, (input,))


def _for_truth(result: dtype, out: dtype) -> None:
    """RuntimeError for an `out=` that holds no truth."""
    if out is not bool_ and out is not uint8:
        raise RuntimeError(f"only bool tensors are supported for the result, got: {out.word}")


@operation(promotes=_for_truth)
def all(input: Tensor, dim: Any = None, keepdim: bool = False) -> Tensor:
    """Whether every element is nonzero; uint8 for a uint8 operand, else bool."""
    return _reduced(np.logical_and, input, dim, keepdim)


@operation(promotes=_for_truth)
def any(input: Tensor, dim: Any = None, keepdim: bool = False) -> Tensor:
    """Whether an element is nonzero; uint8 for a uint8 operand, else bool."""
    return _reduced(np.logical_or, input, dim, keepdim)


@operation()
def count_nonzero(input: Tensor, dim: Any = None) -> Tensor:
    """How many elements are not zero."""
    dims = wrap_dims(dim, input.ndim)
    count = np.count_nonzero(np.not_equal(input._array, 0), axis=dims if input.ndim else None)
    return record(None, np.asarray(count, np.int64), int64, input._device, (input,))
