"""Attributes of a module: parameters, buffers and modules are kept in dictionaries of their own."""

from __future__ import annotations

from typing import Any

from ..tensor import Tensor
from .parameter import Parameter


class Register:
    """Sorts what is assigned to a module's attributes, by its type, into the module's dictionaries."""

    training: bool
    _parameters: dict[str, Parameter | None]
    _buffers: dict[str, Tensor | None]
    _non_persistent_buffers_set: set[str]
    _modules: dict[str, Any]

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Adds a parameter. KeyError for a bad or used name, TypeError for what is no parameter, ValueError for the
        result of an operation."""
        if "_parameters" not in self.__dict__:
            raise AttributeError("cannot assign parameter before Module.__init__() call")
        self._check_name("parameter", name, self._parameters)
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(
                f"cannot assign '{type_name(param)}' object to parameter '{name}' (torch.nn.Parameter or None required)"
            )
        if param is not None and param.grad_fn is not None:
            raise ValueError(
                f"Cannot assign non-leaf Tensor to parameter '{name}'. Model parameters must be created explicitly. To "
                f"express '{name}' as a function of another Tensor, compute the value in the forward() method."
            )
        self._parameters[name] = param

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Adds a tensor that is no parameter but belongs to the state, unless it is not persistent. Errors as for a
        parameter."""
        if "_buffers" not in self.__dict__:
            raise AttributeError("cannot assign buffer before Module.__init__() call")
        self._check_name("buffer", name, self._buffers)
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(
                f"cannot assign '{type_name(tensor)}' object to buffer '{name}' (torch Tensor or None required)"
            )
        self._buffers[name] = tensor
        (self._non_persistent_buffers_set.discard if persistent else self._non_persistent_buffers_set.add)(name)

    def add_module(self, name: str, module: Any) -> None:
        """Adds a module below this one. KeyError for a bad or used name, TypeError for what is no module."""
        if module is not None and not isinstance(module, Register):
            raise TypeError(f"{type_name(module)} is not a Module subclass")
        self._check_name("module", name, self._modules)
        self._modules[name] = module

    register_module = add_module

    def _check_name(self, kind: str, name: Any, own: dict[str, Any]) -> None:
        if not isinstance(name, str):
            raise TypeError(f"{kind} name should be a string. Got {type_name(name)}")
        if hasattr(self, name) and name not in own:
            raise KeyError(f"attribute '{name}' already exists")
        if "." in name:
            raise KeyError(f'{kind} name can\'t contain "."')
        if not name:
            raise KeyError(f'{kind} name can\'t be empty string ""')

    def __setattr__(self, name: str, value: Any) -> None:
        parameters = self.__dict__.get("_parameters")
        if isinstance(value, Parameter):
            if parameters is None:
                raise AttributeError("cannot assign parameters before Module.__init__() call")
            self._forget(name)
            self.register_parameter(name, value)
        elif isinstance(value, Register):
            if parameters is None:
                raise AttributeError("cannot assign module before Module.__init__() call")
            self._forget(name)
            self._modules[name] = value
        elif parameters is not None and any(name in kept for kept in (parameters, self._modules, self._buffers)):
            self._replace(name, value)
        else:
            object.__setattr__(self, name, value)

    def _replace(self, name: str, value: Any) -> None:
        if name in self._buffers:
            if value is not None and not isinstance(value, Tensor):
                wanted = "torch.nn.Buffer, torch.Tensor or None expected"
                raise TypeError(f"cannot assign '{type_name(value)}' as buffer '{name}' ({wanted})")
            self._buffers[name] = value
            return
        kind, kept = ("parameter", self._parameters) if name in self._parameters else ("child module", self._modules)
        if value is not None:
            wanted = "torch.nn.Parameter" if kind == "parameter" else "torch.nn.Module"
            raise TypeError(f"cannot assign '{type_name(value)}' as {kind} '{name}' ({wanted} or None expected)")
        kept[name] = None

    def _forget(self, name: str) -> None:
        for kept in (self.__dict__, self._parameters, self._buffers, self._modules):
            kept.pop(name, None)
        self._non_persistent_buffers_set.discard(name)

    def __getattr__(self, name: str) -> Any:
        for kind in ("_parameters", "_buffers", "_modules"):
            kept = self.__dict__.get(kind)
            if kept is not None and name in kept:
                return kept[name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __delattr__(self, name: str) -> None:
        if any(name in kept for kept in (self._parameters, self._buffers, self._modules)):
            self._forget(name)
        else:
            object.__delattr__(self, name)


def type_name(value: Any) -> str:
    """What torch calls the type of a value in its errors: a tensor's tells its dtype."""
    return str(value.type()) if isinstance(value, Tensor) else type(value).__name__
