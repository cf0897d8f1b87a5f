"""Adagrad (Duchi, Hazan and Singer, "Adaptive Subgradient Methods for Online Learning", 2011)."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..fill import full_like
from ..tensor import Tensor
from .arithmetic import root
from .demands import demand, demand_one_way, demand_rate
from .groups import Group
from .stepping import Stepping, Values, counter_of


def adapt(p: Any, g: Any, s: Values, o: Group, t: float) -> tuple[Any, Values]:
    """`s += g²`, `p -= lr / (1 + (t - 1) lr_decay) g / (sqrt(s) + eps)`."""
    if o["weight_decay"] != 0:
        g = g + o["weight_decay"] * p
    total = s["sum"] + g * g
    return p - g / (root(total) + o["eps"]) * (o["lr"] / (1 + (t - 1) * o["lr_decay"])), {"sum": total}


class Adagrad(Stepping):
    """Divides by the root of the sum of all squared gradients. Takes sparse gradients."""

    rule = staticmethod(adapt)
    sparse = True
    added = {"foreach": None, "maximize": False, "differentiable": False, "fused": None}  # noqa: RUF012

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        """ValueError for negative numbers."""
        demand_rate(lr)
        demand(
            (lr_decay >= 0, f"Invalid lr_decay value: {lr_decay}"),
            (weight_decay >= 0, f"Invalid weight_decay value: {weight_decay}"),
            (initial_accumulator_value >= 0, f"Invalid initial_accumulator_value value: {initial_accumulator_value}"),
            (eps >= 0, f"Invalid epsilon value: {eps}"),
        )
        defaults = {
            "lr": lr,
            "lr_decay": lr_decay,
            "eps": eps,
            "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, defaults)
        demand_one_way(foreach, fused, differentiable)
        for group in self.param_groups:
            for p in group["params"]:
                self.state[p] = self.start(p, group)

    def start(self, p: Tensor, group: Group) -> dict[str, Any]:
        """The sum starts where the constructor says; it is there before the first step."""
        value = self.defaults["initial_accumulator_value"]
        start = full_like(p, complex(value, value) if np.iscomplexobj(p._array) else value)
        return {"step": counter_of(p, group), "sum": start}
