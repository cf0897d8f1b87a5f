"""Calling a module: its `forward`, between the hooks of the module and those of all modules."""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..autograd.handle import RemovableHandle, Table, register
from .gradient_hooks import GradientHooks, hook_node

ONE_KIND = "Cannot use both regular backward hooks and full backward hooks {}. Please use only one of them."
BEFORE: Table = OrderedDict()
AFTER: Table = OrderedDict()
AFTER_WITH_KWARGS: Table = OrderedDict()
AFTER_ALWAYS: Table = OrderedDict()
BACKWARD: Table = OrderedDict()
BACKWARD_BEFORE: Table = OrderedDict()
"""The hooks of all modules. They come before those of a module."""


@dataclass
class Kind:
    """Whether the backward hooks of all modules are full ones; None before the first."""

    full: bool | None = None


EVERYWHERE = Kind()


def register_module_forward_pre_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Has `hook(module, args)` called before the forward of any module."""
    return register(BEFORE, hook)


def register_module_forward_hook(
    hook: Callable[..., Any], *, with_kwargs: bool = False, always_call: bool = False
) -> RemovableHandle:
    """Has `hook(module, args, output)` called after the forward of any module."""
    return register(AFTER, hook, (AFTER_WITH_KWARGS, with_kwargs), (AFTER_ALWAYS, always_call))


def register_module_full_backward_pre_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Has `hook(module, grad_output)` called when gradients arrive at the results of any module."""
    return register(BACKWARD_BEFORE, hook)


def register_module_full_backward_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Has `hook(module, grad_input, grad_output)` called when gradients arrive at the inputs of any module.
    RuntimeError beside hooks of the old kind."""
    return _register_backward(EVERYWHERE, hook, True)


def register_module_backward_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """The old kind, which sees the gradients of the last operation. RuntimeError beside full hooks."""
    return _register_backward(EVERYWHERE, hook, False)


def _register_backward(kind: Kind, hook: Any, full: bool) -> RemovableHandle:
    if kind.full is (not full):
        raise RuntimeError(ONE_KIND.format("as a global Module hook"))
    kind.full = full
    return register(BACKWARD, hook)


class Calling:
    """What runs the hooks of a module around its `forward`."""

    forward: Callable[..., Any]
    _forward_pre_hooks: Table
    _forward_pre_hooks_with_kwargs: Table
    _forward_hooks: Table
    _forward_hooks_with_kwargs: Table
    _forward_hooks_always_called: Table
    _backward_hooks: Table
    _backward_pre_hooks: Table
    _is_full_backward_hook: bool | None

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Has `hook(module, args)` called before forward, whose arguments it may return; with `with_kwargs`
        `hook(module, args, kwargs)`, which returns both."""
        options = (self._forward_pre_hooks_with_kwargs, with_kwargs)
        return register(self._forward_pre_hooks, hook, options, prepend=prepend)

    def register_forward_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False, always_call: bool = False
    ) -> RemovableHandle:
        """Has `hook(module, args, output)` called after forward, whose result it may replace; with `with_kwargs`
        `hook(module, args, kwargs, output)`, with `always_call` even if forward raises."""
        named = (self._forward_hooks_with_kwargs, with_kwargs)
        always = (self._forward_hooks_always_called, always_call)
        return register(self._forward_hooks, hook, named, always, prepend=prepend)

    def register_full_backward_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Has `hook(module, grad_output)` called with the gradients of the results, which it may replace."""
        return register(self._backward_pre_hooks, hook, prepend=prepend)

    def register_full_backward_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Has `hook(module, grad_input, grad_output)` called with the gradients of the inputs, which it may replace.
        RuntimeError beside hooks of the old kind."""
        return self._register_backward(hook, True, prepend)

    def register_backward_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """The old kind, which sees the gradients of the last operation. RuntimeError beside full hooks."""
        return self._register_backward(hook, False, False)

    def _register_backward(self, hook: Any, full: bool, prepend: bool) -> RemovableHandle:
        if self._is_full_backward_hook is (not full):
            raise RuntimeError(ONE_KIND.format("on a single Module"))
        self._is_full_backward_hook = full
        return register(self._backward_hooks, hook, prepend=prepend)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if (
            self._forward_hooks
            or self._forward_pre_hooks
            or self._backward_hooks
            or self._backward_pre_hooks
            or AFTER
            or BEFORE
            or BACKWARD
            or BACKWARD_BEFORE
        ):
            return _hooked(self, Call(args, kwargs))
        return self.forward(*args, **kwargs)


@dataclass
class Call:
    """One call on its way: `called` has the numbers of the hooks that are called always and already were."""

    args: Any
    kwargs: dict[str, Any]
    result: Any = None
    called: set[int] = field(default_factory=set)


def _hooked(module: Any, call: Call) -> Any:
    try:
        _before(module, call)
        old, full = _backward_hooks(module)
        prior = [*BACKWARD_BEFORE.values(), *module._backward_pre_hooks.values()]
        gradients = GradientHooks(module, full, prior) if full or prior else None
        if gradients is not None:
            call.args = gradients.enter(call.args)
        call.result = module.forward(*call.args, **call.kwargs)
        _after(module, call)
        if gradients is not None:
            call.result = gradients.leave(call.result)
        if old:
            hook_node(module, old, call.args, call.result)
    except Exception:
        _always(module, call)
        raise
    return call.result


def _before(module: Any, call: Call) -> None:
    for number, hook in (*BEFORE.items(), *module._forward_pre_hooks.items()):
        if number in module._forward_pre_hooks_with_kwargs:
            found = hook(module, call.args, call.kwargs)
            if found is None:
                continue
            if not isinstance(found, tuple) or len(found) != 2:
                raise RuntimeError(
                    f"forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got {found}."
                )
            call.args, call.kwargs = found
        else:
            found = hook(module, call.args)
            if found is not None:
                call.args = found if isinstance(found, tuple) else (found,)


def _after(module: Any, call: Call) -> None:
    for number, hook in (*AFTER.items(), *module._forward_hooks.items()):
        if number in module._forward_hooks_always_called or number in AFTER_ALWAYS:
            call.called.add(number)
        _call_hook(module, call, number, hook)


def _call_hook(module: Any, call: Call, number: int, hook: Any) -> None:
    named = number in module._forward_hooks_with_kwargs or number in AFTER_WITH_KWARGS
    found = hook(module, call.args, call.kwargs, call.result) if named else hook(module, call.args, call.result)
    if found is not None:
        call.result = found


def _always(module: Any, call: Call) -> None:
    """The hooks that are called though something raised; what they raise themselves becomes a warning."""
    for told, hooks, always in (
        ("global module", AFTER, AFTER_ALWAYS),
        ("module", module._forward_hooks, module._forward_hooks_always_called),
    ):
        for number, hook in hooks.items():
            if number not in always or number in call.called:
                continue
            try:
                _call_hook(module, call, number, hook)
            except Exception as error:
                warnings.warn(
                    f"{told} forward hook with ``always_call=True`` raised an exception that was silenced as another "
                    f"error was raised in forward: {error}",
                    stacklevel=4,
                )


def _backward_hooks(module: Any) -> tuple[list[Any], list[Any]]:
    """The hooks of the old kind, and the full ones."""
    found: tuple[list[Any], list[Any]] = ([], [])
    for full, hooks in ((EVERYWHERE.full, BACKWARD), (module._is_full_backward_hook, module._backward_hooks)):
        if full is not None:
            found[full].extend(hooks.values())
    return found
