"""Modules: functions that own parameters, buffers and other modules."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any

from ..tensor import Tensor
from .moving import Moving
from .parameter import Parameter
from .register import Register
from .state import State


class Module(Register, State, Moving):
    """The parent of all layers. A child calls `super().__init__()`, assigns its parameters and modules to attributes,
    and defines `forward`."""

    forward: Callable[..., Any]

    def __init__(self) -> None:
        self.__dict__.update(training=True, _parameters={}, _buffers={}, _non_persistent_buffers_set=set(), _modules={})

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.forward(*args, **kwargs)

    def named_modules(
        self, memo: set[Any] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Any]]:
        """This module and all below it, each once, with the path that leads to it."""
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, module in self._modules.items():
            if module is not None:
                yield from module.named_modules(memo, f"{prefix}.{name}" if prefix else name, remove_duplicate)

    def modules(self) -> Iterator[Any]:
        """This module and all below it, each once."""
        for _, module in self.named_modules():
            yield module

    def named_children(self) -> Iterator[tuple[str, Any]]:
        """The modules directly below, each once, with their names."""
        seen: set[Any] = set()
        for name, module in self._modules.items():
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def children(self) -> Iterator[Any]:
        """The modules directly below, each once."""
        for _, module in self.named_children():
            yield module

    def _members(self, kind: str, prefix: str, recurse: bool, remove_duplicate: bool) -> Iterator[tuple[str, Any]]:
        seen: set[int] = set()
        owners = self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate) if recurse else [(prefix, self)]
        for path, module in owners:
            for name, value in getattr(module, kind).items():
                if value is None or id(value) in seen:
                    continue
                if remove_duplicate:
                    seen.add(id(value))
                yield (f"{path}.{name}" if path else name), value

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """The parameters with their paths, each once; of this module alone without `recurse`."""
        return self._members("_parameters", prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """The parameters, each once; of this module alone without `recurse`."""
        for _, parameter in self.named_parameters(recurse=recurse):
            yield parameter

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """The buffers with their paths, each once; of this module alone without `recurse`."""
        return self._members("_buffers", prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """The buffers, each once; of this module alone without `recurse`."""
        for _, buffer in self.named_buffers(recurse=recurse):
            yield buffer

    def train(self, mode: bool = True) -> Any:
        """Sets this module and all below it to training, and returns it. ValueError for a mode that is no bool."""
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self) -> Any:
        """Sets this module and all below it to evaluation, and returns it."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Any:
        """Sets whether gradients flow to the parameters, and returns the module."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Takes the gradients of the parameters away, or fills them with zeros."""
        clear_gradients(self.parameters(), set_to_none)

    def apply(self, function: Callable[[Any], Any]) -> Any:
        """Calls the function with every module below and at last with this one, and returns it."""
        for module in self.children():
            module.apply(function)
        function(self)
        return self

    def extra_repr(self) -> str:
        """What stands between the parentheses of the text."""
        return ""

    def _get_name(self) -> str:
        return type(self).__name__

    def __repr__(self) -> str:
        extra = self.extra_repr()
        lines = [f"({name}): " + repr(module).replace("\n", "\n  ") for name, module in self._modules.items()]
        if not lines:
            return f"{self._get_name()}({extra})"
        body = "\n  ".join([*extra.split("\n"), *lines] if extra else lines)
        return f"{self._get_name()}(\n  {body}\n)"


def missing(self: Module, *args: Any) -> None:
    """Stands for the `forward` of a module that defines none."""
    raise NotImplementedError(f'Module [{type(self).__name__}] is missing the required "forward" function')


Module.forward = missing


def clear_gradients(tensors: Any, set_to_none: bool) -> None:
    """Sets the gradients to None, or cuts them off the graph and fills them with zeros."""
    for t in tensors:
        if t.grad is None:
            continue
        if set_to_none:
            t.grad = None
            continue
        if t.grad.grad_fn is not None:
            t.grad.detach_()
        else:
            t.grad.requires_grad_(False)
        t.grad.zero_()


class Sequential(Module):
    """Modules that are called one after the other: given as arguments, or as one ordered dictionary of names."""

    def __init__(self, *args: Any) -> None:
        super().__init__()
        named = args[0].items() if len(args) == 1 and isinstance(args[0], OrderedDict) else enumerate(args)
        for name, module in named:
            self.add_module(str(name), module)

    def __getitem__(self, index: Any) -> Any:
        modules = list(self._modules.items())
        if isinstance(index, slice):
            return type(self)(OrderedDict(modules[index]))
        if not -len(modules) <= index.__index__() < len(modules):
            raise IndexError(f"index {index} is out of range")
        return modules[index.__index__()][1]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._modules.values())

    def append(self, module: Module) -> Sequential:
        """Adds a module at the end, and returns the sequence."""
        self.add_module(str(len(self)), module)
        return self

    def forward(self, input: Any) -> Any:
        """What the last module makes of what those before it made of the input."""
        for module in self:
            input = module(input)
        return input
