"""What registering a hook gives: a handle that takes the hook away again."""

from __future__ import annotations

import weakref
from collections import OrderedDict
from itertools import count
from typing import Any

_NUMBERS = count()

Table = OrderedDict[int, Any]
"""Hooks in the order of their registration, by the number of their handle."""


class RemovableHandle:
    """Removes a hook: by `remove()`, or at the end of a `with` block. It keeps neither the hook nor its owner alive."""

    def __init__(self, hooks_dict: Table) -> None:
        self.id = next(_NUMBERS)
        self.hooks_dict_ref = weakref.ref(hooks_dict)

    def remove(self) -> None:
        """Takes the hook away, if it is still there."""
        hooks = self.hooks_dict_ref()
        if hooks is not None:
            hooks.pop(self.id, None)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *exc: object) -> None:
        self.remove()


def register(table: Table, hook: Any) -> RemovableHandle:
    """Appends a hook to a table."""
    handle = RemovableHandle(table)
    table[handle.id] = hook
    return handle
