"""Element by element operations."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Number
from typing import Any

import numpy as np

from .arguments import need_tensor
from .autograd.node import Gradients, Node
from .blocks import by_blocks
from .dtype import bool as bool_
from .format import copied, strides_in
from .inplace_rules import exactly
from .op import RESULT, binary, floating, operation, record, unary
from .promote import dtype_or_scalar, number, result_type
from .storage import Array
from .tensor import Tensor, strides_of


class AddBackward0(Node):
    __slots__ = ()
    sign = 1

    def gradient(self, grad: Tensor) -> Gradients:
        if not self.needs(1):
            return grad, None
        other = grad if self.args is None else grad * conjugate(self.args)
        return grad, other if self.sign > 0 else -other


class SubBackward0(AddBackward0):
    __slots__ = ()
    sign = -1


class RsubBackward1(SubBackward0):
    """From a number."""

    __slots__ = ()


def scaling(ufunc: np.ufunc, input: Any, other: Any, alpha: Any) -> Callable[..., Any]:
    """`ufunc(a, alpha * b)`, rounded once, as a fused multiply-add is.

    RuntimeError for a factor of a higher category than the operands, TypeError for one that is no number.
    """
    if not isinstance(alpha, Number):
        raise TypeError(f"{ufunc.__name__}(): argument 'alpha' must be Number, not {type(alpha).__name__}")
    d = result_type(input, other)
    if isinstance(alpha, complex) and not d.is_complex:
        raise RuntimeError("For non-complex input tensors, argument alpha must not be a complex number.")
    if isinstance(alpha, float) and not d.differentiable:
        raise RuntimeError("For integral input tensors, argument alpha must not be a floating point number.")
    factor = number(alpha, d)
    wide = np.float64 if d.compute == np.float32 else d.compute

    @by_blocks
    def function(a: Array, b: Array) -> Any:
        return ufunc(a, np.multiply(b, factor, dtype=wide)).astype(d.numpy, copy=False)

    return function


@operation(operators=("__add__", "__radd__", "__iadd__"), inplace=True)
def add(input: Any, other: Any, *, alpha: Any = None) -> Tensor:
    """The sum `input + alpha * other`."""
    if alpha is None:
        return binary(np.add, input, other, AddBackward0)
    return binary(scaling(np.add, input, other, alpha), input, other, AddBackward0, args=alpha)


@operation(operators=("__sub__", "__rsub__", "__isub__"), inplace=True)
def sub(input: Any, other: Any, *, alpha: Any = None) -> Tensor:
    """The difference `input - alpha * other`. RuntimeError for bool operands."""
    first, second = dtype_or_scalar(input), dtype_or_scalar(other)
    if first is bool_ or second is bool_:
        raise RuntimeError(
            "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or `logical_xor()` "
            "operator instead."
            if first is second
            else "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert a "
            "mask, use the `~` or `logical_not()` operator instead."
        )
    kind = SubBackward0 if isinstance(input, Tensor) else RsubBackward1
    if alpha is None:
        return binary(np.subtract, input, other, kind)
    return binary(scaling(np.subtract, input, other, alpha), input, other, kind, args=alpha)


class MulBackward0(Node):
    __slots__ = ()
    saves = ("self", "other")
    used_by = (1, 0)

    def gradient(self, grad: Tensor) -> Gradients:
        x, y = self.tensors()
        return (
            grad * conjugate(y) if self.needs(0) else None,
            grad * conjugate(x) if self.needs(1) else None,
        )


def conjugate(x: Any) -> Any:
    """The complex conjugate, of a tensor or a number; a real one is returned as it is."""
    if isinstance(x, Tensor):
        return x.conj() if x._dtype.is_complex else x
    return x.conjugate() if isinstance(x, complex) else x


@operation(operators=("__mul__", "__rmul__", "__imul__"), inplace=True)
def mul(input: Any, other: Any) -> Tensor:
    """The product."""
    return binary(np.multiply, input, other, MulBackward0, saved=(input, other))


class NegBackward0(Node):
    __slots__ = ()

    def gradient(self, grad: Tensor) -> Gradients:
        return -grad


@operation(operators=("__neg__",), inplace=True, promotes=exactly)
def neg(input: Tensor) -> Tensor:
    """The negative. RuntimeError for bools."""
    if input._dtype is bool_:
        raise RuntimeError(
            "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a mask, use "
            "the `~` or `logical_not()` operator instead."
        )
    return unary(np.negative, input, NegBackward0)


class ExpBackward0(Node):
    __slots__ = ()
    saves = ("result",)

    def gradient(self, grad: Tensor) -> Gradients:
        (y,) = self.tensors()
        return grad * conjugate(y)


@operation(inplace=True)
def exp(input: Tensor) -> Tensor:
    """e to the power of each element."""
    return unary(np.exp, input, ExpBackward0, floating, saved=(RESULT,))


class CloneBackward0(Node):
    __slots__ = ()

    def gradient(self, grad: Tensor) -> Gradients:
        return grad


@operation(out=False)
def clone(input: Tensor, *, memory_format: Any = None) -> Tensor:
    """A copy in memory of its own, in the graph; keeps the order of dimensions in memory unless a memory format is
    given."""
    need_tensor("clone", input, "input", 1)
    array = input._array
    if memory_format is None and array.flags.c_contiguous:
        copy = array.copy("C")
    else:
        copy = copied(array, strides_in(memory_format, array.shape, strides_of(input)))
    return record(CloneBackward0, copy, input._dtype, input._device, (input,))


subtract = operation(name="subtract", inplace=True)(sub)
multiply = operation(name="multiply", inplace=True)(mul)
negative = operation(name="negative", inplace=True, promotes=exactly)(neg)


@operation(method=False)
def rsub(input: Any, other: Any, *, alpha: Any = 1) -> Tensor:
    """The difference `other - alpha * input`."""
    return sub(other, input, alpha=None if alpha == 1 else alpha)
