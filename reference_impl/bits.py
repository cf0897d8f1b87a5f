"""Bits of integers, and divisors."""

from __future__ import annotations

from typing import Any

import numpy as np

from .arguments import need_tensor
from .derivative import integral, whole
from .inplace_rules import exactly
from .op import binary, operation, unary
from .tensor import Tensor


@operation(operators=("__and__", "__rand__", "__iand__"), inplace=True)
def bitwise_and(input: Any, other: Any) -> Tensor:
    """The bits set in both operands; on bools the logical and."""
    integral("bitwise_and_cpu", input, other)
    return binary(np.bitwise_and, input, other, None)


@operation(operators=("__or__", "__ror__", "__ior__"), inplace=True)
def bitwise_or(input: Any, other: Any) -> Tensor:
    """The bits set in either operand; on bools the logical or."""
    integral("bitwise_or_cpu", input, other)
    return binary(np.bitwise_or, input, other, None)


@operation(operators=("__xor__", "__rxor__", "__ixor__"), inplace=True)
def bitwise_xor(input: Any, other: Any) -> Tensor:
    """The bits in which the operands differ; on bools the exclusive or."""
    integral("bitwise_xor_cpu", input, other)
    return binary(np.bitwise_xor, input, other, None)


@operation(inplace=True, promotes=exactly)
def bitwise_not(input: Tensor) -> Tensor:
    """Every bit turned; on bools the negation."""
    integral("bitwise_not_cpu", input)
    return unary(np.invert, input, None)


@operation(operators=("__invert__",), method=False)
def _inverted(input: Tensor) -> Tensor:
    """`~x`. TypeError for what is neither integer nor bool."""
    if input._dtype.differentiable:
        raise TypeError("~ (operator.invert) is only implemented on integer and Boolean-type tensors")
    return bitwise_not(input)


@operation(operators=("__lshift__", "__rlshift__", "__ilshift__"), inplace=True)
def bitwise_left_shift(input: Any, other: Any) -> Tensor:
    """Multiplies by a power of two."""
    whole("lshift_cpu", input, other)
    return binary(np.left_shift, input, other, None)


@operation(operators=("__rshift__", "__rrshift__", "__irshift__"), inplace=True)
def bitwise_right_shift(input: Any, other: Any) -> Tensor:
    """Divides by a power of two and rounds down."""
    whole("rshift_cpu", input, other)
    return binary(np.right_shift, input, other, None)


@operation(inplace=True)
def gcd(input: Tensor, other: Tensor) -> Tensor:
    """The greatest common divisor, never negative."""
    need_tensor("gcd", other)
    whole("gcd_cpu", input, other)
    return binary(np.gcd, input, other, None)


@operation(inplace=True)
def lcm(input: Tensor, other: Tensor) -> Tensor:
    """The least common multiple, never negative."""
    need_tensor("lcm", other)
    whole("lcm_cpu", input, other)
    return binary(np.lcm, input, other, None)
