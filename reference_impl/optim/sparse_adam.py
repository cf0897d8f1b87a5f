"""Adam for sparse gradients (Kingma and Ba, "Adam: A Method for Stochastic Optimization", 2015)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..fill import zeros_like
from ..gradmode import enable_grad
from ..inplace_rules import bump
from ..quiet import quiet
from ..tensor import Tensor
from .adam import adapt
from .demands import demand, demand_betas, demand_single
from .groups import Group
from .optimizer import Optimizer
from .stepping import plain

NEVER = {"weight_decay": 0, "amsgrad": False}


class SparseAdam(Optimizer):
    """Adam at the places alone that a sparse gradient names: parameter and means stay as they are elsewhere."""

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        maximize: bool = False,
    ) -> None:
        """ValueError for numbers that are not positive, coefficients outside [0, 1), and for sparse or complex
        parameters."""
        demand_single(lr)
        demand(
            (lr > 0, f"Invalid learning rate: {lr}"),
            (eps > 0, f"Invalid epsilon value: {eps}"),
        )
        demand_betas(betas)
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "maximize": maximize})
        places = [([i, j], p) for i, group in enumerate(self.param_groups) for j, p in enumerate(group["params"])]
        sparse = [place for place, p in places if p.is_sparse]
        demand((not sparse, f"Sparse params at indices {sparse}: SparseAdam requires dense parameter tensors"))
        numbers = [place for place, p in places if p.is_complex()]
        demand((not numbers, f"Complex params at indices {numbers}: SparseAdam does not support complex parameters"))

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Updates every parameter that has a gradient. RuntimeError for one that is not sparse."""
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        for group in self.param_groups:
            options = {**plain(group), **NEVER}
            for p in group["params"]:
                if p.grad is not None:
                    self._change(p, p.grad, options)
        return loss

    def _change(self, p: Tensor, grad: Tensor, group: Group) -> None:
        """One step of one parameter."""
        if not grad.is_sparse:
            raise RuntimeError("SparseAdam does not support dense gradients, please consider Adam instead")
        state = self.state[p]
        if not state:
            state.update(step=0, exp_avg=zeros_like(p), exp_avg_sq=zeros_like(p))
        state["step"] += 1
        once = grad.coalesce()  # the step is not linear: each place stands there once
        g = once.values()._array
        if not g.size:
            return
        place = tuple(once.indices()._array)
        means = {name: state[name]._array[place] for name in ("exp_avg", "exp_avg_sq")}
        after, kept = quiet(adapt, p._array[place], -g if group["maximize"] else g, means, group, state["step"])
        for t, value in ((p, after), *((state[name], value) for name, value in kept.items())):
            t._array[place] = value
            bump(t)
