"""Trigonometric and hyperbolic functions, and their inverses."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from .arguments import need_tensors
from .autograd.node import Gradients, Node
from .blocks import by_blocks
from .choice import where
from .derivative import by_input, by_result
from .op import RESULT, binary, floating, operation, unary
from .storage import Array
from .tensor import Tensor


def _acosh_slope(x: Tensor) -> Tensor:
    """One root for the whole would take the wrong branch of complex numbers."""
    if x._dtype.is_complex:
        return (x + 1).rsqrt() * (x - 1).rsqrt()  # type: ignore[no-any-return]
    return (x * x - 1).rsqrt()  # type: ignore[no-any-return]


SinBackward0 = by_input("Sin", lambda x: x.cos())
CosBackward0 = by_input("Cos", lambda x: -x.sin())
TanBackward0 = by_result("Tan", lambda y: y * y + 1)
AsinBackward0 = by_input("Asin", lambda x: (1 - x * x).rsqrt())
AcosBackward0 = by_input("Acos", lambda x: -((1 - x * x).rsqrt()))
AtanBackward0 = by_input("Atan", lambda x: (x * x + 1).reciprocal())
SinhBackward0 = by_input("Sinh", lambda x: x.cosh())
CoshBackward0 = by_input("Cosh", lambda x: x.sinh())
TanhBackward0 = by_result("Tanh", lambda y: 1 - y * y)
AsinhBackward0 = by_input("Asinh", lambda x: (x * x + 1).rsqrt())
AcoshBackward0 = by_input("Acosh", _acosh_slope)
AtanhBackward0 = by_input("Atanh", lambda x: (1 - x * x).reciprocal())


@operation(inplace=True)
def sin(input: Tensor) -> Tensor:
    """The sine, of radians."""
    return unary(np.sin, input, SinBackward0, floating, saved=(input,))


@operation(inplace=True)
def cos(input: Tensor) -> Tensor:
    """The cosine, of radians."""
    return unary(np.cos, input, CosBackward0, floating, saved=(input,))


@operation(inplace=True)
def tan(input: Tensor) -> Tensor:
    """The tangent, of radians."""
    return unary(np.tan, input, TanBackward0, floating, saved=(RESULT,))


@operation(inplace=True)
def asin(input: Tensor) -> Tensor:
    """The angle of a sine."""
    return unary(np.arcsin, input, AsinBackward0, floating, saved=(input,))


@operation(inplace=True)
def acos(input: Tensor) -> Tensor:
    """The angle of a cosine."""
    return unary(np.arccos, input, AcosBackward0, floating, saved=(input,))


@operation(inplace=True)
def atan(input: Tensor) -> Tensor:
    """The angle of a tangent."""
    return unary(np.arctan, input, AtanBackward0, floating, saved=(input,))


@operation(inplace=True)
def sinh(input: Tensor) -> Tensor:
    """The hyperbolic sine."""
    return unary(np.sinh, input, SinhBackward0, floating, saved=(input,))


@operation(inplace=True)
def cosh(input: Tensor) -> Tensor:
    """The hyperbolic cosine."""
    return unary(np.cosh, input, CoshBackward0, floating, saved=(input,))


@operation(inplace=True)
def tanh(input: Tensor) -> Tensor:
    """The hyperbolic tangent."""
    return unary(np.tanh, input, TanhBackward0, floating, saved=(RESULT,))


@operation(inplace=True)
def asinh(input: Tensor) -> Tensor:
    """The inverse hyperbolic sine."""
    return unary(np.arcsinh, input, AsinhBackward0, floating, saved=(input,))


@operation(inplace=True)
def acosh(input: Tensor) -> Tensor:
    """The inverse hyperbolic cosine."""
    return unary(np.arccosh, input, AcoshBackward0, floating, saved=(input,))


@operation(inplace=True)
def atanh(input: Tensor) -> Tensor:
    """The inverse hyperbolic tangent."""
    return unary(np.arctanh, input, AtanhBackward0, floating, saved=(input,))


arcsin = operation(name="arcsin", inplace=True)(asin)
arccos = operation(name="arccos", inplace=True)(acos)
arctan = operation(name="arctan", inplace=True)(atan)
arcsinh = operation(name="arcsinh", inplace=True)(asinh)
arccosh = operation(name="arccosh", inplace=True)(acosh)
arctanh = operation(name="arctanh", inplace=True)(atanh)


class Atan2Backward0(Node):
    __slots__ = ()
    saves = ("self", "other")

    def gradient(self, grad: Tensor) -> Gradients:
        y, x = self.tensors()
        square = y * y + x * x
        share = where(square == 0, 0, grad / square)
        return share * x, share * -y


@operation(inplace=True)
def atan2(input: Tensor, other: Tensor) -> Tensor:
    """The angle of the point (other, input), in the right quadrant."""
    need_tensors("atan2", input, other)
    return binary(np.arctan2, input, other, Atan2Backward0, floating, saved=(input, other))


arctan2 = operation(name="arctan2", inplace=True)(atan2)


def _sinc_slope(x: Tensor) -> Tensor:
    z = where(x == 0, 1.0, x) * math.pi
    return where(x == 0, 0.0, (z * z.cos() - z.sin()) * math.pi / (z * z))  # type: ignore[no-any-return]


SincBackward0 = by_input("Sinc", _sinc_slope)


_sinc = by_blocks(np.sinc)


@operation(inplace=True)
def sinc(input: Tensor) -> Tensor:
    """`sin(πx) / (πx)`, and one at zero."""
    return unary(_sinc, input, SincBackward0, floating, saved=(input,))


class Deg2RadBackward0(Node):
    __slots__ = ()

    def gradient(self, grad: Tensor) -> Gradients:
        return grad * self.args


class Rad2DegBackward0(Deg2RadBackward0):
    __slots__ = ()


def _real_angle(name: str, input: Tensor) -> None:
    if input._dtype.is_complex:
        raise RuntimeError(f"{name} is not supported for complex tensors.")


def _scaled(factor: float) -> Callable[[Array], Array]:
    """Multiplies by a number; NumPy's own functions for degrees take ten times as long."""
    return lambda a: np.multiply(a, a.dtype.type(factor))


@operation(inplace=True)
def deg2rad(input: Tensor) -> Tensor:
    """Degrees to radians. RuntimeError for complex numbers."""
    _real_angle("deg2rad", input)
    return unary(_scaled(math.pi / 180), input, Deg2RadBackward0, floating, args=math.pi / 180)


@operation(inplace=True)
def rad2deg(input: Tensor) -> Tensor:
    """Radians to degrees. RuntimeError for complex numbers."""
    _real_angle("rad2deg", input)
    return unary(_scaled(180 / math.pi), input, Rad2DegBackward0, floating, args=180 / math.pi)
