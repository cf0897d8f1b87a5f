"""The error function, the gamma function and Bessel functions, from SciPy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy

from .autograd.node import Gradients, Node
from .choice import where
from .derivative import by_input, by_result
from .op import RESULT, binary, floating, operation, unary
from .storage import Array
from .tensor import Tensor

SLOPE = 2 / math.sqrt(math.pi)
ErfBackward0 = by_input("Erf", lambda x: (-x * x).exp() * SLOPE)
ErfcBackward0 = by_input("Erfc", lambda x: (-x * x).exp() * -SLOPE)
ErfinvBackward0 = by_result("Erfinv", lambda y: (y * y).exp() / SLOPE)
LgammaBackward0 = by_input("Lgamma", lambda x: x.digamma())
DigammaBackward0 = by_input("Digamma", lambda x: _polygamma(1, x))
I0Backward0 = by_input("I0", lambda x: _i1(x))
NdtrBackward0 = by_input("SpecialNdtr", lambda x: (x * x * -0.5).exp() / math.sqrt(2 * math.pi))


@operation(inplace=True)
def erf(input: Tensor) -> Tensor:
    """The error function."""
    return unary(scipy.special.erf, input, ErfBackward0, floating, saved=(input,))


@operation(inplace=True)
def erfc(input: Tensor) -> Tensor:
    """One less the error function, accurate where that is near one."""
    return unary(scipy.special.erfc, input, ErfcBackward0, floating, saved=(input,))


@operation(inplace=True)
def erfinv(input: Tensor) -> Tensor:
    """The inverse of the error function."""
    return unary(scipy.special.erfinv, input, ErfinvBackward0, floating, saved=(RESULT,))


def _log_gamma(a: Array) -> Array:
    return np.where(np.isneginf(a), np.inf, scipy.special.gammaln(a)).astype(a.dtype)


@operation(inplace=True)
def lgamma(input: Tensor) -> Tensor:
    """The logarithm of the gamma function's magnitude."""
    return unary(_log_gamma, input, LgammaBackward0, floating, saved=(input,))


@operation(inplace=True)
def digamma(input: Tensor) -> Tensor:
    """The derivative of `lgamma`."""
    return unary(scipy.special.psi, input, DigammaBackward0, floating, saved=(input,))


class PolygammaBackward0(Node):
    __slots__ = ()
    saves = ("self",)

    def gradient(self, grad: Tensor) -> Gradients:
        (x,) = self.tensors()
        return grad * polygamma(self.args + 1, x)


def _polygamma(n: Any, input: Tensor) -> Tensor:
    """The n-th derivative of `digamma`."""

    def forward(a: Array) -> Array:
        return scipy.special.polygamma(n, a)  # type: ignore[no-any-return]

    return unary(forward, input, PolygammaBackward0, floating, saved=(input,), args=n)


@operation(method=False)
def polygamma(n: Any, input: Tensor) -> Tensor:
    """The n-th derivative of `digamma`."""
    return input.digamma() if n == 0 else _polygamma(n, input)


@operation(name="polygamma", inplace=True, out=False)
def polygamma_of(self: Tensor, n: int) -> Tensor:
    """The n-th derivative of `digamma`."""
    return polygamma(n, self)


@operation(inplace=True)
def mvlgamma(input: Tensor, p: int) -> Tensor:
    """The logarithm of the multivariate gamma function with p dimensions."""
    total: Any = p * (p - 1) / 4 * math.log(math.pi)
    for i in range(p):
        total = lgamma(input - i / 2) + total
    return total  # type: ignore[no-any-return]


@operation(inplace=True)
def i0(input: Tensor) -> Tensor:
    """The modified Bessel function of the first kind of order zero."""
    return unary(scipy.special.i0, input, I0Backward0, floating, saved=(input,))


def _i1_slope(x: Tensor) -> Tensor:
    safe = where(x == 0, 1.0, x)
    return where(x == 0, 0.5, i0(x) - i1(x) / safe)  # type: ignore[no-any-return]


def _i1(x: Tensor) -> Tensor:
    return i1(x)


I1Backward0 = by_input("SpecialI1", _i1_slope)


@operation(method=False)
def i1(input: Tensor) -> Tensor:
    """The modified Bessel function of the first kind of order one."""
    return unary(scipy.special.i1, input, I1Backward0, floating, saved=(input,))


@operation(method=False)
def ndtr(input: Tensor) -> Tensor:
    """The area of the standard normal distribution up to each element."""
    return unary(scipy.special.ndtr, input, NdtrBackward0, floating, saved=(input,))


EntrBackward0 = by_input("SpecialEntr", lambda x: -(x.log()) - 1)


@operation(method=False)
def entr(input: Tensor) -> Tensor:
    """`-x * log(x)`: zero at zero, minus infinity below."""
    return unary(scipy.special.entr, input, EntrBackward0, floating, saved=(input,))


class Xlog1PyBackward0(Node):
    __slots__ = ()
    saves = ("self", "other")

    def gradient(self, grad: Tensor) -> Gradients:
        x, y = self.tensors()
        return grad * where((x == 0) & (y <= -1), 0.0, y.log1p()), grad * x / (y + 1)


@operation(method=False)
def xlog1py(input: Tensor, other: Tensor) -> Tensor:
    """`x * log1p(y)`, zero where x is zero and y is a number."""
    return binary(scipy.special.xlog1py, input, other, Xlog1PyBackward0, floating, saved=(input, other))
