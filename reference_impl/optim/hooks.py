"""Functions that an optimizer calls around its step, and around saving and loading its state."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from ..autograd.handle import RemovableHandle, Table, register

BEFORE_EVERY: Table = OrderedDict()
BEHIND_EVERY: Table = OrderedDict()
"""The hooks of all optimizers, before and after a step."""


def add(table: Table, hook: Any, prepend: bool = False) -> RemovableHandle:
    """Puts a hook at the end of a table, or at its start."""
    handle = register(table, hook)
    if prepend:
        table.move_to_end(handle.id, last=False)
    return handle


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
        return add(self._optimizer_step_pre_hooks, hook)

    def register_step_post_hook(self, hook: Any) -> RemovableHandle:
        """`hook(optimizer, args, kwargs)` after a step."""
        return add(self._optimizer_step_post_hooks, hook)

    def register_state_dict_pre_hook(self, hook: Any, prepend: bool = False) -> RemovableHandle:
        """`hook(optimizer)` before a state is told."""
        return add(self._optimizer_state_dict_pre_hooks, hook, prepend)

    def register_state_dict_post_hook(self, hook: Any, prepend: bool = False) -> RemovableHandle:
        """`hook(optimizer, state_dict)` after it; it may answer with another state."""
        return add(self._optimizer_state_dict_post_hooks, hook, prepend)

    def register_load_state_dict_pre_hook(self, hook: Any, prepend: bool = False) -> RemovableHandle:
        """`hook(optimizer, state_dict)` before a state is taken over; it may answer with another one."""
        return add(self._optimizer_load_state_dict_pre_hooks, hook, prepend)

    def register_load_state_dict_post_hook(self, hook: Any, prepend: bool = False) -> RemovableHandle:
        """`hook(optimizer)` after it."""
        return add(self._optimizer_load_state_dict_post_hooks, hook, prepend)
