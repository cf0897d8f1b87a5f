"""Comparison: element by element, with bool results."""

from __future__ import annotations

from typing import Any

import numpy as np

from .op import binary, boolean, operation
from .tensor import Tensor


@operation(operators=("__eq__",), inplace=True)
def eq(input: Any, other: Any) -> Tensor:
    """Whether two elements are equal."""
    return binary(np.equal, input, other, None, boolean)


@operation(operators=("__ne__",), inplace=True)
def ne(input: Any, other: Any) -> Tensor:
    """Whether two elements differ."""
    return binary(np.not_equal, input, other, None, boolean)


@operation(operators=("__lt__",), inplace=True)
def lt(input: Any, other: Any) -> Tensor:
    """Whether an element is less than the other."""
    return binary(np.less, input, other, None, boolean)


@operation(operators=("__le__",), inplace=True)
def le(input: Any, other: Any) -> Tensor:
    """Whether an element is less than or equal to the other."""
    return binary(np.less_equal, input, other, None, boolean)


@operation(operators=("__gt__",), inplace=True)
def gt(input: Any, other: Any) -> Tensor:
    """Whether an element is greater than the other."""
    return binary(np.greater, input, other, None, boolean)


@operation(operators=("__ge__",), inplace=True)
def ge(input: Any, other: Any) -> Tensor:
    """Whether an element is greater than or equal to the other."""
    return binary(np.greater_equal, input, other, None, boolean)
