"""NAdam (Dozat, "Incorporating Nesterov Momentum into Adam", 2016)."""

from __future__ import annotations

from typing import Any

from ..fill import zeros_like
from ..tensor import Tensor
from .arithmetic import decayed, root
from .demands import demand, demand_betas, demand_rate
from .groups import Group
from .stepping import Stepping, Values, counter_of


def adapt(p: Any, g: Any, s: Values, o: Group, t: float) -> tuple[Any, Values]:
    """`mu_t = b1 (1 - 0.96^(t psi) / 2)`, with `M` the product of all so far: `p -= lr / d ((1 - mu_t) g / (1 - M) +
    mu_{t+1} m / (1 - M mu_{t+1}))`, where `d = sqrt(v / (1 - b2^t)) + eps`, and `m` and `v` are Adam's."""
    b1, b2 = o["betas"]
    lr, psi = o["lr"], o["momentum_decay"]
    p, g = decayed(p, g, o)
    mu, following = (b1 * (1 - 0.5 * 0.96 ** (n * psi)) for n in (t, t + 1))
    product = s["mu_product"] * mu
    m = s["exp_avg"] * b1 + g * (1 - b1)
    v = s["exp_avg_sq"] * b2 + g * g * (1 - b2)
    divisor = root(v / (1 - b2**t)) + o["eps"]
    now, then = (1 - mu) / (1 - float(product)), following / (1 - float(product) * following)
    return p - (g * now + m * then) / divisor * lr, {"mu_product": product, "exp_avg": m, "exp_avg_sq": v}


class NAdam(Stepping):
    """Adam with Nesterov's momentum, whose coefficient rises as the steps go on."""

    rule = staticmethod(adapt)
    added = {  # noqa: RUF012
        "maximize": False,
        "foreach": None,
        "capturable": False,
        "differentiable": False,
        "decoupled_weight_decay": False,
    }

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
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
        demand(
            (weight_decay >= 0, f"Invalid weight_decay value: {weight_decay}"),
            (momentum_decay >= 0, f"Invalid momentum_decay value: {momentum_decay}"),
        )
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "momentum_decay": momentum_decay,
            "decoupled_weight_decay": decoupled_weight_decay,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def start(self, p: Tensor, group: Group) -> dict[str, Any]:
        """Both means are zero, the product of momenta is one."""
        counters = {"step": counter_of(p, group), "mu_product": counter_of(p, group, 1)}
        return {**counters, "exp_avg": zeros_like(p), "exp_avg_sq": zeros_like(p)}
