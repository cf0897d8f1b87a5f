"""Powers and roots."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .arguments import need_tensors
from .autograd.node import Gradients, Node
from .blocks import by_blocks
from .choice import where
from .derivative import by_result, floats, refuse
from .dtype import COMPLEX, INTEGER, complex128, dtype, float64, int32
from .dtype import bool as bool_
from .fill import zeros_like
from .named import returned
from .op import RESULT, SECOND, binary, floating, inplace_of, operation, record_many, unary
from .pointwise import conjugate
from .promote import cast, operand, result_type
from .quiet import quiet
from .storage import Array
from .tensor import Tensor

SqrtBackward0 = by_result("Sqrt", lambda y: (y * 2).reciprocal())
RsqrtBackward0 = by_result("Rsqrt", lambda y: y * y * y * -0.5)
ReciprocalBackward0 = by_result("Reciprocal", lambda y: -y * y)


class PowBackward0(Node):
    """A number as the exponent."""

    __slots__ = ()
    saves = ("self",)

    def gradient(self, grad: Tensor) -> Gradients:
        (x,) = self.tensors()
        exponent = self.args
        if exponent == 0:
            return zeros_like(grad), None
        slope = x.pow(exponent - 1) * exponent if exponent != 2 else x * 2
        return grad * conjugate(slope), None


class PowBackward1(Node):
    """A tensor as the exponent. A base of zero with an exponent that is not negative has no slope in the exponent."""

    __slots__ = ()
    saves = ("self", "exponent", "result")

    def gradient(self, grad: Tensor) -> Gradients:
        x, y, result = self.tensors()
        to_base = to_exponent = None
        if self.needs(0):
            to_base = where(y == 0, 0.0, grad * conjugate(y * pow(x, y - 1)))
        if self.needs(1):
            x = x if isinstance(x, Tensor) else y.detach() * 0 + x
            flat = (x == 0) & ((y.real >= 0) & (y.imag == 0) if y._dtype.is_complex else y >= 0)
            to_exponent = where(flat, 0.0, grad * conjugate(result * x.log()))
        return to_base, to_exponent


class PowBackward2(PowBackward1):
    """A number as the base."""

    __slots__ = ()


def integer_power(base: Array, exponent: Array) -> Array:
    """Powers of integers; a negative exponent gives the whole part of the exact result: 1, -1 or 0."""
    result = np.power(base, np.maximum(exponent, 0))
    if not np.any(np.less(exponent, 0)):
        return result
    odd = np.where(np.bitwise_and(exponent, 1), base, np.multiply(base, base))
    whole = np.where(np.abs(base) == 1, odd, np.zeros_like(base))
    return np.where(np.less(exponent, 0), whole, result)


@by_blocks
def _cubed(base: Array, exponent: Any) -> Array:
    return np.multiply(np.multiply(base, base), base)


@by_blocks
def _squared_below(base: Array, exponent: Any) -> Array:
    return np.reciprocal(np.multiply(base, base))


SHORT: dict[Any, Any] = {
    2: lambda base, exponent: np.multiply(base, base),
    3: _cubed,
    -1: lambda base, exponent: np.reciprocal(base),
    -2: _squared_below,
}
"""Exponents for which multiplication is many times faster, and what torch does too."""


def _computed_by(d: dtype, exponent: Any) -> Any:
    if type(exponent) in (int, float) and exponent in SHORT and (exponent == 2 or not d.is_complex):
        return SHORT[exponent]
    return integer_power if d.category <= INTEGER else np.power


@operation(operators=("__pow__", "__rpow__", "__ipow__"), inplace=True)
def pow(input: Any, exponent: Any) -> Tensor:
    """Raises to a power. RuntimeError for integers with a negative number as the exponent, NotImplementedError for
    bools."""
    d = result_type(input, exponent)
    if isinstance(exponent, Tensor):
        refuse("pow", d is bool_, d)
        kind = PowBackward1 if isinstance(input, Tensor) else PowBackward2
        return binary(_computed_by(d, None), input, exponent, kind, saved=(input, exponent, RESULT))
    if d.category <= INTEGER and exponent < 0:
        raise RuntimeError("Integers to negative integer powers are not allowed.")
    return binary(_computed_by(d, exponent), input, exponent, PowBackward0, saved=(input,), args=exponent)


def _double(input: Any, exponent: Any) -> dtype:
    return complex128 if result_type(input, exponent).category == COMPLEX else float64


@operation(promotes=False)
def float_power(input: Any, exponent: Any) -> Tensor:
    """Raises to a power in double precision, whatever the operands are."""
    d = _double(input, exponent)
    wide = [value.to(d) if isinstance(value, Tensor) else value for value in (input, exponent)]
    return pow(*wide)


@inplace_of
def float_power_(input: Tensor, exponent: Any) -> Tensor:
    """In-place form of `float_power`. RuntimeError unless the target has double precision."""
    have, want = input._dtype, _double(input, exponent)
    if have is not want:
        raise RuntimeError(
            f"the base given to float_power_ has dtype {have.word} but the operation's result requires dtype "
            f"{want.word}"
        )
    return float_power(input, exponent)


@operation(inplace=True)
def square(input: Tensor) -> Tensor:
    """The square."""
    return pow(input, 2)


@operation(inplace=True)
def sqrt(input: Tensor) -> Tensor:
    """The square root; NaN below zero."""
    return unary(np.sqrt, input, SqrtBackward0, floating, saved=(RESULT,))


@by_blocks
def _inverse_root(a: Array) -> Array:
    return np.reciprocal(np.sqrt(a))


@operation(inplace=True)
def rsqrt(input: Tensor) -> Tensor:
    """The reciprocal of the square root."""
    return unary(_inverse_root, input, RsqrtBackward0, floating, saved=(RESULT,))


def _inverse(a: Array) -> Array:
    return np.true_divide(1, a)


@operation(inplace=True)
def reciprocal(input: Tensor) -> Tensor:
    """One divided by each element."""
    return unary(_inverse, input, ReciprocalBackward0, floating, saved=(RESULT,))


@operation(name="rdiv", operators=("__rtruediv__",), method=False, out=False)
def divided_by(input: Any, other: Tensor) -> Tensor:
    """A number divided by each element: the reciprocal, times the number. The operand itself is not saved."""
    result: Tensor = reciprocal(other) * input
    return result


class HypotBackward0(Node):
    __slots__ = ()
    saves = ("self", "other", "result")

    def gradient(self, grad: Tensor) -> Gradients:
        x, y, result = self.tensors()
        return grad * (x / result), grad * (y / result)


@operation(inplace=True)
def hypot(input: Tensor, other: Tensor) -> Tensor:
    """The length of the hypotenuse, without overflow of the squares."""
    need_tensors("hypot", input, other)
    floats("hypot_cpu", input, other)
    return binary(np.hypot, input, other, HypotBackward0, saved=(input, other, RESULT))


@operation(inplace=True)
def ldexp(input: Tensor, other: Tensor) -> Tensor:
    """Multiplies by a power of two."""
    need_tensors("ldexp", input, other)
    d = result_type(input, 1.0)
    power = pow(2.0, other) if isinstance(other, Tensor) else 2.0**other
    return input * (power.to(d) if isinstance(power, Tensor) and not other._dtype.differentiable else power)


@returned("frexp")
class Parts(NamedTuple):
    """Mantissa and exponent."""

    mantissa: Tensor
    exponent: Tensor


class FrexpBackward0(Node):
    """The mantissa is the number divided by a power of two that is constant nearly everywhere."""

    __slots__ = ()
    saves = ("exponent",)

    def gradient(self, grad: Tensor, _: Any) -> Gradients:
        (exponent,) = self.tensors()
        return grad / pow(2.0, exponent.to(grad._dtype))


@operation(promotes=False)
def frexp(input: Tensor) -> Parts:
    """A mantissa of magnitude one half or more, below one, and the power of two that it is multiplied by. RuntimeError
    for numbers that are not floating."""
    d = input._dtype
    if not d.is_floating_point:
        raise RuntimeError("torch.frexp() only supports floating-point dtypes")
    mantissa, exponent = quiet(np.frexp, operand(input, d))
    results = [(cast(mantissa, d), d), (np.asarray(exponent, np.int32), int32)]
    return Parts(*record_many(FrexpBackward0, results, input._device, (input,), (SECOND,)))
