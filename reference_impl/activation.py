"""Activations."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy

from .autograd.node import Gradients, Node
from .blocks import by_blocks
from .choice import chosen, where
from .derivative import by_input, floats
from .dtype import bool as bool_
from .exponential import sigmoid
from .op import RESULT, operation, unary
from .storage import Array
from .tensor import Tensor

ROOT = math.sqrt(2 / math.pi)
CUBIC = 0.044715


class ReluBackward0(Node):
    __slots__ = ()
    saves = ("result",)

    def gradient(self, grad: Tensor) -> Gradients:
        (y,) = self.tensors()
        return where(y <= 0, 0, grad)


def _positive(a: Array) -> Array:
    return np.maximum(a, a.dtype.type(0))  # type: ignore[no-any-return]


@operation(inplace=True, out=False)
def relu(input: Tensor) -> Tensor:
    """The element where it is positive, else zero; NaN stays. RuntimeError for bools, NotImplementedError for complex
    numbers."""
    if input._dtype is bool_:
        raise RuntimeError("Boolean inputs not supported for relu")
    if input._dtype.is_complex:
        raise NotImplementedError("clamp is not supported for complex types")
    return unary(_positive, input, ReluBackward0, saved=(RESULT,))


P = (-2.72614225801306e-10, 2.77068142495902e-8, -2.10102402082508e-6, -5.69250639462346e-5, -7.34990630326855e-4,
     -2.95459980854025e-3, -1.60960333262415e-2)  # fmt: skip
Q = (-1.45660718464996e-5, -2.13374055278905e-4, -1.68282697438203e-3, -7.37332916720468e-3, -1.42647390514189e-2)


def _polynomial(coefficients: tuple[float, ...], x: Array) -> Array:
    result = x * coefficients[0]
    for c in coefficients[1:-1]:
        result += c
        result *= x
    result += coefficients[-1]
    return result


@by_blocks
def _area(a: Array) -> Any:
    """The area of the normal distribution up to each element, in single precision to some units in the last place of
    one: the error function by the rational approximation of Eigen."""
    if a.dtype != np.float32:
        return scipy.special.ndtr(a)
    x = np.clip(a * np.float32(math.sqrt(0.5)), np.float32(-4), np.float32(4))
    square = x * x
    x *= _polynomial(P, square)
    x /= _polynomial(Q, square)
    x += 1
    x *= np.float32(0.5)
    return x


AreaBackward0 = by_input("Area", lambda x: (x * x * -0.5).exp() / math.sqrt(2 * math.pi))


def _gelu_slope(x: Tensor) -> Tensor:
    area = unary(_area, x, AreaBackward0, saved=(x,))
    return area + x * (x * x * -0.5).exp() / math.sqrt(2 * math.pi)  # type: ignore[no-any-return]


def _gelu_tanh_slope(x: Tensor) -> Tensor:
    t = (x * (x * x * CUBIC + 1) * ROOT).tanh()
    return (t + 1) * 0.5 + x * (1 - t * t) * (x * x * (3 * CUBIC) + 1) * (ROOT / 2)  # type: ignore[no-any-return]


GeluBackward0 = by_input("Gelu", _gelu_slope)
GeluBackward1 = by_input("Gelu", _gelu_tanh_slope)


@by_blocks
def _gelu(a: Array) -> Any:
    return a * _area(a)


@by_blocks
def _gelu_tanh(a: Array) -> Any:
    return 0.5 * a * (1 + np.tanh(ROOT * (a + CUBIC * a * a * a)))


@operation(method=False)
def gelu(input: Tensor, approximate: str = "none") -> Tensor:
    """Weighs each element by the area of the normal distribution up to it, exactly or by way of `tanh`.

    D. Hendrycks and K. Gimpel, Gaussian error linear units, arXiv:1606.08415.
    """
    floats("GeluKernelImpl", input)
    if approximate not in ("none", "tanh"):
        raise RuntimeError("approximate argument must be either none or tanh.")
    if approximate == "tanh":
        return unary(_gelu_tanh, input, GeluBackward1, saved=(input,))
    return unary(_gelu, input, GeluBackward0, saved=(input,))


def _silu_slope(x: Tensor) -> Tensor:
    s = sigmoid(x)
    return s * (x * (1 - s) + 1)


SiluBackward0 = by_input("Silu", _silu_slope)


@operation(method=False, out=False)
def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """Weighs each element by its sigmoid."""
    if not input._dtype.is_complex:
        floats("silu_cpu", input)

    @by_blocks
    def forward(a: Array) -> Any:
        return a / (1 + np.exp(-a))

    return unary(forward, input, SiluBackward0, saved=(input,))


class SoftplusBackward0(Node):
    __slots__ = ()
    saves = ("self",)

    def gradient(self, grad: Tensor) -> Gradients:
        (x,) = self.tensors()
        beta, threshold = self.args
        return where(x * beta > threshold, grad, grad * sigmoid(x * beta))


@operation(method=False)
def softplus(input: Tensor, beta: float = 1, threshold: float = 20) -> Tensor:
    """`log(1 + exp(beta * x)) / beta`, and the element itself where `beta * x` exceeds the threshold."""
    floats("softplus_cpu", input)

    @by_blocks
    def forward(a: Array) -> Any:
        b = a * beta
        return chosen(b > threshold, a, (np.maximum(b, 0) + np.log1p(np.exp(-np.abs(b)))) / beta)

    return unary(forward, input, SoftplusBackward0, saved=(input,), args=(beta, threshold))


LogSigmoidBackward0 = by_input("LogSigmoid", lambda x: sigmoid(-x))


@operation(method=False)
def logsigmoid(input: Tensor) -> Tensor:
    """The logarithm of the sigmoid, without overflow."""
    floats("log_sigmoid_cpu", input)

    @by_blocks
    def forward(a: Array) -> Any:
        return np.minimum(a, 0) - np.log1p(np.exp(-np.abs(a)))

    return unary(forward, input, LogSigmoidBackward0, saved=(input,))
