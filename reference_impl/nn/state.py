"""The state of a module as a dictionary of tensors, and back."""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from ..gradmode import no_grad
from ..tensor import Tensor
from .parameter import Parameter


class _IncompatibleKeys(NamedTuple):
    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"_IncompatibleKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"


class State:
    """What saves and loads the persistent tensors of a module."""

    _parameters: dict[str, Any]
    _buffers: dict[str, Any]
    _non_persistent_buffers_set: set[str]
    named_modules: Callable[..., Iterator[tuple[str, Any]]]

    def _persistent(self, prefix: str = "") -> Iterator[tuple[str, Any]]:
        for path, module in self.named_modules(remove_duplicate=False):
            start = f"{prefix}{path}." if path else prefix
            for kept in (module._parameters, module._buffers):
                for name, value in kept.items():
                    if value is not None and name not in module._non_persistent_buffers_set:
                        yield start + name, value

    def state_dict(self, *, prefix: str = "", keep_vars: bool = False) -> OrderedDict[str, Any]:
        """The parameters and persistent buffers by their paths, detached but on the same memory."""
        return OrderedDict((name, t if keep_vars else t.detach()) for name, t in self._persistent(prefix))

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> _IncompatibleKeys:
        """Copies the values into the parameters and buffers, or puts the tensors in their place. RuntimeError lists
        wrong shapes, and names that are missing or unexpected unless `strict` is False."""
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict)}.")
        own = dict(self._persistent())
        missing = [name for name in own if name not in state_dict]
        unexpected = [name for name in state_dict if name not in own]
        errors = []
        if strict and missing:
            errors.append(f"Missing key(s) in state_dict: {_quoted(missing)}. ")
        if strict and unexpected:
            errors.append(f"Unexpected key(s) in state_dict: {_quoted(unexpected)}. ")
        for name, t in own.items():
            if name not in state_dict:
                continue
            value = state_dict[name]
            if value.shape != t.shape:
                errors.append(
                    f"size mismatch for {name}: copying a param with shape {value.shape} from checkpoint, the shape in "
                    f"current model is {t.shape}."
                )
                continue
            _take(self, name, t, value, assign)
        if errors:
            listed = "\n\t".join(errors)
            raise RuntimeError(f"Error(s) in loading state_dict for {type(self).__name__}:\n\t{listed}")
        return _IncompatibleKeys(missing, unexpected)


def _take(module: Any, name: str, t: Tensor, value: Tensor, assign: bool) -> None:
    """Copies a value into the tensor of that name, or puts it in its place."""
    if not assign:
        if t.is_meta and not value.is_meta:
            warnings.warn(
                f"for {name}: copying from a non-meta parameter in the checkpoint to a meta parameter in the current "
                "model, which is a no-op. (Did you mean to pass `assign=True` to assign items in the state dictionary "
                "to their corresponding key in the module instead of copying them in place?)",
                stacklevel=3,
            )
        with no_grad():
            t.copy_(value)
        return
    path, _, last = name.rpartition(".")
    if isinstance(t, Parameter) and not isinstance(value, Parameter):
        value = Parameter(value, bool(t.requires_grad))
    setattr(dict(module.named_modules(remove_duplicate=False))[path], last, value)


def _quoted(names: list[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
