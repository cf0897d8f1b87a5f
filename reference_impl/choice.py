"""Choosing among operands: extremes of two, bounds, conditions, masks."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from . import layout
from .arguments import need_tensor
from .autograd.node import Gradients, Node
from .blocks import by_blocks
from .dtype import FLOATING, dtype, uint8
from .dtype import bool as bool_
from .inplace_rules import exactly
from .layout import broadcast_shapes
from .op import binary, operation, record, unary
from .promote import cast, common_device, number, operand, result_type
from .quiet import quiet
from .storage import Array
from .tensor import Tensor
from .typeinfo import finfo

MANY = 1 << 13


@by_blocks
def chosen(condition: Array, a: Array, b: Array) -> Array:
    """`np.where`, of many elements without branches: by bits, `b ^ ((a ^ b) & mask)`. Where the condition is hard to
    foresee, branches take ten times as long."""
    plain = condition.size < MANY or a.dtype.itemsize > 8 or type(condition) is not np.ndarray
    if plain or any(x.ndim and (x.shape != condition.shape or not x.flags.c_contiguous) for x in (condition, a, b)):
        return np.where(condition, a, b)
    bits = np.dtype(f"i{a.dtype.itemsize}")
    mask = np.negative(condition.view(np.int8), dtype=bits)  # all bits where it is true, none elsewhere
    np.bitwise_and(a.view(bits) ^ b.view(bits), mask, out=mask)
    return np.bitwise_xor(mask, b.view(bits), out=mask).view(a.dtype)  # type: ignore[no-any-return]


class WhereBackward0(Node):
    __slots__ = ()
    saves = ("condition",)

    def gradient(self, grad: Tensor) -> Gradients:
        (c,) = self.tensors()
        return where(c, grad, 0) if self.needs(0) else None, where(c, 0, grad) if self.needs(1) else None


@operation(method=False, promotes=False)
def where(condition: Tensor, input: Any = None, other: Any = None) -> Any:
    """Takes an element of `input` where the condition is true, else of `other`; alone, the indices of what is true.

    RuntimeError for a condition that is not bool; uint8 is taken for it, with a warning.
    """
    if input is None and other is None:
        return condition.nonzero(as_tuple=True)
    if condition._dtype is uint8:
        warnings.warn(
            "where received a uint8 condition tensor. This behavior is deprecated.", UserWarning, stacklevel=3
        )
        condition = condition.bool()
    if condition._dtype is not bool_:
        raise RuntimeError(
            f"where expected condition to be a boolean tensor, but got a tensor with dtype {condition._dtype.word}"
        )
    d = result_type(input, other)
    device = common_device(condition, input, other)
    a, b = _values(input, d), _values(other, d)
    layout.broadcast_shapes(condition._array.shape, layout.broadcast_shapes(a.shape, b.shape))
    array = quiet(chosen, condition._array, a, b)
    return record(WhereBackward0, array, d, device, (input, other), saved=(condition,))


def _values(value: Any, d: dtype) -> Any:
    """The array or scalar in exactly the type `d`: nothing is computed, so the half types are not widened."""
    if isinstance(value, Tensor):
        return value._array if value._dtype is d else quiet(value._array.astype, d.numpy)
    return np.asarray(number(value, d)).astype(d.numpy)


@operation(name="where", out=False)
def where_of(self: Tensor, condition: Tensor, other: Any) -> Tensor:
    """The element where the condition is true, else that of `other`."""
    return where(condition, self, other)  # type: ignore[no-any-return]


class MaximumBackward0(Node):
    """Equal operands share the gradient."""

    __slots__ = ()
    saves = ("self", "other")

    def gradient(self, grad: Tensor) -> Gradients:
        x, y = self.tensors()
        shared = where(x == y, grad / 2, grad)
        first = self.first(x, y)
        return where(first | (x == y), shared, 0), where(first & (x != y), 0, shared)

    def first(self, x: Tensor, y: Tensor) -> Tensor:
        """Where the first operand is chosen, or neither."""
        return ~(x < y)


class MinimumBackward0(MaximumBackward0):
    __slots__ = ()

    def first(self, x: Tensor, y: Tensor) -> Tensor:
        return ~(x > y)


class FmaxBackward0(Node):
    """The first operand gets everything where both are equal."""

    __slots__ = ()
    saves = ("self", "other")

    def gradient(self, grad: Tensor) -> Gradients:
        x, y = self.tensors()
        first = (x >= y) | (y != y)
        return where(first, grad, 0), where(first, 0, grad)


class FminBackward0(Node):
    """The first operand gets everything where both are equal."""

    __slots__ = ()
    saves = ("self", "other")

    def gradient(self, grad: Tensor) -> Gradients:
        x, y = self.tensors()
        first = (x <= y) | (y != y)
        return where(first, grad, 0), where(first, 0, grad)


def must_be_tensor(name: str, input: Tensor, other: Any) -> None:
    """TypeError for a second operand that is a number, RuntimeError for complex ones."""
    need_tensor(name, other)
    if result_type(input, other).is_complex:
        raise RuntimeError(f"{name} not implemented for complex tensors.")


@operation()
def maximum(input: Tensor, other: Tensor) -> Tensor:
    """The greater operand; NaN wins. TypeError for a number."""
    must_be_tensor("maximum", input, other)
    return binary(np.maximum, input, other, MaximumBackward0, saved=(input, other))


@operation()
def minimum(input: Tensor, other: Tensor) -> Tensor:
    """The lesser operand; NaN wins. TypeError for a number."""
    must_be_tensor("minimum", input, other)
    return binary(np.minimum, input, other, MinimumBackward0, saved=(input, other))


@operation()
def fmax(input: Tensor, other: Tensor) -> Tensor:
    """The greater operand, a number rather than NaN. TypeError for a Python number."""
    must_be_tensor("fmax", input, other)
    return binary(np.fmax, input, other, FmaxBackward0, saved=(input, other))


@operation()
def fmin(input: Tensor, other: Tensor) -> Tensor:
    """The lesser operand, a number rather than NaN. TypeError for a Python number."""
    must_be_tensor("fmin", input, other)
    return binary(np.fmin, input, other, FminBackward0, saved=(input, other))


class ClampBackward1(Node):
    """One at the bounds and within; a bound that acts gets the gradient."""

    __slots__ = ()
    saves = ("self", "min", "max")

    def gradient(self, grad: Tensor) -> Gradients:
        x, low, high = self.tensors()
        below = (x < low) if low is not None else None
        above = (x > high) if high is not None else None
        if low is None or high is None:
            outside: Any = below if high is None else above
            moved = where(outside, grad, 0)
            return where(outside | (x != x), 0, grad), moved, moved
        crossed: Any = low > high
        if not isinstance(crossed, Tensor):
            crossed = x == x if crossed else x != x
        to_low = where(below & (low < high), grad, 0) if self.needs(1) else None
        to_high = where(above | crossed, grad, 0) if self.needs(2) else None
        return where((x >= low) & (x <= high), grad, 0), to_low, to_high


class ClampBackward0(ClampBackward1):
    __slots__ = ()


class ClampMinBackward0(ClampBackward1):
    __slots__ = ()


class ClampMinBackward1(ClampBackward1):
    """By a tensor."""

    __slots__ = ()


class ClampMaxBackward0(ClampBackward1):
    __slots__ = ()


class ClampMaxBackward1(ClampBackward1):
    """By a tensor."""

    __slots__ = ()


def _clamped(kinds: tuple[type[Node], type[Node]], input: Tensor, low: Any, high: Any) -> Tensor:
    """The node is of the first kind where the bounds are numbers, of the second where they are tensors."""
    if low is None and high is None:
        raise RuntimeError("torch.clamp: At least one of 'min' or 'max' must not be None")
    given = [value for value in (low, high) if value is not None]
    kind = kinds[isinstance(given[0], Tensor)]
    if len({isinstance(value, Tensor) for value in given}) == 2:
        raise TypeError("clamp() received an invalid combination of arguments: both bounds are tensors, or numbers")
    d = result_type(input, *given)
    if d.is_complex:
        raise NotImplementedError("clamp is not supported for complex types")
    shape = input._array.shape
    for value in given:
        shape = broadcast_shapes(shape, value._array.shape) if isinstance(value, Tensor) else shape
    array = operand(input, d)
    if low is not None:
        array = quiet(np.maximum, array, operand(low, d))
    if high is not None:
        array = quiet(np.minimum, array, operand(high, d))
    array = cast(np.asarray(array), d)
    return record(kind, array, d, common_device(input, *given), (input, low, high), saved=(input, low, high))


@operation(inplace=True, promotes=exactly)
def clamp(input: Tensor, min: Any = None, max: Any = None) -> Tensor:
    """`min(max(x, low), high)`, where a bound is a number, a tensor or left out; NaN stays, of either kind."""
    return _clamped((ClampBackward1, ClampBackward0), input, min, max)


clip = operation(name="clip", inplace=True, promotes=exactly)(clamp)


@operation(inplace=True, promotes=exactly)
def clamp_min(input: Tensor, min: Any) -> Tensor:
    """The element, or the bound if that is greater."""
    return _clamped((ClampMinBackward0, ClampMinBackward1), input, min, None)


@operation(inplace=True, promotes=exactly)
def clamp_max(input: Tensor, max: Any) -> Tensor:
    """The element, or the bound if that is less."""
    return _clamped((ClampMaxBackward0, ClampMaxBackward1), input, None, max)


class NanToNumBackward0(Node):
    __slots__ = ()
    saves = ("self",)

    def gradient(self, grad: Tensor) -> Gradients:
        (x,) = self.tensors()
        return where(x - x == 0, grad, 0)


@operation(inplace=True, promotes=exactly)
def nan_to_num(
    input: Tensor, nan: float | None = None, posinf: float | None = None, neginf: float | None = None
) -> Tensor:
    """NaN replaced by zero, infinities by the dtype's extreme numbers, or by what is given."""
    d = input._dtype
    if d.category < FLOATING:
        return unary(np.copy, input, None)
    extreme: Any = finfo(d)
    high, low = extreme.max if posinf is None else posinf, extreme.min if neginf is None else neginf

    @by_blocks
    def forward(a: Array) -> Array:
        return np.nan_to_num(a, nan=nan or 0.0, posinf=high, neginf=low)

    return unary(forward, input, NanToNumBackward0, saved=(input,))
