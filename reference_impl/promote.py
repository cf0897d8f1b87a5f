"""Result types and operands: what dtype and device operands of several kinds have in common.

Operands have three levels: tensors with dimensions, 0-dim tensors, Python numbers. A lower level raises the category of
the result, never its width within a category.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from .device import CPU, device, different
from .dtype import ALL, BOOL, COMPLEX, FLOATING, INTEGER, PROMOTE, Lattice, dtype, of_scalar
from .hollow import Hollow
from .quiet import quiet
from .storage import Array
from .tensor import Tensor


def _combine(higher: dtype, lower: dtype) -> dtype:
    if higher.category == COMPLEX:
        return higher
    if higher.category == FLOATING:
        return higher.to_complex() if lower.category == COMPLEX else higher
    return PROMOTE[higher, lower] if higher.category == BOOL or lower.category >= FLOATING else higher


COMBINE = Lattice({(a, b): _combine(a, b) for a in ALL for b in ALL if (a, b) in PROMOTE or a.category > BOOL})
"""The result of a type of a higher level with one of a lower level."""


def of_number(value: Any) -> dtype:
    """The type of a number as an operand. TypeError for what is none."""
    try:
        return of_scalar(value)
    except RuntimeError:
        kind = type(value).__name__
        raise TypeError(
            f"received an invalid combination of arguments - got {kind}, expected Tensor or Number"
        ) from None


def result_type(*values: Any) -> dtype:
    """The type of the result of an operation on tensors and numbers."""
    levels: list[dtype | None] = [None, None, None]
    for value in values:
        if isinstance(value, Tensor):
            level, d = (0 if value._array.ndim else 1), value._dtype
        else:
            level, d = 2, of_number(value)
        before = levels[level]
        levels[level] = d if before is None else PROMOTE[before, d]
    result: dtype | None = None
    for found in levels:
        if found is not None:
            result = found if result is None else COMBINE[result, found]
    if result is None:
        raise RuntimeError("result_type() needs at least one operand")
    return result


def common_device(*values: Any) -> device:
    """The device of the result. RuntimeError if tensors lie on two; a 0-dim CPU tensor goes with any."""
    found: Tensor | None = None
    for value in values:
        if isinstance(value, Tensor) and (found is None or value._device is not found._device):
            if found is None or (found._device is CPU and not found._array.ndim):
                found = value
            elif not (value._device is CPU and not value._array.ndim):
                raise different(found._device, value._device)
    return CPU if found is None else found._device


def same_device(first: Tensor, *others: Tensor) -> device:
    """The one device of all operands, without the exception for 0-dim tensors."""
    for other in others:
        if other._device is not first._device:
            raise different(first._device, other._device)
    return first._device


def number(value: Any, d: dtype) -> Any:
    """A Python number as a NumPy scalar that computes in type `d`: integers wrap, floats round silently."""
    if d.category == INTEGER:
        return _integer(value, d.numpy)
    return quiet(d.compute.type, value)


def _integer(value: Any, kind: np.dtype[Any]) -> Any:
    value = int(value)
    try:
        return kind.type(value)
    except OverflowError:
        return np.asarray(value & ((1 << 64) - 1), np.uint64).astype(kind)[()]


def operand(value: Any, d: dtype) -> Any:
    """The array of a tensor, or the scalar of a number, in the NumPy type that `d` computes in."""
    if isinstance(value, Tensor):
        array = value._array
        if array.dtype is d.compute or array.dtype == d.compute:
            return array
        if array.dtype == np.float16 and d.compute == np.float32 and array.size > MANY and array.flags.c_contiguous:
            return np.take(_widths(), array.view(np.uint16))
        return quiet(array.astype, d.compute)
    return number(value, d)


MANY = 1 << 14


@functools.cache
def _widths() -> Array:
    """The float32 of every float16: looking it up takes half the time of NumPy's conversion."""
    return np.arange(1 << 16, dtype=np.uint16).view(np.float16).astype(np.float32)


def cast(array: Array, d: dtype) -> Array:
    """The array in type `d`; the same array if it is of that type."""
    if type(array) is np.ndarray and array.dtype == d.numpy:
        return array
    if type(array) is not Hollow:
        array = np.asarray(array)
    result: Array = quiet(array.astype, d.numpy)
    return result


def dtype_or_scalar(value: Any) -> dtype:
    """The type of one operand, a tensor or a number."""
    return value._dtype if isinstance(value, Tensor) else of_number(value)
