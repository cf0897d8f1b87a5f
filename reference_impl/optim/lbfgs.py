"""L-BFGS (Liu and Nocedal, "On the limited memory BFGS method for large scale optimization", 1989)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..complex import view_as_real
from ..gradmode import enable_grad, no_grad
from ..join import cat
from ..tensor import Tensor
from .demands import demand_rate
from .groups import Group
from .optimizer import Optimizer
from .wolfe import search

SMALL = 1e-10


class LBFGS(Optimizer):
    """Minimizes a function with an estimate of its second derivative, made of the last changes of the gradient."""

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        """ValueError for a negative learning rate, and for several groups of parameters. `max_eval` is a quarter more
        than `max_iter`, unless it is given."""
        demand_rate(lr)
        defaults = {
            "lr": lr,
            "max_iter": max_iter,
            "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
            "tolerance_grad": tolerance_grad,
            "tolerance_change": tolerance_change,
            "history_size": history_size,
            "line_search_fn": line_search_fn,
        }
        super().__init__(params, defaults)
        if len(self.param_groups) != 1:
            raise ValueError("LBFGS doesn't support per-parameter options (parameter groups)")

    @no_grad()
    def step(self, closure: Callable[[], Any]) -> Any:
        """Goes up to `max_iter` steps; the closure clears the gradients, computes the loss, and goes backward. Returns
        the first loss."""
        group = self.param_groups[0]
        state = self.state[group["params"][0]]
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)
        evaluate = enable_grad()(closure)
        first = evaluate()
        state["func_evals"] += 1
        grad = self._gradient()
        if not _steep(grad, group):
            return first
        self._descend(evaluate, state, group, float(first), grad)
        return first

    def _descend(
        self, evaluate: Callable[[], Any], state: dict[str, Any], group: Group, loss: float, grad: Tensor
    ) -> None:
        """The steps from a point with this loss and gradient, until one of the limits is reached."""
        lr = float(group["lr"])
        change, evals = group["tolerance_change"], 1
        for n in range(1, group["max_iter"] + 1):
            state["n_iter"] += 1
            _remember(state, grad, group["history_size"])
            state["d"] = d = _direction(state, grad, group["history_size"])
            state["prev_flat_grad"], state["prev_loss"] = grad.clone(), loss
            before = loss
            t: Any = lr if state["n_iter"] > 1 else min(1.0, 1.0 / float(grad.abs().sum())) * lr
            slope = grad.dot(d)
            state["t"] = t
            if slope > -change:
                break
            more = 0
            if group["line_search_fn"] is not None:
                loss, grad, t, more = self._search(evaluate, t, d, (loss, grad, slope), group, evals)
                self._move(t, d)
            else:
                self._move(t, d)
                if n != group["max_iter"]:
                    loss, grad, more = float(evaluate()), self._gradient(), 1
            state["t"] = t
            evals += more
            state["func_evals"] += more
            if evals >= group["max_eval"] or not _steep(grad, group):
                break
            if float((d * t).abs().max()) <= change or abs(loss - before) < change:
                break

    def _search(
        self, evaluate: Callable[[], Any], t: Any, d: Tensor, start: tuple[Any, ...], group: Group, evals: int
    ) -> tuple[float, Tensor, Any, int]:
        """The line search. RuntimeError for a name that is none."""
        if group["line_search_fn"] != "strong_wolfe":
            raise RuntimeError("only 'strong_wolfe' is supported")
        origin = [p.clone() for p in group["params"]]

        def at(length: Any) -> tuple[float, Tensor]:
            self._move(length, d)
            found = float(evaluate()), self._gradient()
            for p, value in zip(group["params"], origin, strict=True):
                p.copy_(value)
            return found

        return search(at, t, d, start, limit=group["max_eval"] - evals)

    def _gradient(self) -> Tensor:
        """All gradients as one vector; zeros where there is none."""
        parts = []
        for p in self.param_groups[0]["params"]:
            grad = p.new_zeros(p.shape) if p.grad is None else p.grad.to_dense() if p.grad.is_sparse else p.grad
            parts.append(_real(grad).reshape(-1))
        joined: Tensor = cat(parts)
        return joined

    def _move(self, t: Any, d: Tensor) -> None:
        """Moves all parameters along a direction."""
        start = 0
        for p in self.param_groups[0]["params"]:
            real = _real(p)
            part = d[start : start + real.numel()]
            real.add_(part.reshape(real.shape), alpha=t)
            start += real.numel()


def _real(t: Tensor) -> Tensor:
    """Complex numbers as pairs."""
    return view_as_real(t) if t.is_complex() else t


def _steep(grad: Tensor, group: Group) -> bool:
    """Whether the gradient is large enough to go on."""
    return not bool(grad.abs().max() <= group["tolerance_grad"])


def _remember(state: dict[str, Any], grad: Tensor, size: int) -> None:
    """Keeps how the gradient changed with the last step, if it rose along it."""
    if state["n_iter"] == 1:
        state.update(old_dirs=[], old_stps=[], ro=[], H_diag=1)
        return
    y, s = grad - state["prev_flat_grad"], state["d"] * state["t"]
    rise = y.dot(s)
    if rise > SMALL:
        for name, value in (("old_dirs", y), ("old_stps", s), ("ro", 1.0 / rise)):
            if len(state[name]) == size:
                state[name].pop(0)
            state[name].append(value)
        state["H_diag"] = rise / y.dot(y)


def _direction(state: dict[str, Any], grad: Tensor, size: int) -> Tensor:
    """Minus the gradient, times the estimate of the inverse of the second derivative (the two-loop recursion of
    Nocedal, "Updating quasi-Newton matrices with limited storage", 1980)."""
    if state["n_iter"] == 1:
        return -grad
    factors = state.setdefault("al", [None] * size)
    q = -grad
    kept = list(zip(state["old_dirs"], state["old_stps"], state["ro"], strict=True))
    for i, (y, s, ro) in reversed(list(enumerate(kept))):
        factors[i] = s.dot(q) * ro
        q = q - y * factors[i]
    r: Tensor = q * state["H_diag"]
    for i, (y, s, ro) in enumerate(kept):
        r = r + s * (factors[i] - y.dot(r) * ro)
    return r
