"""What all optimizers have in common: groups of parameters, the state of each parameter, clearing gradients."""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Callable
from itertools import chain
from typing import Any

from ..gradmode import enable_grad, no_grad
from ..nn.module import clear_gradients
from ..tensor import Tensor

Group = dict[str, Any]


class Optimizer:
    """Holds `param_groups`, dictionaries of options with a list `params`, and `state`, a dictionary for each
    parameter."""

    def __init__(self, params: Any, defaults: dict[str, Any]) -> None:
        """`params` lists tensors, or dictionaries that overrule the defaults. TypeError and ValueError for what cannot
        be optimized."""
        if isinstance(params, Tensor):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts, but got "
                f"{params.type()}"
            )
        self.defaults = defaults
        self.state: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)
        self.param_groups: list[Group] = []
        groups = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        for group in groups if isinstance(groups[0], dict) else [{"params": groups}]:
            self.add_param_group(dict(group))

    def add_param_group(self, param_group: Group) -> None:
        """Adds parameters with options of their own. TypeError for what is no tensor, ValueError for the result of an
        operation and for a parameter that another group holds."""
        params = param_group["params"]
        if isinstance(params, set):
            raise TypeError(
                "optimizer parameters need to be organized in ordered collections, but the ordering of tensors in sets "
                "will change between runs. Please use a list instead."
            )
        listed = [params] if isinstance(params, Tensor) else [_named(p) for p in params]
        for p in listed:
            if not isinstance(p, Tensor):
                raise TypeError(f"optimizer can only optimize Tensors, but one of the params is {type(p).__name__}")
            if not p.is_leaf and not p.retains_grad:
                raise ValueError("can't optimize a non-leaf Tensor")
        ids = [id(p) for p in listed]
        if len(set(ids)) != len(ids):
            warnings.warn(
                "optimizer contains a parameter group with duplicate parameters; in future, this will cause an error; "
                "see github.com/pytorch/pytorch/issues/40967 for more information",
                UserWarning,
                stacklevel=3,
            )
        if set(ids) & {id(p) for group in self.param_groups for p in group["params"]}:
            raise ValueError("some parameters appear in more than one parameter group")
        self.param_groups.append({**self.defaults, **param_group, "params": listed})

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Takes the gradients of the parameters away, or fills them with zeros."""
        clear_gradients(chain.from_iterable(group["params"] for group in self.param_groups), set_to_none)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Updates every parameter that has a gradient. A closure computes the loss once more, which is returned."""
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        with no_grad():
            for group in self.param_groups:
                for p in group["params"]:
                    if p.grad is not None:
                        self.update(p, p.grad, group)
        return loss

    def update(self, parameter: Tensor, grad: Tensor, group: Group) -> None:
        """Changes one parameter in place."""
        raise NotImplementedError

    def state_dict(self) -> dict[str, Any]:
        """The state and the groups, with numbers in the place of parameters."""
        numbers = {id(p): i for i, p in enumerate(p for group in self.param_groups for p in group["params"])}
        return {
            "state": {numbers[id(p)]: state for p, state in self.state.items()},
            "param_groups": [
                {**group, "params": [numbers[id(p)] for p in group["params"]]} for group in self.param_groups
            ],
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes over state and options; the state is copied to the dtype and device of its parameter. ValueError for
        groups of other sizes."""
        groups = state_dict["param_groups"]
        if len(groups) != len(self.param_groups):
            raise ValueError("loaded state dict has a different number of parameter groups")
        if any(len(a["params"]) != len(b["params"]) for a, b in zip(self.param_groups, groups, strict=True)):
            raise ValueError(
                "loaded state dict contains a parameter group that doesn't match the size of optimizer's group"
            )
        self.state = defaultdict(dict)
        for own, given in zip(self.param_groups, groups, strict=True):
            own.update({k: v for k, v in given.items() if k != "params"})
            for p, number in zip(own["params"], given["params"], strict=True):
                if number in state_dict["state"]:
                    self.state[p] = {k: _placed(k, v, p) for k, v in state_dict["state"][number].items()}

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for i, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {i}")
            lines += [f"    {key}: {group[key]}" for key in sorted(group) if key != "params"]
        return "\n".join([*lines, ")"])


def _named(param: Any) -> Any:
    return param[1] if isinstance(param, tuple) else param


def _placed(key: str, value: Any, parameter: Tensor) -> Any:
    if not isinstance(value, Tensor):
        return value
    if key == "step":
        return value.clone()
    d = parameter.dtype if parameter.is_floating_point() else value.dtype
    return value.to(device=parameter.device, dtype=d, copy=True)
