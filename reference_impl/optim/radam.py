"""RAdam (Liu et al., "On the Variance of the Adaptive Learning Rate and Beyond", 2020)."""

from __future__ import annotations

from typing import Any

from ..fill import zeros_like
from ..tensor import Tensor
from .arithmetic import decayed, root
from .demands import demand, demand_betas, demand_rate
from .groups import Group
from .stepping import Stepping, Values, counter_of


def adapt(p: Any, g: Any, s: Values, o: Group, t: float) -> tuple[Any, Values]:
    """`rho = 2 / (1 - b2) - 1` and `r = rho - 2 t b2^t / (1 - b2^t)`. Where `r > 5`, Adam's step times
    `sqrt((r - 4)(r - 2) rho / ((rho - 4)(rho - 2) r))`; before, `p -= lr m / (1 - b1^t)`."""
    b1, b2 = o["betas"]
    lr = o["lr"]
    p, g = decayed(p, g, o)
    m = s["exp_avg"] * b1 + g * (1 - b1)
    v = s["exp_avg_sq"] * b2 + g * g * (1 - b2)
    left = 1 - b2**t
    rho = 2 / (1 - b2) - 1
    r = rho - 2 * t * b2**t / left
    step = m * (lr / (1 - b1**t))
    if r > 5:
        rectification = ((r - 4) * (r - 2) * rho / ((rho - 4) * (rho - 2) * r)) ** 0.5
        step = step / (root(v) + o["eps"]) * (left**0.5 * rectification)
    return p - step, {"exp_avg": m, "exp_avg_sq": v}


class RAdam(Stepping):
    """Adam that steps without dividing while the mean of squares says little."""

    rule = staticmethod(adapt)
    added = {  # noqa: RUF012
        "foreach": None,
        "maximize": False,
        "differentiable": False,
        "decoupled_weight_decay": False,
        "capturable": False,
    }

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
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
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "decoupled_weight_decay": decoupled_weight_decay,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def start(self, p: Tensor, group: Group) -> dict[str, Any]:
        """Both means are zero."""
        return {"step": counter_of(p, group), "exp_avg": zeros_like(p), "exp_avg_sq": zeros_like(p)}
