"""Adadelta (Zeiler, "ADADELTA: An Adaptive Learning Rate Method", 2012)."""

from __future__ import annotations

from typing import Any

from ..fill import zeros_like
from ..tensor import Tensor
from .arithmetic import root
from .demands import demand, demand_rate
from .groups import Group
from .stepping import Stepping, Values, counter_of


def adapt(p: Any, g: Any, s: Values, o: Group, t: float) -> tuple[Any, Values]:
    """`s = rho s + (1 - rho) g²`, `u = sqrt(D + eps) / sqrt(s + eps) g`, `D = rho D + (1 - rho) u²`, `p -= lr u`."""
    rho, eps = o["rho"], o["eps"]
    if o["weight_decay"] != 0:
        g = g + o["weight_decay"] * p
    squares = s["square_avg"] * rho + g * g * (1 - rho)
    u = root(s["acc_delta"] + eps) / root(squares + eps) * g
    return p - o["lr"] * u, {"square_avg": squares, "acc_delta": s["acc_delta"] * rho + u * u * (1 - rho)}


class Adadelta(Stepping):
    """Steps as long as the last ones were, in the unit of the parameter."""

    rule = staticmethod(adapt)
    added = {"foreach": None, "maximize": False, "differentiable": False, "capturable": False}  # noqa: RUF012

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        capturable: bool = False,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        """ValueError for negative numbers, and for `rho` outside [0, 1]."""
        demand_rate(lr)
        demand(
            (0 <= rho <= 1, f"Invalid rho value: {rho}"),
            (eps >= 0, f"Invalid epsilon value: {eps}"),
            (weight_decay >= 0, f"Invalid weight_decay value: {weight_decay}"),
        )
        defaults = {
            "lr": lr,
            "rho": rho,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "capturable": capturable,
            "foreach": foreach,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def start(self, p: Tensor, group: Group) -> dict[str, Any]:
        """Both means are zero."""
        return {"step": counter_of(p, group), "square_avg": zeros_like(p), "acc_delta": zeros_like(p)}
