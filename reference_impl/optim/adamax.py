"""Adamax (Kingma and Ba, "Adam: A Method for Stochastic Optimization", 2015, section 7.1)."""

from __future__ import annotations

from typing import Any

from ..fill import zeros_like
from ..tensor import Tensor
from .arithmetic import larger
from .demands import demand, demand_betas, demand_rate
from .groups import Group
from .stepping import Stepping, Values, counter_of


def adapt(p: Any, g: Any, s: Values, o: Group, t: float) -> tuple[Any, Values]:
    """`m = b1 m + (1 - b1) g`, `u = max(b2 u, |g| + eps)`, `p -= lr / (1 - b1^t) m / u`."""
    b1, b2 = o["betas"]
    if o["weight_decay"] != 0:
        g = g + o["weight_decay"] * p
    m = s["exp_avg"] * b1 + g * (1 - b1)
    u = larger(s["exp_inf"] * b2, abs(g) + o["eps"])
    return p - m / u * (o["lr"] / (1 - b1**t)), {"exp_avg": m, "exp_inf": u}


class Adamax(Stepping):
    """Adam with the largest of the fading gradients in the place of the mean of their squares."""

    rule = staticmethod(adapt)
    added = {"foreach": None, "maximize": False, "differentiable": False, "capturable": False}  # noqa: RUF012

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        """ValueError for negative numbers and for coefficients outside [0, 1)."""
        demand_rate(lr)
        demand((eps >= 0, f"Invalid epsilon value: {eps}"))
        demand_betas(betas)
        demand((weight_decay >= 0, f"Invalid weight_decay value: {weight_decay}"))
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)

    def start(self, p: Tensor, group: Group) -> dict[str, Any]:
        """Both are zero."""
        return {"step": counter_of(p, group), "exp_avg": zeros_like(p), "exp_inf": zeros_like(p)}
