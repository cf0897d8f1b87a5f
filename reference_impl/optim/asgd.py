"""Averaged stochastic gradient descent (Polyak and Juditsky, "Acceleration of stochastic approximation by averaging",
1992)."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..dtype import float32
from ..fill import zeros_like
from ..tensor import Tensor, wrap
from .demands import demand, demand_rate
from .groups import Group
from .stepping import Stepping, Values


def descend(p: Any, g: Any, s: Values, o: Group, t: float) -> tuple[Any, Values]:
    """`p = (1 - lambd eta) p - eta g`, `a += mu (p - a)`; for the next step `eta = lr / (1 + lambd lr t)^alpha` and
    `mu = 1 / max(1, t - t0)`."""
    eta, mu, a = float(s["eta"]), float(s["mu"]), s["ax"]
    lr = o["lr"]
    if o["weight_decay"] != 0:
        g = g + o["weight_decay"] * p
    p = p * (1 - o["lambd"] * eta) - g * eta
    a = p if mu == 1 else a + (p - a) * mu
    eta, mu = lr / (1 + o["lambd"] * lr * t) ** o["alpha"], 1 / max(1, t - o["t0"])
    return p, {"ax": a, "eta": eta, "mu": mu}


class ASGD(Stepping):
    """Descends with shrinking steps, and keeps the mean `ax` of the parameters from step `t0` on."""

    rule = staticmethod(descend)
    added = {"foreach": None, "maximize": False, "differentiable": False, "capturable": False}  # noqa: RUF012

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        """ValueError for a negative learning rate or weight decay."""
        demand_rate(lr)
        demand((weight_decay >= 0, f"Invalid weight_decay value: {weight_decay}"))
        defaults = {
            "lr": lr,
            "lambd": lambd,
            "alpha": alpha,
            "t0": t0,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)

    def start(self, p: Tensor, group: Group) -> dict[str, Any]:
        """The first rate is `lr`; the numbers lie beside the parameter."""
        numbers = {"step": 0.0, "eta": float(group["lr"]), "mu": 1.0}
        beside = {name: wrap(np.array(value, np.float32), float32, p.device) for name, value in numbers.items()}
        return {**beside, "ax": zeros_like(p)}
