"""Functions that an optimizer calls around its step, and around saving and loading its state."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from ..autograd.handle import RemovableHandle, Table, register

BEFORE_EVERY: Table = OrderedDict()
BEHIND_EVERY: Table = OrderedDict()
"""The hooks of all optimizers, before and after a step."""


class Hooks:
    """The hooks of one optimizer. They are neither pickled nor copied with it."""

    _optimizer_step_pre_hooks: Table
    _optimizer_step_post_hooks: Table
    _optimizer_state_dict_pre_hooks: Table
    _optimizer_state_dict_post_hooks: Table
    _optimizer_load_state_dict_pre_hooks: Table
    _optimizer_load_state_dict_post_hooks: Table

    def register_step_pre_hook(self, hook: Any) -> RemovableHandle:
        """`hook(optimizer, args, kwargs)` before a step; it may answer with other arguments, as a pair."""
        return register(self._optimizer_step_pre_hooks, hook)

    def register_step_post_hook(self, hook: Any) -> RemovableHandle:
        """`hook(optimizer, args, kwargs)` after a step."""
        return register(self._optimizer_step_post_hooks, hook)

    def register_state_dict_pre_hook(self, hook: Any, prepend: bool = False) -> RemovableHandle:
        """`hook(optimizer)` before a state is told."""
        return register(self._optimizer_state_dict_pre_hooks, hook, prepend=prepend)

    def register_state_dict_post_hook(self, hook: Any, prepend: bool = False) -> RemovableHandle:
        """`hook(optimizer, state_dict)` after it; it may answer with another state."""
        return register(self._optimizer_state_dict_post_hooks, hook, prepend=prepend)

    def register_load_state_dict_pre_hook(self, hook: Any, prepend: bool = False) -> RemovableHandle:
        """`hook(optimizer, state_dict)` before a state is taken over; it may answer with another one."""
        return register(self._optimizer_load_state_dict_pre_hooks, hook, prepend=prepend)

    def register_load_state_dict_post_hook(self, hook: Any, prepend: bool = False) -> RemovableHandle:
        """`hook(optimizer)` after it."""
        return register(self._optimizer_load_state_dict_post_hooks, hook, prepend=prepend)


TABLES = tuple(Hooks.__annotations__)
"""The names of the tables."""


def register_optimizer_step_pre_hook(hook: Any) -> RemovableHandle:
    """`hook(optimizer, args, kwargs)` is called before the step of every optimizer."""
    return register(BEFORE_EVERY, hook)


def register_optimizer_step_post_hook(hook: Any) -> RemovableHandle:
    """`hook(optimizer, args, kwargs)` is called after the step of every optimizer."""
    return register(BEHIND_EVERY, hook)
