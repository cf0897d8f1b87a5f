"""Attributes of a module: parameters, buffers and modules are kept in dictionaries of their own."""

from __future__ import annotations

import inspect
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from ..autograd.handle import RemovableHandle, register
from ..tensor import Tensor
from .parameter import Buffer, Parameter

Hook = Callable[[Any, str, Any], Any]
EVERYWHERE: dict[str, OrderedDict[int, Hook]] = {kind: OrderedDict() for kind in ("parameter", "buffer", "module")}
"""Functions that see what any module registers, and may replace it."""


def register_module_parameter_registration_hook(hook: Hook) -> RemovableHandle:
    """Has `hook(module, name, parameter)` called whenever a module registers a parameter; what it returns is registered
    instead."""
    return register(EVERYWHERE["parameter"], hook)


def register_module_buffer_registration_hook(hook: Hook) -> RemovableHandle:
    """The same for buffers."""
    return register(EVERYWHERE["buffer"], hook)


def register_module_module_registration_hook(hook: Hook) -> RemovableHandle:
    """The same for modules."""
    return register(EVERYWHERE["module"], hook)


def _seen(kind: str, module: Any, name: str, value: Any) -> Any:
    for hook in EVERYWHERE[kind].values():
        replaced = hook(module, name, value)
        value = value if replaced is None else replaced
    return value


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
                f"cannot assign '{typename(param)}' object to parameter '{name}' (torch.nn.Parameter or None required)"
            )
        if param is not None and param.grad_fn is not None:
            raise ValueError(
                f"Cannot assign non-leaf Tensor to parameter '{name}'. Model parameters must be created explicitly. To "
                f"express '{name}' as a function of another Tensor, compute the value in the forward() method."
            )
        self._parameters[name] = param if param is None else _seen("parameter", self, name, param)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Adds a tensor that is no parameter but belongs to the state, unless it is not persistent. Errors as for a
        parameter."""
        if "_buffers" not in self.__dict__:
            raise AttributeError("cannot assign buffer before Module.__init__() call")
        self._check_name("buffer", name, self._buffers)
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(
                f"cannot assign '{typename(tensor)}' object to buffer '{name}' (torch Tensor or None required)"
            )
        self._buffers[name] = _seen("buffer", self, name, tensor)
        (self._non_persistent_buffers_set.discard if persistent else self._non_persistent_buffers_set.add)(name)

    def add_module(self, name: str, module: Any) -> None:
        """Adds a module below this one. KeyError for a bad or used name, TypeError for what is no module."""
        if module is not None and not isinstance(module, Register):
            raise TypeError(f"{typename(module)} is not a Module subclass")
        if isinstance(name, str) and hasattr(self, name) and name not in self._modules:
            raise KeyError(f"attribute '{name}' already exists")
        self._check_name("module", name, self._modules)
        self._modules[name] = _seen("module", self, name, module)

    def register_module(self, name: str, module: Any) -> None:
        """Another name of `add_module`."""
        self.add_module(name, module)

    def _check_name(self, kind: str, name: Any, own: dict[str, Any]) -> None:
        if not isinstance(name, str):
            raise TypeError(f"{kind} name should be a string. Got {typename(name)}")
        if "." in name:
            got = f", got: {name}" if kind == "module" else ""
            raise KeyError(f'{kind} name can\'t contain "."{got}')
        if not name:
            raise KeyError(f'{kind} name can\'t be empty string ""')
        if hasattr(self, name) and name not in own:
            raise KeyError(f"attribute '{name}' already exists")

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Parameter):
            if "_parameters" not in self.__dict__:
                raise AttributeError("cannot assign parameters before Module.__init__() call")
            self._forget(name, self._buffers, self._modules)
            self.register_parameter(name, value)
        elif name in self.__dict__.get("_parameters", ()):
            if value is not None:
                wanted = "(torch.nn.Parameter or None expected)"
                raise TypeError(f"cannot assign '{typename(value)}' as parameter '{name}' {wanted}")
            self.register_parameter(name, None)
        elif isinstance(value, Register):
            if "_modules" not in self.__dict__:
                raise AttributeError("cannot assign module before Module.__init__() call")
            self._forget(name, self._parameters, self._buffers)
            self._modules[name] = _seen("module", self, name, value)
        elif name in self.__dict__.get("_modules", ()):
            if value is not None:
                wanted = "(torch.nn.Module or None expected)"
                raise TypeError(f"cannot assign '{typename(value)}' as child module '{name}' {wanted}")
            self._modules[name] = _seen("module", self, name, value)
        elif name in self.__dict__.get("_buffers", ()) or isinstance(value, Buffer):
            self._set_buffer(name, value)
        else:
            object.__setattr__(self, name, value)

    def _set_buffer(self, name: str, value: Any) -> None:
        if value is not None and not isinstance(value, Tensor):
            wanted = "(torch.nn.Buffer, torch.Tensor or None expected)"
            raise TypeError(f"cannot assign '{typename(value)}' as buffer '{name}' {wanted}")
        persistent = name not in self._non_persistent_buffers_set
        if isinstance(value, Buffer):
            persistent = value.persistent
        if "persistent" in inspect.signature(self.register_buffer).parameters:
            self.register_buffer(name, value, persistent)
        elif persistent:
            self.register_buffer(name, value)
        else:
            raise RuntimeError(
                "Registering a non-persistent buffer on a Module subclass that implements register_buffer() without "
                "the persistent argument is not allowed."
            )

    def _forget(self, name: str, *others: dict[str, Any]) -> None:
        """Takes a name away from where something of another kind held it."""
        for held in (self.__dict__, *others):
            held.pop(name, None)
        self._non_persistent_buffers_set.discard(name)

    def __getattr__(self, name: str) -> Any:
        own = self.__dict__
        if "_parameters" in own:
            for held in (own["_parameters"], own["_buffers"], own["_modules"]):
                if name in held:
                    return held[name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __delattr__(self, name: str) -> None:
        for held in (self._parameters, self._buffers, self._modules):
            if name in held:
                del held[name]
                self._non_persistent_buffers_set.discard(name)
                return
        object.__delattr__(self, name)

    def __dir__(self) -> list[str]:
        held = (self.__dict__, self._parameters, self._modules, self._buffers)
        names = [*dir(type(self)), *(name for names in held for name in names)]
        return sorted(name for name in names if not name[0].isdigit())


def typename(obj: Any) -> str:
    """What torch calls the type of a value in its errors: a tensor's tells its dtype, a class is named itself."""
    if isinstance(obj, Tensor):
        return str(obj.type())
    named = obj if hasattr(obj, "__qualname__") else type(obj)
    module = getattr(obj, "__module__", None) or ""
    return named.__qualname__ if module in ("", "builtins") else f"{module}.{named.__qualname__}"
