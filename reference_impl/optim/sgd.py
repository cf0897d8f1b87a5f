"""Stochastic gradient descent (Robbins and Monro, 1951), with momentum (Polyak, 1964; Nesterov, 1983)."""

from __future__ import annotations

from typing import Any

from ..tensor import Tensor
from .demands import demand, demand_one_way, demand_single
from .groups import Group
from .stepping import Stepping, Values


def descend(p: Any, g: Any, s: Values, o: Group, t: float) -> tuple[Any, Values]:
    """`b = momentum * b + (1 - dampening) * g`, at first `g`; `p -= lr * b`, Nesterov's `p -= lr * (g + momentum * b)`.
    The form without a velocity is that of Sutskever et al., "On the importance of initialization and momentum in deep
    learning", 2013."""
    if o["weight_decay"] != 0:
        g = g + o["weight_decay"] * p
    momentum = o["momentum"]
    if momentum == 0:
        return p - o["lr"] * g, {}
    before = s.get("momentum_buffer")
    b = g if before is None else momentum * before + (1 - o["dampening"]) * g
    return p - o["lr"] * (g + momentum * b if o["nesterov"] else b), {"momentum_buffer": b}


class SGD(Stepping):
    """Steps against the gradient, with weight decay, momentum and Nesterov's momentum. Takes sparse gradients."""

    rule = staticmethod(descend)
    sparse = True
    added = {"nesterov": False, "maximize": False, "foreach": None, "differentiable": False, "fused": False}  # noqa: RUF012

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float | Tensor = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        """ValueError for negative numbers, and for Nesterov's momentum without momentum or with dampening."""
        demand_single(lr)
        demand(
            (not lr < 0, f"Invalid learning rate: {lr}"),
            (not momentum < 0, f"Invalid momentum value: {momentum}"),
            (not weight_decay < 0, f"Invalid weight_decay value: {weight_decay}"),
            (
                not nesterov or (momentum > 0 and dampening == 0),
                "Nesterov momentum requires a momentum and zero dampening",
            ),
        )
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
            "foreach": foreach,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, defaults)
        demand_one_way(foreach, fused, differentiable)

    def start(self, p: Tensor, group: Group) -> dict[str, Any]:
        """Nothing: the first momentum is the gradient itself."""
        return {}
