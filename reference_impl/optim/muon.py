"""Muon (Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024)."""

from __future__ import annotations

import math
from typing import Any

import ml_dtypes
import numpy as np

from ..fill import zeros_like
from ..storage import Array
from ..tensor import Tensor
from .demands import demand, demand_single
from .groups import Group
from .stepping import Stepping, Values

COEFFICIENTS = (3.4445, -4.7750, 2.0315)


def orthogonalize(p: Any, g: Any, s: Values, o: Group, t: float) -> tuple[Any, Values]:
    """`b += (1 - momentum) (g - b)`, Nesterov's `u = g + momentum (b - g)`; `p = (1 - lr weight_decay) p - lr c O(u)`
    with `O` the nearest matrix with singular values near one, and `c` a factor of the shape."""
    momentum, lr = o["momentum"], o["lr"]
    b = s["momentum_buffer"] + (g - s["momentum_buffer"]) * (1 - momentum)
    u = g + (b - g) * momentum if o["nesterov"] else b
    step = newton_schulz(u, o["ns_coefficients"], o["ns_steps"], o["eps"])
    scaled = lr * _factor(o["adjust_lr_fn"], *p.shape)
    return p * (1 - lr * o["weight_decay"]) - step.astype(p.dtype) * scaled, {"momentum_buffer": b}


def newton_schulz(x: Array, coefficients: tuple[float, float, float], steps: int, eps: float) -> Array:
    """Each singular value of `x / |x|` becomes `a s + b s³ + c s⁵`, `steps` times; each product is rounded to bfloat16.
    ValueError for 100 steps and more, and for another number of coefficients."""
    if steps >= 100:
        raise ValueError("Number of steps must be less than 100 for computational efficiency")
    if len(coefficients) != 3:
        raise ValueError("Coefficients must be a tuple of exactly 3 values")
    a, b, c = coefficients
    turned = x.shape[0] > x.shape[1]
    y = _rounded(x.T if turned else x)
    y = _rounded(y / np.maximum(_rounded(np.sqrt(np.sum(y * y))), eps))
    for _ in range(steps):
        gram = _rounded(y @ y.T)
        y = _rounded(a * y + _rounded(b * gram + c * (gram @ gram)) @ y)
    return y.T if turned else y


def _rounded(x: Array) -> Array:
    """The nearest numbers of bfloat16."""
    return np.asarray(x).astype(ml_dtypes.bfloat16).astype(np.float32)


def _factor(name: str | None, rows: int, columns: int) -> float:
    """For the same root mean square in matrices of every shape. The second is that of Liu et al., "Muon is Scalable for
    LLM Training", 2025."""
    if name == "match_rms_adamw":
        return 0.2 * math.sqrt(max(rows, columns))
    return math.sqrt(max(1, rows / columns))


class Muon(Stepping):
    """Steps along orthogonal matrices; for parameters of two dimensions."""

    rule = staticmethod(orthogonalize)

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = COEFFICIENTS,
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
    ) -> None:
        """ValueError for negative numbers, unknown factors, and parameters that are no matrices."""
        demand_single(lr)
        demand(
            (lr >= 0, f"Learning rate should be >= 0 but is: {lr}"),
            (momentum >= 0, f"momentum should be >= 0 but is: {momentum}"),
            (weight_decay >= 0, f"weight decay should be >= 0 but is: {weight_decay}"),
            (
                adjust_lr_fn in (None, "original", "match_rms_adamw"),
                f"Adjust learning rate function {adjust_lr_fn} is not supported",
            ),
        )
        defaults = {
            "lr": lr,
            "weight_decay": weight_decay,
            "momentum": momentum,
            "nesterov": nesterov,
            "ns_coefficients": ns_coefficients,
            "eps": eps,
            "ns_steps": ns_steps,
            "adjust_lr_fn": adjust_lr_fn,
        }
        super().__init__(params, defaults)
        for group in self.param_groups:
            for p in group["params"]:
                words = f"Muon only supports 2D parameters whereas we found a parameter with size: {p.size()}"
                demand((p.dim() == 2, words))

    def start(self, p: Tensor, group: Group) -> dict[str, Any]:
        """The momentum is zero. RuntimeError for complex numbers."""
        if p.is_complex():
            raise RuntimeError("Muon does not support complex parameters")
        return {"momentum_buffer": zeros_like(p)}
