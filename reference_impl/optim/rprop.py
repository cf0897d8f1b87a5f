"""Rprop (Riedmiller and Braun, "A direct adaptive method for faster backpropagation learning", 1993)."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..fill import full_like, zeros_like
from ..tensor import Tensor
from .arithmetic import clip, select, sign
from .demands import demand, demand_rate
from .groups import Group
from .stepping import Stepping, Values, counter_of


def adapt(p: Any, g: Any, s: Values, o: Group, t: float) -> tuple[Any, Values]:
    """Each element has a step size: it grows where the gradient keeps its sign, and shrinks where the sign changes,
    where the gradient then counts as zero; `p -= sign(g) * size`."""
    less, more = o["etas"]
    product = g * s["prev"]
    factor = select(product > 0, more, select(product < 0, less, sign(product) * 0 + 1))
    size = clip(s["step_size"] * factor, *o["step_sizes"])
    g = select(product < 0, 0.0, g)
    return p - sign(g) * size, {"prev": g, "step_size": size}


class Rprop(Stepping):
    """Goes by the signs of gradients alone."""

    rule = staticmethod(adapt)
    added = {"foreach": None, "maximize": False, "differentiable": False, "capturable": False}  # noqa: RUF012

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        """ValueError for a negative learning rate, and unless `0 < etas[0] < 1 < etas[1]`."""
        demand_rate(lr)
        demand((0 < etas[0] < 1 < etas[1], f"Invalid eta values: {etas[0]}, {etas[1]}"))
        defaults = {
            "lr": lr,
            "etas": etas,
            "step_sizes": step_sizes,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)

    def start(self, p: Tensor, group: Group) -> dict[str, Any]:
        """The first step size is the learning rate, the gradient before is zero."""
        lr = float(group["lr"])
        size = full_like(p, complex(lr, lr) if np.iscomplexobj(p._array) else lr)
        return {"step": counter_of(p, group), "prev": zeros_like(p), "step_size": size}
