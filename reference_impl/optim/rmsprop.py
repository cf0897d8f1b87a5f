"""RMSprop (Tieleman and Hinton, "Lecture 6.5", Neural Networks for Machine Learning, 2012)."""

from __future__ import annotations

from typing import Any

from ..fill import zeros_like
from ..tensor import Tensor
from .arithmetic import root
from .demands import demand, demand_rate
from .groups import Group
from .stepping import Stepping, Values, counter_of


def adapt(p: Any, g: Any, s: Values, o: Group, t: float) -> tuple[Any, Values]:
    """`s = alpha s + (1 - alpha) g²`, `d = sqrt(s) + eps`, `p -= lr g / d`. Centered, `s` less the squared mean of
    gradients is under the root (Graves, "Generating Sequences With Recurrent Neural Networks", 2013); with momentum,
    `b = momentum b + g / d` and `p -= lr b`."""
    alpha = o["alpha"]
    if o["weight_decay"] != 0:
        g = g + o["weight_decay"] * p
    squares = s["square_avg"] * alpha + g * g * (1 - alpha)
    kept = {"square_avg": squares}
    if o["centered"]:
        mean = kept["grad_avg"] = s["grad_avg"] * alpha + g * (1 - alpha)
        squares = squares - mean * mean
    u = g / (root(squares) + o["eps"])
    if o["momentum"] > 0:
        u = kept["momentum_buffer"] = s["momentum_buffer"] * o["momentum"] + u
    return p - o["lr"] * u, kept


class RMSprop(Stepping):
    """Divides by the root of the running mean of squared gradients."""

    rule = staticmethod(adapt)
    added = {  # noqa: RUF012
        "momentum": 0,
        "centered": False,
        "foreach": None,
        "maximize": False,
        "differentiable": False,
        "capturable": False,
    }

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        """ValueError for negative numbers."""
        demand_rate(lr)
        demand(
            (eps >= 0, f"Invalid epsilon value: {eps}"),
            (momentum >= 0, f"Invalid momentum value: {momentum}"),
            (weight_decay >= 0, f"Invalid weight_decay value: {weight_decay}"),
            (alpha >= 0, f"Invalid alpha value: {alpha}"),
        )
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "alpha": alpha,
            "eps": eps,
            "centered": centered,
            "weight_decay": weight_decay,
            "capturable": capturable,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def start(self, p: Tensor, group: Group) -> dict[str, Any]:
        """Everything is zero; the momentum and the mean of gradients are there where they are used."""
        names = ["square_avg"]
        names += ["momentum_buffer"] if group["momentum"] > 0 else []
        names += ["grad_avg"] if group["centered"] else []
        return {"step": counter_of(p, group), **{name: zeros_like(p) for name in names}}
