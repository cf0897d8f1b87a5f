"""One step of an optimizer that treats its parameters one by one: from a rule on values to tensors changed in place.

A rule is a function of values: the parameter, its gradient, its state and the options of its group. It gives the new
parameter and the new state, and uses only what arrays and tensors both have, so that it runs on arrays, fast and
unrecorded, and on tensors where the step is differentiable.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from ..autograd.history import check_inplace
from ..device import CPU, different
from ..dtype import float32
from ..fill import zeros_like
from ..gradmode import enable_grad, no_grad
from ..inplace_rules import bump, check_overlap
from ..quiet import quiet
from ..storage import Array
from ..tensor import INFERENCE, Tensor, wrap
from .groups import Group
from .optimizer import Optimizer

Values = dict[str, Any]


class Stepping(Optimizer):
    """An optimizer that is a rule, and a state that each parameter starts with."""

    sparse: ClassVar[bool] = False
    """Whether sparse gradients are taken, which count as dense ones."""

    @staticmethod
    def rule(p: Any, g: Any, s: Values, o: Group, t: float) -> tuple[Any, Values]:
        """The new values of parameter and state, from a parameter, its gradient, its state, the options of its group,
        and which step it is, from 1."""
        raise NotImplementedError

    def start(self, p: Tensor, group: Group) -> dict[str, Any]:
        """The state before the first step."""
        raise NotImplementedError

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            for p in group["params"]:
                kept = self.state.get(p, {})
                if "step" in kept and not isinstance(kept["step"], Tensor):
                    kept["step"] = counter_of(p, group, float(kept["step"]))

    def refusal(self) -> str:
        """The message for a sparse gradient."""
        return f"{type(self).__name__} does not support sparse gradients"

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Updates every parameter that has a gradient. A closure computes the loss once more, with gradients switched
        on; its answer is returned. RuntimeError for sparse gradients that the optimizer does not take."""
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        for group in self.param_groups:
            work = [(p, grad) for p in group["params"] if (grad := p.grad) is not None]
            if not work:
                continue
            if work[0][1].is_sparse or any(grad.is_sparse for _, grad in work):
                work = [(p, self._dense(grad, group)) for p, grad in work]
            states = [self._state(p, group) for p, _ in work]
            if self.defaults.get("differentiable"):
                self._differentiably(work, states, group)
            else:
                quiet(self._through_arrays, work, states, plain(group))
        return loss

    def _dense(self, grad: Tensor, group: Group) -> Tensor:
        if not grad.is_sparse:
            return grad
        if not self.sparse:
            raise RuntimeError(self.refusal())
        if group["weight_decay"] != 0:
            raise RuntimeError("weight_decay option is not compatible with sparse gradients")
        with no_grad():
            dense: Tensor = grad.to_dense()
        return dense

    def _state(self, p: Tensor, group: Group) -> dict[str, Any]:
        """The state of a parameter; its start, if there is none yet."""
        state: dict[str, Any] | None = self.state.get(p)
        if not state:
            state = self.start(p, group)
            if group.get("capturable") and p.device is CPU:
                raise AssertionError("If capturable=True, params and state_steps must be on supported devices.")
        return state

    def _through_arrays(self, work: list[tuple[Tensor, Tensor]], states: list[dict[str, Any]], group: Group) -> None:
        rule, maximize = type(self).rule, group.get("maximize")
        for (p, grad), state in zip(work, states, strict=True):
            t = count(state)
            g = values(grad)
            for kept in state.values():
                if kept._device is not p._device and (kept._device is not CPU or kept._array.ndim):
                    raise different(p._device, kept._device)
            before = {name: values(kept) for name, kept in state.items()}
            after, kept = rule(values(p), -g if maximize else g, before, group, t)
            replace(p, after)
            for name, value in kept.items():
                if name in state:
                    replace(state[name], value)
                else:
                    state[name] = like(p, value)
            if state:
                self.state[p] = state

    def _differentiably(self, work: list[tuple[Tensor, Tensor]], states: list[dict[str, Any]], group: Group) -> None:
        """The same in tensors, recorded: gradients flow through the parameter to gradients, options and state."""
        with enable_grad():
            for (p, grad), state in zip(work, states, strict=True):
                t = count(state)
                before = {name: kept.clone() for name, kept in state.items()}
                after, kept = type(self).rule(p.clone(), -grad if group.get("maximize") else grad, before, group, t)
                p.copy_(after)
                for name, value in kept.items():
                    if name in state and isinstance(value, Tensor):
                        state[name].copy_(value)
                    elif name in state:
                        with no_grad():
                            state[name].fill_(float(value))
                    else:
                        state[name] = value.detach().clone()
                if state:
                    self.state[p] = state


def plain(group: Group) -> Group:
    """A group whose tensors of one element are numbers."""
    if not any(isinstance(value, (Tensor, tuple)) for value in group.values()):
        return group
    return {name: _number(value) for name, value in group.items()}


def _number(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.item()
    return tuple(map(_number, value)) if isinstance(value, tuple) else value


def count(state: dict[str, Any]) -> float:
    """Counts a step, and tells which it is; 0 where nothing is counted."""
    step = state.get("step")
    if step is None:
        return 0.0
    t = float(step._array) + 1
    step._array[...] = t
    bump(step)
    return t


def values(t: Tensor) -> Array:
    """The elements in the type to compute in; of complex numbers both parts, in a last dimension."""
    array, d = t._array, t._dtype
    if d.is_complex:
        return np.stack((array.real, array.imag), -1)
    return array if d.compute is d.numpy else array.astype(d.compute)


def replace(t: Tensor, value: Any) -> None:
    """Writes values into a tensor, outside the graph."""
    if t._counter is INFERENCE:
        with no_grad():
            check_inplace(t)
    array = t._array
    if 0 in array.strides:
        check_overlap(t, ())
    array[...] = value[..., 0] + 1j * value[..., 1] if t._dtype.is_complex else value
    bump(t)


def like(p: Tensor, value: Array) -> Tensor:
    """A new tensor of the dtype and device of a parameter."""
    made: Tensor = zeros_like(p)
    replace(made, value)
    return made


def counter_of(p: Tensor, group: Group, value: float = 0.0) -> Tensor:
    """A number in float32: on the CPU, or beside the parameter where the step is to run without the host."""
    beside = group.get("capturable") or group.get("fused")
    return wrap(np.array(value, np.float32), float32, p.device if beside else CPU)
