"""The error function, the gamma function and its relatives, from SciPy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy

from .arguments import need_one_tensor, need_tensors
from .autograd.node import Gradients, Node
from .blocks import by_blocks
from .derivative import by_input, by_result, complex_refused, floats, half_refused
from .dtype import bool as bool_
from .op import RESULT, binary, floating, operation, unary
from .storage import Array
from .tensor import Tensor

SLOPE = 2 / math.sqrt(math.pi)


def _trigamma(x: Tensor) -> Tensor:
    return polygamma(1, x)


ErfBackward0 = by_input("Erf", lambda x: (-x * x).exp() * SLOPE)
ErfcBackward0 = by_input("Erfc", lambda x: (-x * x).exp() * -SLOPE)
ErfinvBackward0 = by_result("Erfinv", lambda y: (y * y).exp() / SLOPE)
LgammaBackward0 = by_input("Lgamma", lambda x: x.digamma())
DigammaBackward0 = by_input("Digamma", _trigamma)


@operation(inplace=True)
def erf(input: Tensor) -> Tensor:
    """The error function."""
    complex_refused("erf_vml_cpu", input)
    return unary(scipy.special.erf, input, ErfBackward0, floating, saved=(input,))


@operation(inplace=True)
def erfc(input: Tensor) -> Tensor:
    """One less the error function, accurate where that is near one."""
    complex_refused("erfc_vml_cpu", input)
    return unary(scipy.special.erfc, input, ErfcBackward0, floating, saved=(input,))


@operation(inplace=True)
def erfinv(input: Tensor) -> Tensor:
    """The inverse of the error function."""
    complex_refused("erfinv_vml_cpu", input)
    return unary(scipy.special.erfinv, input, ErfinvBackward0, floating, saved=(RESULT,))


def _log_gamma(a: Array) -> Array:
    return np.where(np.isneginf(a), np.inf, scipy.special.gammaln(a)).astype(a.dtype)


@operation(inplace=True)
def lgamma(input: Tensor) -> Tensor:
    """The logarithm of the gamma function's magnitude."""
    complex_refused("lgamma_vml_cpu", input)
    return unary(_log_gamma, input, LgammaBackward0, floating, saved=(input,))


@operation(inplace=True)
def digamma(input: Tensor) -> Tensor:
    """The derivative of `lgamma`."""
    complex_refused("digamma", input)
    return unary(scipy.special.psi, input, DigammaBackward0, floating, saved=(input,))


class PolygammaBackward0(Node):
    __slots__ = ()
    saves = ("self",)

    def gradient(self, grad: Tensor) -> Gradients:
        (x,) = self.tensors()
        return grad * polygamma(self.args + 1, x)


@operation(method=False)
def polygamma(n: Any, input: Tensor) -> Tensor:
    """The n-th derivative of `digamma`. RuntimeError for a negative n."""
    if not isinstance(n, (int, np.integer)) and not (isinstance(n, Tensor) and n.numel() == 1):
        raise TypeError(f"polygamma(): argument 'n' (position 1) must be int, not {type(n).__name__}")
    n = int(n)
    if n < 0:
        raise RuntimeError("polygamma(n, x) does not support negative n.")
    complex_refused("polygamma", input)

    @by_blocks
    def forward(a: Array) -> Array:
        return np.asarray(scipy.special.polygamma(n, a))

    return unary(forward, input, PolygammaBackward0, floating, saved=(input,), args=n)


@operation(name="polygamma", inplace=True, out=False)
def polygamma_of(self: Tensor, n: int) -> Tensor:
    """The n-th derivative of `digamma`."""
    return polygamma(n, self)


class MvlgammaBackward0(Node):
    """The sum of the derivatives of `lgamma`."""

    __slots__ = ()
    saves = ("self",)

    def gradient(self, grad: Tensor) -> Gradients:
        (x,) = self.tensors()
        slope = digamma(x)
        for i in range(1, self.args):
            slope = slope + digamma(x - i / 2)
        return grad * slope


@operation(inplace=True)
def mvlgamma(input: Tensor, p: int) -> Tensor:
    """The logarithm of the multivariate gamma function with p dimensions (DLMF 35.3.4). RuntimeError for bools and
    p < 1."""
    if input._dtype is bool_:
        raise RuntimeError("The input tensor may not be a boolean tensor.")
    if p < 1:
        raise RuntimeError("p has to be greater than or equal to 1")
    complex_refused("lgamma_vml_cpu", input)

    @by_blocks
    def forward(a: Array) -> Array:
        total = np.full_like(a, p * (p - 1) / 4 * math.log(math.pi))
        for i in range(p):
            total += _log_gamma(a - a.dtype.type(i / 2))
        return total

    return unary(forward, input, MvlgammaBackward0, floating, saved=(input,), args=p)


class IgammaBackward0(Node):
    """To the second operand alone: x**(a - 1) * exp(-x) / gamma(a) (DLMF 8.8.13)."""

    __slots__ = ()
    saves = ("self", "other")
    name_and_sign: tuple[str, int] = ("igamma", 1)

    def gradient(self, grad: Tensor) -> Gradients:
        a, x = self.tensors()
        name, sign = self.name_and_sign
        if self.needs(0):
            raise NotImplementedError(f"the derivative for '{name}: input' is not implemented.")
        return None, grad * ((a - 1) * x.log() - x - a.lgamma()).exp() * sign


class IgammacBackward0(IgammaBackward0):
    __slots__ = ()
    name_and_sign = ("igammac", -1)


@operation(inplace=True)
def igamma(input: Tensor, other: Tensor) -> Tensor:
    """The regularised lower incomplete gamma function."""
    need_tensors("igamma", input, other)
    floats("igamma_cpu", input, other)
    return binary(scipy.special.gammainc, input, other, IgammaBackward0, saved=(input, other))


@operation(inplace=True)
def igammac(input: Tensor, other: Tensor) -> Tensor:
    """The regularised upper incomplete gamma function: one less the lower one."""
    need_tensors("igammac", input, other)
    floats("igammac_cpu", input, other)
    return binary(scipy.special.gammaincc, input, other, IgammacBackward0, saved=(input, other))


class ZetaBackward0(Node):
    """To the second operand alone: -x * zeta(x + 1, q) (DLMF 25.11.17)."""

    __slots__ = ()
    saves = ("self", "other")

    def gradient(self, grad: Tensor) -> Gradients:
        x, q = self.tensors()
        if self.needs(0):
            raise NotImplementedError("the derivative for 'zeta' is not implemented.")
        return None, grad * -x * zeta(x + 1, q)


ZetaBackward0.__name__ = "SpecialZetaBackward0"


@operation(name="special_zeta", method=False)
def zeta(input: Any, other: Any) -> Tensor:
    """The Hurwitz zeta function: the sum of `(k + q) ** -x` over k from zero. TypeError for two numbers."""
    need_one_tensor("special_zeta", input, other)
    half_refused("zeta_cpu", input, other)
    return binary(scipy.special.zeta, input, other, ZetaBackward0, floating, saved=(input, other))
