"""Modules called with other parameters than their own: the older name of `torch.func.functional_call`."""

from __future__ import annotations

import warnings
from typing import Any

from ...tensor import Tensor
from ..module import Module

__all__ = ["functional_call"]

Values = dict[str, Any]


def functional_call(
    module: Module,
    parameters_and_buffers: Values,
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """What a module gives with other parameters and buffers, which are given by name; it keeps its own."""
    warnings.warn(
        "`torch.nn.utils.stateless.functional_call` is deprecated as of PyTorch 2.0 and will be removed in a future "
        "version of PyTorch. Please use `torch.func.functional_call` instead which is a drop-in replacement.",
        FutureWarning,
        stacklevel=2,
    )
    return call_with(module, parameters_and_buffers, args, kwargs, tie_weights, strict)


def call_with(
    module: Module, given: Values, args: Any, kwargs: dict[str, Any] | None, tie_weights: bool, strict: bool
) -> Any:
    """The same without a warning. What the call puts in the place of a buffer stands in `given` afterwards."""
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
