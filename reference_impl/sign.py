"""Magnitudes and signs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .arguments import need_tensors
from .autograd.node import Gradients, Node
from .blocks import by_blocks
from .choice import where
from .derivative import NotImplementedBackward, by_input, complex_refused, flat, refuse
from .dtype import BOOL, FLOATING, dtype
from .dtype import bool as bool_
from .inplace_rules import exactly, overwriting
from .op import RESULT, binary, boolean, floating, operation, unary
from .promote import result_type
from .storage import Array
from .tensor import Tensor, attach

SignBackward0 = flat("Sign")
AbsBackward0 = by_input("Abs", lambda x: x.sgn())


class AbsBackward1(Node):
    """Of complex numbers: along the direction of the number, zero at zero."""

    __slots__ = ()
    saves = ("self",)

    def gradient(self, grad: Tensor) -> Gradients:
        (x,) = self.tensors()
        return x.sgn() * grad


AbsBackward1.__name__ = "AbsBackward0"


def _real(d: dtype) -> tuple[dtype, dtype]:
    return d, d.to_real()


def _magnitude(result: dtype, out: dtype) -> None:
    """An `out=` of the result's dtype, or of the complex one of its width."""
    if not out.is_complex or out.to_real() is not result:
        exactly(result, out)


@operation(operators=("__abs__",), promotes=_magnitude)
def abs(input: Tensor) -> Tensor:
    """The distance from zero; of complex numbers it is real."""
    d = input._dtype
    refuse("abs_cpu", d is bool_, d)
    return unary(np.abs, input, AbsBackward1 if d.is_complex else AbsBackward0, _real, saved=(input,))


absolute = operation(name="absolute", promotes=_magnitude)(abs)


def _absolute_in_place(input: Tensor) -> Tensor:
    if input._dtype.is_complex:
        raise RuntimeError("In-place abs is not supported for complex tensors.")
    return abs(input)


attach("abs_", overwriting(_absolute_in_place, "abs_"))
attach("absolute_", overwriting(_absolute_in_place, "absolute_"))


@by_blocks
def _sign(a: Array) -> Array:
    if a.dtype == np.bool_:
        return a.copy()
    return np.subtract(np.greater(a, 0), np.less(a, 0), dtype=a.dtype if a.dtype != np.uint8 else np.int8)


@operation(inplace=True, promotes=exactly)
def sign(input: Tensor) -> Tensor:
    """-1, 0 or 1; the sign of both zeros and of NaN is zero."""
    if input._dtype.is_complex:
        raise NotImplementedError(
            "Unlike NumPy, torch.sign is not intended to support complex numbers. Please use torch.sgn instead."
        )
    return unary(_sign, input, SignBackward0)


@by_blocks
def _direction(a: Array) -> Array:
    magnitude = np.abs(a)
    return np.where(magnitude == 0, 0, np.divide(a, magnitude)).astype(a.dtype)


class SgnBackward0(Node):
    """Of a complex number: the part of the gradient across the number's direction, divided by the magnitude."""

    __slots__ = ()
    saves = ("self", "result")

    def gradient(self, grad: Tensor) -> Gradients:
        x, y = self.tensors()
        magnitude = x.abs()
        across = grad - y * y * grad.conj()
        return where(magnitude == 0, 0.0, across / where(magnitude == 0, 1.0, magnitude * 2))


@operation(inplace=True, promotes=exactly)
def sgn(input: Tensor) -> Tensor:
    """The sign; of a complex number, the number divided by its magnitude, or zero."""
    if not input._dtype.is_complex:
        return unary(_sign, input, SignBackward0)
    return unary(_direction, input, SgnBackward0, saved=(input, RESULT))


@operation(promotes=False)
def signbit(input: Tensor) -> Tensor:
    """Whether an element is negative, or a negative zero."""
    if input._dtype.is_complex:
        raise NotImplementedError("signbit is not implemented for complex tensors.")
    if input._dtype.category < FLOATING:
        return input < 0
    return unary(np.signbit, input, None, boolean)


class CopysignBackward0(Node):
    __slots__ = ()
    saves = ("self", "result")

    def gradient(self, grad: Tensor) -> Gradients:
        x, y = self.tensors()
        return grad * (x.sgn() * y.sgn()).detach() if isinstance(x, Tensor) else None, grad.detach() * 0


@operation(inplace=True)
def copysign(input: Tensor, other: Any) -> Tensor:
    """The magnitude of the first operand with the sign of the second. TypeError for a number as the first."""
    if not isinstance(input, Tensor):
        kinds = f"{type(input).__name__}, {type(other).__name__}"
        raise TypeError(f"copysign() received an invalid combination of arguments - got ({kinds})")
    complex_refused("copysign_cpu", input, other)
    return binary(np.copysign, input, other, CopysignBackward0, floating, saved=(input, RESULT))


def _signless(a: Any) -> bool:
    return isinstance(a, Tensor) and a._dtype.category == BOOL


@operation(operators=("__pos__",))
def positive(input: Tensor) -> Tensor:
    """The tensor itself. RuntimeError for bools."""
    if _signless(input):
        raise RuntimeError("The `+` operator, on a bool tensor is not supported.")
    return input


@operation(inplace=True, promotes=False)
def heaviside(input: Tensor, values: Tensor) -> Tensor:
    """Zero below zero, one above, and the second operand at zero. RuntimeError for different dtypes."""
    if input._dtype is not values._dtype:
        raise RuntimeError("heaviside is not yet implemented for tensors with different dtypes.")
    if input._dtype.is_complex:
        raise RuntimeError("heaviside is not yet implemented for complex tensors.")
    return binary(_step, input, values, NotImplementedBackward, args="aten::heaviside")


@by_blocks
def _step(a: Array, values: Array) -> Array:
    return np.where(np.equal(a, 0), values, np.greater(a, 0).astype(a.dtype))


class NextafterBackward0(Node):
    """The neighbour moves with the first operand, unless both are equal."""

    __slots__ = ()
    saves = ("self", "other")

    def gradient(self, grad: Tensor) -> Gradients:
        x, y = self.tensors()
        return grad * (x != y), grad * 0


@operation(inplace=True)
def nextafter(input: Tensor, other: Tensor) -> Tensor:
    """The neighbouring number in the direction of the second operand."""
    need_tensors("nextafter", input, other)
    d = result_type(input, other)
    refuse("nextafter_cpu", not d.is_floating_point, d)
    if d.compute is d.numpy:
        return binary(np.nextafter, input, other, NextafterBackward0, saved=(input, other))
    return _next_half(input, other, d)


def _next_half(x: Tensor, y: Tensor, d: dtype) -> Tensor:
    """Half types step in their own bits."""

    def step(a: Array, b: Array) -> Array:
        return np.nextafter(a.astype(d.numpy), b.astype(d.numpy)).astype(np.float32)  # type: ignore[no-any-return]

    return binary(step, x, y, NextafterBackward0, saved=(x, y))


class AngleBackward0(Node):
    __slots__ = ()
    saves = ("self",)

    def gradient(self, grad: Tensor) -> Gradients:
        (x,) = self.tensors()
        return where(x == 0, 0.0, x / (x * x.conj()) * grad * 1j)


AngleBackward1 = flat("Angle")


@by_blocks
def _angle(a: Array) -> Array:
    return np.where(np.isnan(a), a, np.where(np.less(a, 0), a.dtype.type(math.pi), a.dtype.type(0)))


@operation()
def angle(input: Tensor) -> Tensor:
    """The angle of a complex number; of a real one zero or π. NaN stays."""
    if input._dtype.is_complex:
        return unary(np.angle, input, AngleBackward0, _real, saved=(input,))
    return unary(_angle, input, AngleBackward1, floating)
