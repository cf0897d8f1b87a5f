"""What all optimizers have in common: groups of parameters, the state of each parameter, saving both."""

from __future__ import annotations

import functools
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable
from copy import deepcopy
from itertools import chain
from typing import Any

from ..dtype import float32
from ..nn.module import clear_gradients
from ..nn.register import typename
from ..tensor import Tensor
from .groups import Group, accept
from .hooks import (
    BEFORE_EVERY,
    BEHIND_EVERY,
    TABLES,
    Hooks,
    register_optimizer_step_post_hook,
    register_optimizer_step_pre_hook,
)

__all__ = ["Optimizer", "register_optimizer_step_post_hook", "register_optimizer_step_pre_hook"]


class Optimizer(Hooks):
    """Holds `param_groups`, dictionaries of options with a list `params`, and `state`, a dictionary for each
    parameter. A subclass hands its options to `__init__` as `defaults` and defines `step`."""

    def __init__(self, params: Any, defaults: dict[str, Any]) -> None:
        """`params` lists tensors, pairs of a name and a tensor, or dictionaries that overrule the defaults. TypeError
        and ValueError for what cannot be optimized."""
        self.defaults = defaults
        self._prepare()
        if isinstance(params, Tensor):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts, but got "
                f"{typename(params)}"
            )
        self.state: defaultdict[Any, Any] = defaultdict(dict)
        self.param_groups: list[Group] = []
        groups = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        for group in groups if isinstance(groups[0], dict) else [{"params": groups}]:
            self.add_param_group(group)

    def _prepare(self) -> None:
        """Empty tables of hooks, and a `step` of the class that calls them."""
        for name in TABLES:
            self.__dict__.setdefault(name, OrderedDict())
        step = type(self).step
        if not getattr(step, "hooked", False):
            type(self).step = with_hooks(step)  # type: ignore[method-assign]

    def add_param_group(self, param_group: Group) -> None:
        """Adds parameters with options of their own; the dictionary is completed in place. TypeError for what is no
        tensor, ValueError for the result of an operation and for a parameter that another group holds."""
        accept(param_group, self.defaults, self.param_groups)
        self.param_groups.append(param_group)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Takes the gradients of the parameters away, or fills them with zeros."""
        clear_gradients(chain.from_iterable(group["params"] for group in self.param_groups), set_to_none)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Updates the parameters. A closure computes the loss once more, which is returned."""
        raise NotImplementedError

    def state_dict(self) -> dict[str, Any]:
        """The state and the groups, with numbers in the place of parameters. The tensors are those of the state."""
        for hook in self._optimizer_state_dict_pre_hooks.values():
            hook(self)
        numbers: dict[int, int] = {}
        groups, start = [], 0
        for group in self.param_groups:
            for number, p in enumerate(group["params"], start):
                numbers[id(p)] = number
            start += len(group["params"])
            options = {name: value for name, value in group.items() if name != "params"}
            groups.append({**options, "params": [numbers[id(p)] for p in group["params"]]})
        state = {numbers[id(p)] if isinstance(p, Tensor) else p: kept for p, kept in self.state.items()}
        found: dict[str, Any] = {"state": state, "param_groups": groups}
        for hook in self._optimizer_state_dict_post_hooks.values():
            changed = hook(self, found)
            found = found if changed is None else changed
        return found

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes over state and options; the state comes to the dtype and device of its parameter, `step` stays.
        ValueError for groups of other sizes, before anything is changed."""
        state_dict = state_dict.copy()
        for hook in self._optimizer_load_state_dict_pre_hooks.values():
            changed = hook(self, state_dict)
            state_dict = state_dict if changed is None else changed
        given = deepcopy(state_dict["param_groups"])
        self._check_sizes(given)
        owners = {}
        for own, group in zip(self.param_groups, given, strict=True):
            owners.update({n: (p, group) for n, p in zip(group["params"], own["params"], strict=True)})
            group["params"] = own["params"]
            if "param_names" in own:
                group.setdefault("param_names", own["param_names"])
        state: defaultdict[Any, Any] = defaultdict(dict)
        for key, kept in state_dict["state"].items():
            if key in owners:
                state[owners[key][0]] = _placed(kept, *owners[key])
            else:
                state[key] = kept
        self.__setstate__({"state": state, "param_groups": given})
        for hook in self._optimizer_load_state_dict_post_hooks.values():
            hook(self)

    def _check_sizes(self, given: list[Group]) -> None:
        if len(given) != len(self.param_groups):
            raise ValueError("loaded state dict has a different number of parameter groups")
        if any(len(a["params"]) != len(b["params"]) for a, b in zip(self.param_groups, given, strict=True)):
            raise ValueError(
                "loaded state dict contains a parameter group that doesn't match the size of optimizer's group"
            )

    def __getstate__(self) -> dict[str, Any]:
        """What is pickled and copied: no hooks."""
        return {"defaults": self.defaults, "state": self.state, "param_groups": self.param_groups}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._prepare()
        self.defaults.setdefault("differentiable", False)
        for group in self.param_groups:
            for name, value in self.added.items():
                group.setdefault(name, value)

    added: dict[str, Any] = {}  # noqa: RUF012
    """Options that groups saved by older versions lack."""

    def __repr__(self) -> str:
        text = f"{type(self).__name__} ("
        for number, group in enumerate(self.param_groups):
            text += f"\nParameter Group {number}\n"
            text += "".join(f"    {name}: {group[name]}\n" for name in sorted(group) if name != "params")
        return text + ")"


def with_hooks(step: Callable[..., Any]) -> Callable[..., Any]:
    """A `step` that calls the hooks of its optimizer and those of all optimizers before and after."""

    @functools.wraps(step)
    def hooked(*args: Any, **kwargs: Any) -> Any:
        self = args[0]
        for hook in (*BEFORE_EVERY.values(), *self._optimizer_step_pre_hooks.values()):
            changed = hook(self, args, kwargs)
            if changed is None:
                continue
            if not isinstance(changed, tuple) or len(changed) != 2:
                raise RuntimeError(f"{step} must return None or a tuple of (new_args, new_kwargs), but got {changed}.")
            args, kwargs = changed
        found = step(*args, **kwargs)
        for hook in (*self._optimizer_step_post_hooks.values(), *BEHIND_EVERY.values()):
            hook(self, args, kwargs)
        return found

    hooked.hooked = True  # type: ignore[attr-defined]
    return hooked


def _placed(value: Any, p: Tensor, group: Group, key: Any = None) -> Any:
    """A part of the state at the dtype and device of its parameter; `step` where it is kept."""
    if isinstance(value, Tensor):
        if key == "step":
            beside = group.get("capturable") or group.get("fused")
            return value.to(dtype=float32, device=p.device) if beside else value
        return value.to(device=p.device, dtype=p.dtype if p.is_floating_point() else value.dtype)
    if isinstance(value, dict):
        return {name: _placed(part, p, group, name) for name, part in value.items()}
    if isinstance(value, Iterable):
        return type(value)(_placed(part, p, group) for part in value)  # type: ignore[call-arg]
    return value
