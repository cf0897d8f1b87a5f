"""The normal distribution: its area, the inverse and the logarithm of that; the scaled error function; entropies."""

from __future__ import annotations

import math
from typing import Any

import scipy

from ..arguments import need_one_tensor
from ..autograd.node import Gradients, Node
from ..choice import where
from ..derivative import by_input, by_result, complex_refused, half_refused
from ..op import RESULT, binary, floating, operation, unary
from ..tensor import Tensor

ROOT = math.sqrt(2 * math.pi)


def _inverse_mills(x: Tensor) -> Tensor:
    """The density divided by the area (DLMF 7.8.1): both underflow far below zero, their quotient does not."""
    scaled: Tensor = erfcx(x * -math.sqrt(0.5))
    return scaled.reciprocal() * math.sqrt(2 / math.pi)  # type: ignore[no-any-return]


NdtrBackward0 = by_input("SpecialNdtr", lambda x: (x * x * -0.5).exp() / ROOT)
NdtriBackward0 = by_result("SpecialNdtri", lambda y: (y * y * 0.5).exp() * ROOT)
LogNdtrBackward0 = by_input("SpecialLogNdtr", _inverse_mills)
EntrBackward0 = by_input("SpecialEntr", lambda x: -x.log() - 1)


class ErfcxBackward0(Node):
    """erfcx' = 2 x erfcx - 2 / sqrt(pi), from the definition `exp(x**2) * erfc(x)` (DLMF 7.10.2)."""

    __slots__ = ()
    saves = ("self", "result")

    def gradient(self, grad: Tensor) -> Gradients:
        x, y = self.tensors()
        return grad * (2 * x * y - 2 / math.sqrt(math.pi))


ErfcxBackward0.__name__ = "SpecialErfcxBackward0"


@operation(name="special_erfcx", method=False)
def erfcx(input: Tensor) -> Tensor:
    """`exp(x**2) * erfc(x)`, which does not underflow."""
    half_refused("erfcx_cpu", input)
    return unary(scipy.special.erfcx, input, ErfcxBackward0, floating, saved=(input, RESULT))


@operation(name="special_ndtr", method=False)
def ndtr(input: Tensor) -> Tensor:
    """The area of the standard normal distribution up to each element."""
    complex_refused("erf_vml_cpu", input)
    return unary(scipy.special.ndtr, input, NdtrBackward0, floating, saved=(input,))


@operation(name="special_ndtri", method=False)
def ndtri(input: Tensor) -> Tensor:
    """The inverse of `ndtr`; NaN outside of zero and one."""
    half_refused("ndtri_cpu", input)
    return unary(scipy.special.ndtri, input, NdtriBackward0, floating, saved=(RESULT,))


@operation(name="special_log_ndtr", method=False)
def log_ndtr(input: Tensor) -> Tensor:
    """The logarithm of `ndtr`, accurate where that underflows."""
    half_refused("log_ndtr_cpu", input)
    return unary(scipy.special.log_ndtr, input, LogNdtrBackward0, floating, saved=(input,))


@operation(name="special_entr", method=False)
def entr(input: Tensor) -> Tensor:
    """`-x * log(x)`: zero at zero, minus infinity below."""
    complex_refused("entr_cpu", input)
    return unary(scipy.special.entr, input, EntrBackward0, floating, saved=(input,))


class Xlog1PyBackward0(Node):
    __slots__ = ()
    saves = ("self", "other")

    def gradient(self, grad: Tensor) -> Gradients:
        x, y = self.tensors()
        slope = None
        if self.needs(0):
            logarithm = y.log1p() if isinstance(y, Tensor) else math.log1p(y) if y > -1 else -math.inf
            slope = grad * where((x == 0) & (y <= -1), 0.0, logarithm)
        return slope, grad * x / (y + 1) if self.needs(1) else None


Xlog1PyBackward0.__name__ = "SpecialXlog1PyBackward0"


@operation(name="special_xlog1py", method=False)
def xlog1py(input: Any, other: Any) -> Tensor:
    """`x * log1p(y)`, zero where x is zero and y is a number."""
    need_one_tensor("special_xlog1py", input, other)
    complex_refused("xlog1py_cpu", input, other)
    return binary(scipy.special.xlog1py, input, other, Xlog1PyBackward0, floating, saved=(input, other))
