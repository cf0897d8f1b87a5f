"""What rules need beyond operators, for arrays and for tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor import Tensor
from .groups import Group


def decayed(p: Any, g: Any, o: Group) -> tuple[Any, Any]:
    """Parameter and gradient with weight decay, which is a part of the gradient or, decoupled from it, shortens the
    parameter itself."""
    rate = o["weight_decay"]
    if rate == 0:
        return p, g
    return (p * (1 - o["lr"] * rate), g) if o["decoupled_weight_decay"] else (p, g + rate * p)


def root(x: Any) -> Any:
    """The square root."""
    return x.sqrt() if isinstance(x, Tensor) else np.sqrt(x)


def larger(x: Any, y: Any) -> Any:
    """The larger of two, element by element; NaN where one is."""
    return x.maximum(y) if isinstance(x, Tensor) else np.maximum(x, y)


def sign(x: Any) -> Any:
    """-1, 0 or 1."""
    return x.sign() if isinstance(x, Tensor) else np.sign(x)


def select(condition: Any, x: Any, y: Any) -> Any:
    """`x` where the condition holds, `y` elsewhere; one of them is a number."""
    if isinstance(condition, Tensor):
        return x.where(condition, y) if isinstance(x, Tensor) else y.where(~condition, x)
    return np.where(condition, x, y)


def clip(x: Any, low: float, high: float) -> Any:
    """The nearest number between two."""
    return x.clamp(low, high) if isinstance(x, Tensor) else np.minimum(np.maximum(x, low), high)
