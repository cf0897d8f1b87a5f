"""Creation: tensors from data, from a fill value, from a range."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from .device import resolve
from .dtype import DEFAULT, INTEGER, dtype, float32, int64, of_scalar
from .gradmode import MODE
from .numpy import array_of, from_numpy
from .promote import cast, number
from .storage import Array
from .tensor import INFERENCE, Tensor, attach, wrap


def made(array: Array, d: dtype, device: Any, requires_grad: bool = False) -> Tensor:
    """A new leaf. RuntimeError if it shall require grad and is not floating."""
    t = wrap(array, d, resolve(device))
    if MODE.inference:
        t._counter = INFERENCE
    if requires_grad:
        if not d.differentiable:
            raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
        t._flag = True
    return t


def sizes(size: tuple[Any, ...], name: str, negative: str | None = None) -> tuple[int, ...]:
    """The shape given as numbers or as one sequence. TypeError for what is no integer, RuntimeError for a negative
    one."""
    given: Any = size[0] if len(size) == 1 and isinstance(size[0], (tuple, list)) else size
    for item in given:
        if isinstance(item, bool) or not hasattr(item, "__index__"):
            found = type(item).__name__
            what = f"not {found}" if given is size else f"but found element of type {found} at pos 0"
            raise TypeError(f"{name}(): argument 'size' (position 1) must be tuple of ints, {what}")
    shape = tuple(item.__index__() for item in given)
    for n in shape:
        if n < 0:
            raise RuntimeError(negative or f"Trying to create tensor with negative dimension {n}: {list(shape)}")
    return shape


def tensor(data: Any, *, dtype: dtype | None = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A copy of a number, nested sequences, an ndarray or a tensor. The dtype is inferred from the values unless it is
    given.

    ValueError for ragged sequences, TypeError or RuntimeError for what is no number.
    """
    if isinstance(data, Tensor):
        warnings.warn(
            "To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() or "
            "sourceTensor.detach().clone().requires_grad_(True), rather than torch.tensor(sourceTensor).",
            UserWarning,
            stacklevel=2,
        )
        device = data._device if device is None else device
    array, inferred = array_of(data)
    d = dtype or inferred
    if d.category == INTEGER and array.size and not isinstance(data, (Tensor, np.ndarray)):
        _check_range(array, d)
    return made(np.array(cast(array, d), order="C"), d, device, requires_grad)


def _check_range(array: Array, d: dtype) -> None:
    """RuntimeError for numbers outside an integer type. Negative ones down to -max wrap in an unsigned type."""
    limits = np.iinfo(d.numpy)
    low = limits.min if d.is_signed else -int(limits.max)
    real = array.real
    if not (np.isfinite(real).all() and low <= real.min() and real.max() <= limits.max):
        raise RuntimeError(f"value cannot be converted to type {d.name} without overflow")


def as_tensor(data: Any, dtype: dtype | None = None, device: Any = None) -> Tensor:
    """The tensor itself, or one that shares an ndarray's memory, where dtype and device allow it; else a copy."""
    if isinstance(data, Tensor):
        return data.to(dtype=dtype or data._dtype, device=data._device if device is None else device)
    if isinstance(data, np.ndarray):
        t = from_numpy(data)
        return t.to(dtype=dtype or t._dtype, device=resolve(device))
    return tensor(data, dtype=dtype, device=device)


def empty(
    *size: Any, dtype: dtype | None = None, device: Any = None, requires_grad: bool = False, **layout: Any
) -> Tensor:
    """A tensor of the given shape; its values are unspecified."""
    d = dtype or DEFAULT.floating
    return made(np.zeros(sizes(size or layout.pop("size", ()), "empty"), d.numpy), d, device, requires_grad)


def zeros(
    *size: Any, dtype: dtype | None = None, device: Any = None, requires_grad: bool = False, **layout: Any
) -> Tensor:
    """A tensor of zeros."""
    d = dtype or DEFAULT.floating
    shape = sizes(size or layout.pop("size", ()), "zeros", "zeros: Dimension size must be non-negative.")
    return made(np.zeros(shape, d.numpy), d, device, requires_grad)


def ones(
    *size: Any, dtype: dtype | None = None, device: Any = None, requires_grad: bool = False, **layout: Any
) -> Tensor:
    """A tensor of ones."""
    d = dtype or DEFAULT.floating
    return made(np.ones(sizes(size or layout.pop("size", ()), "ones"), d.numpy), d, device, requires_grad)


def full(
    size: Sequence[int],
    fill_value: Any,
    *,
    dtype: dtype | None = None,
    device: Any = None,
    requires_grad: bool = False,
    **layout: Any,
) -> Tensor:
    """A tensor filled with one value, whose type is the dtype unless one is given. RuntimeError if the value does
    not fit."""
    if isinstance(fill_value, Tensor):
        fill_value = fill_value.item()
    d = dtype or of_scalar(fill_value)
    array = np.full(sizes((size,), "full"), checked(fill_value, d), d.numpy)
    return made(array, d, device, requires_grad)


def checked(value: Any, d: dtype) -> Any:
    """A number as a NumPy scalar of type `d`; RuntimeError if it is out of range."""
    if isinstance(value, complex) and not d.is_complex:
        if value.imag:
            raise RuntimeError(f"value cannot be converted to type {d.legacy} without overflow")
        value = value.real
    if d.category == INTEGER:
        limits = np.iinfo(d.numpy)
        low = limits.min if d.is_signed else -int(limits.max)
        if not math.isfinite(value) or not low <= int(value) <= limits.max:
            name = f"{d.name}_t" if d.itemsize == 1 else d.legacy
            raise RuntimeError(f"value cannot be converted to type {name} without overflow")
    elif d is float32 and math.isfinite(value) and not np.isfinite(number(value, d)):
        raise RuntimeError(f"value cannot be converted to type {d.legacy} without overflow")
    return number(value, d)


def arange(
    start: Any,
    end: Any = None,
    step: Any = 1,
    *,
    dtype: dtype | None = None,
    device: Any = None,
    requires_grad: bool = False,
    **layout: Any,
) -> Tensor:
    """The values from start (0 if only one bound is given) to end, without the end. Integers give int64, floats the
    default dtype."""
    if end is None:
        start, end = 0, start
    bounds = [b.item() if isinstance(b, Tensor) else b for b in (start, end, step)]
    start, end, step = bounds
    whole = all(isinstance(b, (int, np.integer)) for b in bounds)
    d = dtype or (int64 if whole else DEFAULT.floating)
    if step == 0:
        raise RuntimeError("step must be nonzero")
    if (end - start) * step < 0:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")
    if whole:
        values: Array = np.arange(int(start), int(end), int(step), dtype=np.int64)
        return made(values.astype(d.numpy), d, device, requires_grad)
    count = math.ceil((end - start) / step)
    return made(cast(start + step * np.arange(count, dtype=np.float64), d), d, device, requires_grad)


def zeros_like(
    input: Tensor, *, dtype: dtype | None = None, device: Any = None, requires_grad: bool = False, **layout: Any
) -> Tensor:
    """Zeros of the shape, dtype and device of another tensor."""
    d = dtype or input._dtype
    where = input._device if device is None else device
    return made(np.zeros(input._array.shape, d.numpy), d, where, requires_grad)


def ones_like(
    input: Tensor, *, dtype: dtype | None = None, device: Any = None, requires_grad: bool = False, **layout: Any
) -> Tensor:
    """Ones of the shape, dtype and device of another tensor."""
    d = dtype or input._dtype
    where = input._device if device is None else device
    return made(np.ones(input._array.shape, d.numpy), d, where, requires_grad)


attach("_from_numpy", lambda self, array: from_numpy(array))
