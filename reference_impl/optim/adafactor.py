"""Adafactor (Shazeer and Stern, "Adafactor: Adaptive Learning Rates with Sublinear Memory Cost", 2018)."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..fill import zeros_like
from ..storage import Array
from ..tensor import Tensor
from .demands import demand, demand_single
from .groups import Group
from .stepping import Stepping, Values, counter_of


def adapt(p: Any, g: Any, s: Values, o: Group, t: float) -> tuple[Any, Values]:
    """With `w = t^beta2_decay`: means of squared gradients along rows and columns move by `w` towards new ones, and
    their product over the mean of the rows estimates the squares (for vectors, the mean itself). `u = g /
    sqrt(estimate)` is shortened where its root mean square exceeds `d`, and
    `p -= max(eps2, rms(p)) min(lr, 1 / sqrt(t)) u`."""
    lr, (eps1, eps2) = o["lr"], o["eps"]
    eps1 = np.finfo(p.dtype).eps if eps1 is None else eps1
    size = max(eps2, _rms(p)) * min(lr, t**-0.5)
    w = t ** o["beta2_decay"]
    p = p * (1 - lr * o["weight_decay"])
    squares = g * g
    if g.ndim > 1:
        rows = s["row_var"] + (squares.mean(-1, keepdims=True) - s["row_var"]) * w
        columns = s["col_var"] + (squares.mean(-2, keepdims=True) - s["col_var"]) * w
        kept = {"row_var": rows, "col_var": columns}
        estimate = rows @ columns / np.maximum(rows.mean(-2, keepdims=True), eps1)
    else:
        estimate = s["variance"] + (squares - s["variance"]) * w
        kept = {"variance": estimate}
    u = g / np.sqrt(np.maximum(estimate, eps1 * eps1))
    return p - u * (size / max(1.0, _rms(u) / o["d"])), kept


def _rms(x: Array) -> float:
    """The root of the mean of squares; NaN of nothing."""
    return float(np.sqrt(np.mean(x * x)))


class Adafactor(Stepping):
    """Keeps means of squared gradients for rows and columns alone, and steps in proportion to the parameter."""

    rule = staticmethod(adapt)
    added = {"foreach": None}  # noqa: RUF012

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1e-2,
        beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
    ) -> None:
        """ValueError for negative numbers, a positive `beta2_decay`, and `d` below 1."""
        demand_single(lr)
        demand(
            (lr >= 0, f"Learning rate should be >= 0 but is: {lr}"),
            (beta2_decay <= 0, f"beta2_decay should be <= 0 but is: {beta2_decay}"),
            (eps[0] is None or eps[0] >= 0, f"epsilon1 should be >= 0 but is: {eps[0]}"),
            (eps[1] >= 0, f"epsilon2 should be >= 0 but is: {eps[1]}"),
            (d >= 1, f"Clipping threshold d should be >= 1 but is: {d}"),
            (weight_decay >= 0, f"weight_decay should be >= 0 but is: {weight_decay}"),
        )
        defaults = {
            "lr": lr,
            "beta2_decay": beta2_decay,
            "eps": eps,
            "d": d,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def start(self, p: Tensor, group: Group) -> dict[str, Any]:
        """Zeros for rows and columns, or for each element of a vector. RuntimeError for complex numbers."""
        if p.is_complex():
            raise RuntimeError("Adafactor does not support complex parameters")
        step = counter_of(p, group)
        if p.dim() < 2:
            return {"step": step, "variance": zeros_like(p)}
        shape = list(p.shape)
        return {
            "step": step,
            "row_var": p.new_zeros([*shape[:-1], 1]),
            "col_var": p.new_zeros([*shape[:-2], 1, shape[-1]]),
        }
