"""Rounding to whole numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .autograd.node import Gradients, Node
from .blocks import by_blocks
from .derivative import flat, refuse
from .dtype import FLOATING
from .dtype import bool as bool_
from .inplace_rules import exactly
from .op import operation, unary
from .storage import Array
from .tensor import Tensor

FloorBackward0 = flat("Floor")
CeilBackward0 = flat("Ceil")
TruncBackward0 = flat("Trunc")
RoundBackward0 = flat("Round")


def _whole(name: str, function: Callable[..., Any], input: Tensor, kind: type[Node]) -> Tensor:
    """Rounds floating numbers; integers stay as they are."""
    d = input._dtype
    if d.is_complex and name != "round":
        raise NotImplementedError(f"{name} is not supported for complex inputs")
    refuse(f"{name}_vml_cpu", d is bool_ or d.is_complex, d)
    return unary(function if d.category == FLOATING else np.copy, input, kind)


@operation(inplace=True, promotes=exactly)
def floor(input: Tensor) -> Tensor:
    """Rounds down."""
    return _whole("floor", np.floor, input, FloorBackward0)


@operation(inplace=True, promotes=exactly)
def ceil(input: Tensor) -> Tensor:
    """Rounds up."""
    return _whole("ceil", np.ceil, input, CeilBackward0)


@operation(inplace=True, promotes=exactly)
def trunc(input: Tensor) -> Tensor:
    """Rounds towards zero."""
    return _whole("trunc", np.trunc, input, TruncBackward0)


fix = operation(name="fix", inplace=True, promotes=exactly)(trunc)


@operation(inplace=True, promotes=exactly)
def round(input: Tensor, *, decimals: int = 0) -> Tensor:
    """Rounds to the nearest whole number, halves to the even one; `decimals` names another decimal place."""

    def at_place(a: Array) -> Array:
        return np.round(a, decimals)

    refuse("round_cpu", decimals != 0 and input._dtype.category != FLOATING, input._dtype)
    return _whole("round", at_place if decimals else np.rint, input, RoundBackward0)


class FracBackward0(Node):
    __slots__ = ()

    def gradient(self, grad: Tensor) -> Gradients:
        return grad


@by_blocks
def _fraction(a: Array) -> Array:
    return np.subtract(a, np.trunc(a))


@operation(inplace=True, promotes=exactly)
def frac(input: Tensor) -> Tensor:
    """What `trunc` takes away, with the sign of the input."""
    refuse("frac_cpu", input._dtype.category != FLOATING, input._dtype)
    return unary(_fraction, input, FracBackward0)
