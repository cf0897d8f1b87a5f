"""Exponentials and logarithms, the logistic function and its inverse."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy

from .arguments import need_one_tensor, need_tensors
from .autograd.node import Gradients, Node
from .blocks import by_blocks
from .choice import where
from .derivative import by_input, by_result, complex_refused, floats, refuse
from .op import RESULT, binary, floating, operation, unary
from .pointwise import conjugate
from .promote import result_type
from .storage import Array
from .tensor import Tensor

Exp2Backward0 = by_result("Exp2", lambda y: y * math.log(2))
Expm1Backward0 = by_result("Expm1", lambda y: y + 1)
LogBackward0 = by_input("Log", lambda x: x.reciprocal())
Log2Backward0 = by_input("Log2", lambda x: (x * math.log(2)).reciprocal())
Log10Backward0 = by_input("Log10", lambda x: (x * math.log(10)).reciprocal())
Log1PBackward0 = by_input("Log1P", lambda x: (x + 1).reciprocal())
SigmoidBackward0 = by_result("Sigmoid", lambda y: (1 - y) * y)


@operation(inplace=True)
def exp2(input: Tensor) -> Tensor:
    """Two to the power of each element."""
    return unary(np.exp2, input, Exp2Backward0, floating, saved=(RESULT,))


@operation(inplace=True)
def expm1(input: Tensor) -> Tensor:
    """`exp(x) - 1`, accurate near zero."""
    return unary(np.expm1, input, Expm1Backward0, floating, saved=(RESULT,))


@operation(inplace=True)
def log(input: Tensor) -> Tensor:
    """The natural logarithm; NaN below zero."""
    return unary(np.log, input, LogBackward0, floating, saved=(input,))


@operation(inplace=True)
def log2(input: Tensor) -> Tensor:
    """The logarithm to the base two."""
    return unary(np.log2, input, Log2Backward0, floating, saved=(input,))


@operation(inplace=True)
def log10(input: Tensor) -> Tensor:
    """The logarithm to the base ten."""
    return unary(np.log10, input, Log10Backward0, floating, saved=(input,))


@by_blocks
def _complex_log1p(a: Array) -> Array:
    """Near zero by the logarithm of `|1 + a|² - 1`, in which nothing cancels."""
    x, y = a.real, a.imag
    near = np.hypot(x, y) < 0.5
    size = np.where(near, np.log1p(np.where(near, x * (2 + x) + y * y, 0)) / 2, np.log(np.hypot(1 + x, y)))
    result = np.empty(a.shape, a.dtype)
    result.real, result.imag = size, np.arctan2(y, 1 + x)
    return result


@operation(inplace=True)
def log1p(input: Tensor) -> Tensor:
    """`log(1 + x)`, accurate near zero."""
    return unary(
        _complex_log1p if input._dtype.is_complex else np.log1p, input, Log1PBackward0, floating, saved=(input,)
    )


class LogaddexpBackward0(Node):
    """The shares of the two exponentials are the logistic function of their difference, which does not overflow."""

    __slots__ = ()
    saves = ("self", "other")

    def gradient(self, grad: Tensor) -> Gradients:
        x, y = self.tensors()
        difference = (x - y) * self.args
        return grad * conjugate(sigmoid(difference)), grad * conjugate(sigmoid(-difference))


class Logaddexp2Backward0(LogaddexpBackward0):
    __slots__ = ()


@by_blocks
def log_sum_exp(a: Array, b: Array) -> Array:
    """The logarithm of the sum of two exponentials, of complex numbers too: the one of the greater real part is taken
    out."""
    if not np.iscomplexobj(a):
        return np.logaddexp(a, b)
    swapped = np.less(a.real, b.real)
    high, low = np.where(swapped, b, a), np.where(swapped, a, b)
    nothing = np.equal(high.real, -np.inf)
    return np.where(nothing, low, high + np.log1p(np.exp(low - np.where(nothing, 0, high))))


@operation()
def logaddexp(input: Tensor, other: Tensor) -> Tensor:
    """The logarithm of the sum of two exponentials, without overflow. NotImplementedError for integers."""
    need_tensors("logaddexp", input, other)
    d = result_type(input, other)
    refuse("logaddexp_cpu", not d.differentiable, d)
    return binary(log_sum_exp, input, other, LogaddexpBackward0, floating, saved=(input, other), args=1)


@operation()
def logaddexp2(input: Tensor, other: Tensor) -> Tensor:
    """The logarithm to the base two of the sum of two powers of two, without overflow."""
    need_tensors("logaddexp2", input, other)
    floats("logaddexp2_cpu", input, other)
    saved = (input, other)
    return binary(np.logaddexp2, input, other, Logaddexp2Backward0, floating, saved=saved, args=math.log(2))


class XlogyBackward0(Node):
    __slots__ = ()
    saves = ("self", "other")

    def gradient(self, grad: Tensor) -> Gradients:
        x, y = self.tensors()
        pole = (x == 0) & (y <= 0) if isinstance(y, Tensor) else (x == 0) & (not y > 0)
        logarithm = log(y) if isinstance(y, Tensor) else math.log(y) if y > 0 else -math.inf
        return where(pole, 0.0, grad * logarithm) if self.needs(0) else None, grad * x / y if self.needs(1) else None


@operation(inplace=True)
def xlogy(input: Any, other: Any) -> Tensor:
    """`x * log(y)`, zero where x is zero and y is a number. TypeError for two numbers."""
    need_one_tensor("xlogy", input, other)
    complex_refused("xlogy_cpu", input, other)
    return binary(scipy.special.xlogy, input, other, XlogyBackward0, floating, saved=(input, other))


@by_blocks
def logistic(a: Array) -> Any:
    """`1 / (1 + exp(-x))`; overflow gives the limit, zero. Several times as fast as SciPy's."""
    return np.reciprocal(1 + np.exp(-a))


@operation(inplace=True)
def sigmoid(input: Tensor) -> Tensor:
    """The logistic function `1 / (1 + exp(-x))`."""
    return unary(logistic, input, SigmoidBackward0, floating, saved=(RESULT,))


class LogitBackward0(Node):
    __slots__ = ()
    saves = ("self",)

    def gradient(self, grad: Tensor) -> Gradients:
        (x,) = self.tensors()
        eps = self.args
        slope = grad / (x * (1 - x))
        if eps is None:
            return where((x < 0) | (x > 1), math.nan, slope)
        return where((x < eps) | (x > 1 - eps), 0.0, slope)


@operation(inplace=True)
def logit(input: Tensor, eps: float | None = None) -> Tensor:
    """The inverse of the logistic function; with `eps` the input is first clamped to `[eps, 1 - eps]`."""
    complex_refused("logit_cpu", input)

    @by_blocks
    def forward(a: Any) -> Any:
        return scipy.special.logit(a if eps is None else np.clip(a, eps, 1 - eps))

    return unary(forward, input, LogitBackward0, floating, saved=(input,), args=eps)
