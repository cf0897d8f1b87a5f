"""Modules as functions of their parameters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..join import stack
from ..nn.module import Module
from ..tensor import Tensor

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
    given = _merged(parameter_and_buffer_dicts)
    values = _tied(module, given) if tie_weights else given
    if strict:
        _check_names(module, values)
    for value in values.values():
        if value is not None and not isinstance(value, Tensor):
            raise TypeError(f"{value} is not an instance of torch.Tensor")
    places = {name: _place(module, name) for name in values}
    before = {name: held.get(key) for name, (held, key) in places.items()}
    absent = {name for name, (held, key) in places.items() if key not in held}
    arguments = () if args is None else args if isinstance(args, tuple) else (args,)
    try:
        for name, (held, key) in places.items():
            held[key] = values[name]
        return module(*arguments, **(kwargs or {}))
    finally:
        for name, (held, key) in places.items():
            if name in given:
                given[name] = held.get(key)  # a buffer that the call replaced
            if name in absent:
                held.pop(key, None)
            else:
                held[key] = before[name]


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


def _place(module: Any, name: str) -> tuple[dict[str, Any], str]:
    """The dictionary that holds a parameter or buffer, and its key there. AttributeError for a module that is not
    there."""
    *path, key = name.split(".")
    for part in path:
        if part not in module._modules:
            raise AttributeError(f"{type(module).__name__} has no attribute `{part}`")
        module = module._modules[part]
    return (module._buffers if key in module._buffers else module._parameters), key


def _names(module: Module) -> Values:
    """Every name of a parameter or buffer, several for one that is shared."""
    named: Values = dict(module.named_parameters(remove_duplicate=False))
    named.update(module.named_buffers(remove_duplicate=False))
    return named


def _tied(module: Module, given: Values) -> Values:
    """The given values, under every name of the tensor that each replaces."""
    alike: dict[int, list[str]] = {}
    for name, t in _names(module).items():
        alike.setdefault(id(t), []).append(name)
    values = dict(given)
    for names in alike.values():
        chosen = [given[name] for name in names if name in given]
        if any(value is not chosen[0] for value in chosen):
            raise ValueError(
                f"functional_call got multiple values for keys {sorted(names)}, which are tied. Consider using "
                "tie_weights=False"
            )
        values.update(dict.fromkeys(names, chosen[0]) if chosen else {})
    return values


def _check_names(module: Module, values: Values) -> None:
    own = _names(module)
    told = []
    for word, names in (("Unexpected", set(values) - set(own)), ("Missing", set(own) - set(values))):
        if names:
            told.append(f"{word} key(s): {', '.join(map(repr, sorted(names)))}.")
    if told:
        raise RuntimeError(f"Error(s) in reparametrizing for {type(module).__name__}:\n\t" + "\n\t".join(told))


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
