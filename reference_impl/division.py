"""Division that rounds, and remainders."""

from __future__ import annotations

from typing import Any

import numpy as np

from .autograd.node import Gradients, Node
from .blocks import by_blocks
from .derivative import NotImplementedBackward, flat, refuse
from .dtype import FLOATING, dtype
from .dtype import bool as bool_
from .op import binary, floating, operation
from .pointwise import conjugate
from .promote import operand, result_type
from .storage import Array
from .tensor import Tensor, tracked

DivBackward2 = flat("Div", inputs=2)
NotImplementedBackward.__name__ = "NotImplemented"


def check_divisor(name: str, other: Any, d: dtype) -> None:
    """NotImplementedError for two bools, RuntimeError if integers are to be divided by zero."""
    refuse(name, d is bool_, d)
    if d.category < FLOATING and not np.all(operand(other, d)):
        raise RuntimeError("ZeroDivisionError")


@by_blocks
def truncated(a: Array, b: Array) -> Array:
    """The quotient rounded towards zero."""
    if np.result_type(a, b).kind == "f":
        return np.trunc(np.true_divide(a, b))
    down = np.floor_divide(a, b)
    inexact = np.not_equal(np.multiply(down, b), a)
    return np.add(down, np.logical_and(inexact, np.less(down, 0)), dtype=np.result_type(a, b))


class DivBackward0(Node):
    __slots__ = ()
    saves = ("self", "other")

    def gradient(self, grad: Tensor) -> Gradients:
        x, y = self.tensors()
        by = grad / conjugate(y)
        return (
            by if self.needs(0) else None,
            -by * conjugate(x / y) if self.needs(1) else None,
        )


def quotient(input: Any, other: Any) -> Tensor:
    """The quotient; of integers too it is floating."""
    needed = isinstance(other, Tensor) and tracked(other)
    return binary(np.true_divide, input, other, DivBackward0, floating, saved=(input if needed else None, other))


@operation(operators=("__truediv__", "__itruediv__"), inplace=True)
def div(input: Any, other: Any, *, rounding_mode: str | None = None) -> Tensor:
    """The quotient; of integers it is floating unless a rounding mode, "trunc" or "floor", rounds it."""
    if rounding_mode is None:
        return quotient(input, other)
    if rounding_mode not in ("trunc", "floor"):
        raise RuntimeError(
            f"div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '{rounding_mode}'"
        )
    check_divisor(f"div_{rounding_mode}_cpu", other, result_type(input, other))
    return binary(np.floor_divide if rounding_mode == "floor" else truncated, input, other, DivBackward2)


divide = operation(name="divide", inplace=True)(div)


@operation(inplace=True)
def true_divide(input: Any, other: Any) -> Tensor:
    """The quotient; of integers too it is floating."""
    return quotient(input, other)


@operation(operators=("__floordiv__", "__rfloordiv__", "__ifloordiv__"), inplace=True)
def floor_divide(input: Any, other: Any) -> Tensor:
    """The quotient rounded down, in the operands' dtype. RuntimeError for integers divided by zero."""
    check_divisor("div_floor_cpu", other, result_type(input, other))
    return binary(np.floor_divide, input, other, NotImplementedBackward, args="aten::floor_divide")


class RemainderBackward0(Node):
    """The rounded quotient does not move with the operands."""

    __slots__ = ()
    saves = ("self", "other")
    mode = "floor"

    def gradient(self, grad: Tensor) -> Gradients:
        if not self.needs(1):
            self.tensors()
            return grad, None
        x, y = self.tensors()
        return grad, -grad * div(x, y, rounding_mode=self.mode)


class RemainderBackward1(RemainderBackward0):
    """By a tensor."""

    __slots__ = ()


class FmodBackward0(RemainderBackward0):
    __slots__ = ()
    mode = "trunc"


class FmodBackward1(FmodBackward0):
    """By a tensor."""

    __slots__ = ()


@operation(operators=("__mod__", "__rmod__", "__imod__"), inplace=True)
def remainder(input: Any, other: Any) -> Tensor:
    """What is left of a division that rounds down; it has the divisor's sign."""
    check_divisor("remainder_cpu", other, result_type(input, other))
    kind = RemainderBackward1 if isinstance(other, Tensor) else RemainderBackward0
    return binary(np.remainder, input, other, kind, saved=(input, other) if isinstance(other, Tensor) else ())


@operation(inplace=True)
def fmod(input: Tensor, other: Any) -> Tensor:
    """What is left of a division that rounds towards zero; it has the dividend's sign."""
    check_divisor("fmod_cpu", other, result_type(input, other))
    kind = FmodBackward1 if isinstance(other, Tensor) else FmodBackward0
    return binary(np.fmod, input, other, kind, saved=(input, other) if isinstance(other, Tensor) else ())
