"""Groups of parameters: what may stand in one, and what it lacks."""

from __future__ import annotations

import warnings
from typing import Any

from ..nn.register import typename
from ..tensor import Tensor

Group = dict[str, Any]


class _Required:
    """Stands in the defaults for an option that every group gives itself."""

    def __repr__(self) -> str:
        return "<required parameter>"


required = _Required()


def accept(group: Group, defaults: dict[str, Any], others: list[Group]) -> None:
    """Brings a group into its form: a list `params`, perhaps `param_names`, and every option. Raises what
    `Optimizer.add_param_group` says."""
    if not isinstance(group, dict):
        raise TypeError(f"param_group must be a dict, but got {type(group)}")
    group["params"] = _listed(group["params"])
    _take_names(group)
    for p in group["params"]:
        if not isinstance(p, Tensor):
            raise TypeError(f"optimizer can only optimize Tensors, but one of the params is {typename(p)}")
        if not defaults.get("differentiable") and not (p.is_leaf or p.retains_grad):
            raise ValueError("can't optimize a non-leaf Tensor")
    for name, value in defaults.items():
        if value is required and name not in group:
            raise ValueError(f"parameter group didn't specify a value of required optimization parameter {name}")
        group.setdefault(name, value)
    if len({id(p) for p in group["params"]}) != len(group["params"]):
        warnings.warn(
            "optimizer contains a parameter group with duplicate parameters; in future, this will cause an error; "
            "see github.com/pytorch/pytorch/issues/40967 for more information",
            UserWarning,
            stacklevel=4,
        )
    _check_against(group, others)


def _listed(params: Any) -> list[Any]:
    if isinstance(params, Tensor):
        return [params]
    if isinstance(params, set):
        raise TypeError(
            "optimizer parameters need to be organized in ordered collections, but the ordering of tensors in sets "
            "will change between runs. Please use a list instead."
        )
    return list(params)


def _take_names(group: Group) -> None:
    """Parts pairs of a name and a tensor. ValueError where only some have names."""
    names = [p[0] for p in group["params"] if isinstance(p, tuple)]
    if not names:
        return
    if len(names) != len(group["params"]):
        raise ValueError("all optimizer params should be with/without names. Some param names are missing")
    group["params"] = [p[1] for p in group["params"]]
    group["param_names"] = names


def _check_against(group: Group, others: list[Group]) -> None:
    if any(("param_names" in group) != ("param_names" in other) for other in others):
        how = "with names" if "param_names" in group else "without names"
        raise ValueError(
            f"all optimizer param groups should be with/without names. cannot add param group {how} to the optimizer"
        )
    if {id(p) for p in group["params"]} & {id(p) for other in others for p in other["params"]}:
        raise ValueError("some parameters appear in more than one parameter group")
