"""Adam (Kingma and Ba, "Adam: A Method for Stochastic Optimization", 2015)."""

from __future__ import annotations

from typing import Any

from ..fill import zeros_like
from ..tensor import Tensor
from .arithmetic import decayed, larger, root
from .demands import demand, demand_betas, demand_one_way, demand_rate
from .groups import Group
from .stepping import Stepping, Values, counter_of


def adapt(p: Any, g: Any, s: Values, o: Group, t: float) -> tuple[Any, Values]:
    """`m = b1 m + (1 - b1) g`, `v = b2 v + (1 - b2) g²`, `p -= lr m' / (sqrt(v') + eps)`, where `m'` and `v'` are
    divided by `1 - b1^t` and `1 - b2^t`. AMSGrad takes the largest `v` so far (Reddi et al., "On the Convergence
    of Adam and Beyond", 2018)."""
    b1, b2 = o["betas"]
    lr = o["lr"]
    p, g = decayed(p, g, o)
    m = s["exp_avg"] * b1 + g * (1 - b1)
    v = s["exp_avg_sq"] * b2 + g * g * (1 - b2)
    kept = {"exp_avg": m, "exp_avg_sq": v}
    if o["amsgrad"]:
        v = kept["max_exp_avg_sq"] = larger(s["max_exp_avg_sq"], v)
    divisor = root(v) / (1 - b2**t) ** 0.5 + o["eps"]
    return p - m / divisor * (lr / (1 - b1**t)), kept


class Adam(Stepping):
    """Steps of a size of their own for each element, from running means of gradients and of their squares."""

    rule = staticmethod(adapt)
    added = {  # noqa: RUF012
        "amsgrad": False,
        "maximize": False,
        "foreach": None,
        "capturable": False,
        "differentiable": False,
        "decoupled_weight_decay": False,
        "fused": None,
    }

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1e-3,
        betas: tuple[float | Tensor, float | Tensor] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        """ValueError for negative numbers and for coefficients outside [0, 1)."""
        together = bool(foreach and not capturable)
        demand((not (together and isinstance(lr, Tensor)), _TOGETHER.format("lr")))
        demand_rate(lr)
        demand((eps >= 0, f"Invalid epsilon value: {eps}"))
        demand_betas(betas)
        demand((weight_decay >= 0, f"Invalid weight_decay value: {weight_decay}"))
        demand_tensors(betas, together)
        defaults = {
            "lr": lr,
            "betas": tuple(b.squeeze() if isinstance(b, Tensor) else b for b in betas),
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
            "fused": fused,
            "decoupled_weight_decay": decoupled_weight_decay,
        }
        super().__init__(params, defaults)
        demand_one_way(foreach, fused, differentiable)

    def start(self, p: Tensor, group: Group) -> dict[str, Any]:
        """Both means are zero."""
        names = ["exp_avg", "exp_avg_sq", *(["max_exp_avg_sq"] if group["amsgrad"] else [])]
        return {"step": counter_of(p, group), **{name: zeros_like(p) for name in names}}

    def refusal(self) -> str:
        """The message for a sparse gradient."""
        return "Adam does not support sparse gradients, please consider SparseAdam instead"


def demand_tensors(betas: Any, together: bool) -> None:
    """ValueError for coefficients of two kinds, for tensors of several elements, and where all parameters step
    together."""
    alike = all(isinstance(b, float) for b in betas) or all(isinstance(b, Tensor) for b in betas)
    demand((alike, "betas must be either both floats or both Tensors"))
    for index, beta in enumerate(betas):
        if isinstance(beta, Tensor):
            name = f"betas[{index}]"
            demand((not together, _TOGETHER.format(name)), (beta.numel() == 1, f"Tensor {name} must be 1-element"))


_TOGETHER = "{} as a Tensor is not supported for capturable=False and foreach=True"
