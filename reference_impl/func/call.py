"""Modules as functions of their parameters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..join import stack
from ..nn.module import Module
from ..nn.utils.stateless import call_with

Values = dict[str, Any]


def functional_call(
    module: Module,
    parameter_and_buffer_dicts: Any,
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """What a module gives with other parameters and buffers, which are given by name; it keeps its own.

    tie_weights  one name of a tensor that has several stands for all of them
    strict       RuntimeError for names that are missing, or that the module does not have
    """
    return call_with(module, _merged(parameter_and_buffer_dicts), args, kwargs, tie_weights, strict)


def _merged(dicts: Any) -> Values:
    if isinstance(dicts, dict):
        return dicts
    if not isinstance(dicts, Sequence):
        raise ValueError(
            f"Expected parameter_and_buffer_dicts to be a dict, or a list/tuple of dicts, but got {type(dicts)}"
        )
    merged: Values = {}
    repeated = []
    for each in dicts:
        if not isinstance(each, dict):
            raise ValueError("Expected all elements of parameter_and_buffer_dicts to be dictionaries")
        repeated += [name for name in each if name in merged]
        merged.update(each)
    if repeated:
        raise ValueError(f"{repeated} appeared in multiple dictionaries; behavior of functional call is ambiguous")
    return merged


def stack_module_state(models: Sequence[Module]) -> tuple[Values, Values]:
    """The parameters and the buffers of several modules of one class by name, stacked: new leaves.

    RuntimeError for no module, several classes or modes, or parameters of which some alone require grad.
    """
    if not len(models):
        raise RuntimeError("stack_module_state: Expected at least one model, got 0.")
    if len({model.training for model in models}) > 1:
        raise RuntimeError("stack_module_state: Expected all models to have the same training/eval mode.")
    if len({type(model) for model in models}) > 1:
        raise RuntimeError("stack_module_state: Expected all models to be of the same class.")
    return _stacked(models, Module.named_parameters), _stacked(models, Module.named_buffers)


def _stacked(models: Sequence[Module], members: Callable[[Module], Any]) -> Values:
    named = [dict(members(model)) for model in models]
    found: Values = {}
    for name in named[0]:
        alike = [each[name] for each in named]
        if len({t.requires_grad for t in alike}) > 1:
            raise RuntimeError(f"Expected {name} from each model to have the same .requires_grad")
        found[name] = stack([t.detach() for t in alike]).requires_grad_(alike[0].requires_grad)
    return found
