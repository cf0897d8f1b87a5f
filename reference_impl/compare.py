"""Comparison and logic: element by element with bool results, or one answer for the whole."""

from __future__ import annotations

from numbers import Number
from typing import Any

import numpy as np

from .arguments import need_tensor, spoken
from .derivative import refuse
from .device import META
from .dtype import COMPLEX, FLOATING
from .dtype import bool as bool_
from .hollow import refuse_reading
from .layout import broadcast_shapes
from .op import binary, boolean, operation, record, unary
from .promote import common_device, dtype_or_scalar, operand, result_type
from .quiet import quiet
from .tensor import Tensor, attach


def ordered(name: str, ufunc: np.ufunc, input: Any, other: Any) -> Tensor:
    """A comparison by order. NotImplementedError for complex numbers."""
    d = result_type(input, other)
    refuse(name, d.category == COMPLEX, d)
    return binary(ufunc, input, other, None, boolean)


@operation(operators=("__eq__",), inplace=True)
def eq(input: Tensor, other: Any) -> Tensor:
    """Whether two elements are equal."""
    return binary(np.equal, input, other, None, boolean)


@operation(operators=("__ne__",), inplace=True)
def ne(input: Tensor, other: Any) -> Tensor:
    """Whether two elements differ."""
    return binary(np.not_equal, input, other, None, boolean)


@operation(operators=("__lt__",), inplace=True)
def lt(input: Tensor, other: Any) -> Tensor:
    """Whether an element is less than the other."""
    return ordered("lt_cpu", np.less, input, other)


@operation(operators=("__le__",), inplace=True)
def le(input: Tensor, other: Any) -> Tensor:
    """Whether an element is less than or equal to the other."""
    return ordered("le_cpu", np.less_equal, input, other)


@operation(operators=("__gt__",), inplace=True)
def gt(input: Tensor, other: Any) -> Tensor:
    """Whether an element is greater than the other."""
    return ordered("gt_cpu", np.greater, input, other)


@operation(operators=("__ge__",), inplace=True)
def ge(input: Tensor, other: Any) -> Tensor:
    """Whether an element is greater than or equal to the other."""
    return ordered("ge_cpu", np.greater_equal, input, other)


not_equal = operation(name="not_equal", inplace=True)(ne)
less = operation(name="less", inplace=True)(lt)
less_equal = operation(name="less_equal", inplace=True)(le)
greater = operation(name="greater", inplace=True)(gt)
greater_equal = operation(name="greater_equal", inplace=True)(ge)


@operation(inplace=True)
def logical_and(input: Tensor, other: Tensor) -> Tensor:
    """Whether both elements are nonzero; NaN is."""
    need_tensor("logical_and", other)
    return binary(np.logical_and, input, other, None, boolean)


@operation(inplace=True)
def logical_or(input: Tensor, other: Tensor) -> Tensor:
    """Whether either element is nonzero; NaN is."""
    need_tensor("logical_or", other)
    return binary(np.logical_or, input, other, None, boolean)


@operation(inplace=True)
def logical_xor(input: Tensor, other: Tensor) -> Tensor:
    """Whether exactly one element is nonzero; NaN is."""
    need_tensor("logical_xor", other)
    return binary(np.logical_xor, input, other, None, boolean)


@operation(inplace=True)
def logical_not(input: Tensor) -> Tensor:
    """Whether an element is zero."""
    return unary(np.logical_not, input, None, boolean)


@operation(out=False)
def isnan(input: Tensor) -> Tensor:
    """Whether an element is NaN; no integer is."""
    return unary(np.isnan, input, None, boolean)


@operation(out=False)
def isinf(input: Tensor) -> Tensor:
    """Whether an element is infinite; no integer is."""
    return unary(np.isinf, input, None, boolean)


@operation(out=False)
def isfinite(input: Tensor) -> Tensor:
    """Whether an element is neither NaN nor infinite; every integer is."""
    return unary(np.isfinite, input, None, boolean)


@operation(promotes=False)
def isposinf(input: Tensor) -> Tensor:
    """Whether an element is positive infinity. RuntimeError for complex numbers."""
    return _infinite("isposinf", input, np.inf)


@operation(promotes=False)
def isneginf(input: Tensor) -> Tensor:
    """Whether an element is negative infinity. RuntimeError for complex numbers."""
    return _infinite("isneginf", input, -np.inf)


def _infinite(name: str, input: Tensor, value: float) -> Tensor:
    if input._dtype.is_complex:
        raise RuntimeError(f"{name} does not support complex inputs.")
    if input._dtype.category < FLOATING:
        return isinf(input)
    return unary(lambda a: np.equal(a, value), input, None, boolean)


@operation(out=False)
def isreal(input: Tensor) -> Tensor:
    """Whether the imaginary part is zero."""
    return unary(np.isreal, input, None, boolean)


@operation(out=False)
def isclose(input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Tensor:
    """`|input - other| <= atol + rtol * |other|`; equal infinities are close. RuntimeError for different dtypes."""
    need_tensor("isclose", other)
    if input._dtype is not other._dtype:
        raise RuntimeError(f"{input._dtype.word} did not match {other._dtype.word}")
    for name, value in (("rtol", rtol), ("atol", atol)):
        if value < 0:
            raise RuntimeError(f"{name} must be greater than or equal to zero, but got {value}")
    d = input._dtype
    broadcast_shapes(input._array.shape, other._array.shape)
    x, y = operand(input, d), operand(other, d)
    close = quiet(np.equal, x, y)
    if equal_nan and d.differentiable:
        close = close | (np.isnan(x) & np.isnan(y))
    if rtol or atol:
        if d.category < FLOATING:
            x, y = x.astype(np.float64), y.astype(np.float64)
        near = quiet(np.abs, quiet(np.subtract, x, y)) <= quiet(
            np.add, atol, quiet(np.abs, quiet(np.multiply, rtol, y))
        )
        close = close | (near & np.isfinite(y) & np.isfinite(x))
    return record(None, close, bool_, common_device(input, other), (input, other))


@operation(out=False)
def allclose(input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> bool:
    """Whether every pair of elements is close, as a Python bool. RuntimeError for different dtypes."""
    need_tensor("allclose", other)
    close = isclose(input, other, rtol, atol, equal_nan)
    return bool(close.all() if close.is_meta else close._array.all())


@operation(out=False)
def equal(input: Tensor, other: Tensor) -> bool:
    """Whether shapes agree and every value is equal, as a Python bool."""
    need_tensor("equal", other)
    common_device(input, other)
    if input._array.shape != other._array.shape:
        return False
    if input._device is META:
        refuse_reading("equal")
    return bool(eq(input, other)._array.all())


@operation(method=False, promotes=False)
def isin(
    elements: Any = None,
    test_elements: Any = None,
    *,
    assume_unique: bool = False,
    invert: bool = False,
    element: Any = None,
    test_element: Any = None,
) -> Tensor:
    """Whether each element stands among the test values, or, inverted, does not. RuntimeError for bools and complex
    numbers."""
    elements = element if elements is None else elements
    test_elements = test_element if test_elements is None else test_elements
    for value in (elements, test_elements):
        if not isinstance(value, (Tensor, Number)):
            raise TypeError(f"isin() received an invalid combination of arguments: {type(value).__name__}")
        d = dtype_or_scalar(value)
        if d.is_complex or d is bool_:
            raise RuntimeError(f"Unsupported input type encountered for isin(): {d.word}")
    d = result_type(elements, test_elements)
    x, y = operand(elements, d), operand(test_elements, d)
    found = np.isin(x, y, invert=invert)
    return record(None, found, bool_, common_device(elements, test_elements), ())


def _contains(self: Tensor, value: Any) -> bool:
    if not isinstance(value, (Tensor, bool, int, float, complex, np.generic)):
        raise RuntimeError(f"Tensor.__contains__ only supports Tensor or scalar, but you passed in a {type(value)}.")
    return bool(eq(self, value)._array.any())


@spoken
def is_nonzero(input: Tensor) -> bool:
    """The truth value of a tensor of one element. RuntimeError for others."""
    return bool(input)


attach("__contains__", _contains)
attach("is_nonzero", is_nonzero)
