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

    def __init__(self, hooks_dict: Any, *, extra_dict: Any = None) -> None:
        """`extra_dict`: one more table, or a list of them, in which the hook's number may stand."""
        self.id = next(_NUMBERS)
        self.hooks_dict_ref = weakref.ref(hooks_dict)
        extra = extra_dict if isinstance(extra_dict, list) else [] if extra_dict is None else [extra_dict]
        self.extra_dict_ref = tuple([weakref.ref(table) for table in extra])

    def remove(self) -> None:
        """Takes the hook away, if it is still there."""
        for reference in (self.hooks_dict_ref, *self.extra_dict_ref):
            table = reference()
            if table is not None:
                table.pop(self.id, None)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *exc: object) -> None:
        self.remove()

    def __getstate__(self) -> tuple[Any, ...]:
        return self.hooks_dict_ref(), self.id, tuple([reference() for reference in self.extra_dict_ref])

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        global _NUMBERS
        table, self.id = state[0], state[1]
        _NUMBERS = count(max(next(_NUMBERS), self.id + 1))
        self.hooks_dict_ref = weakref.ref(OrderedDict() if table is None else table)
        extra = state[2] if len(state) > 2 and state[2] is not None else ()
        self.extra_dict_ref = tuple([weakref.ref(each) for each in extra])


def register(table: Table, hook: Any, *options: tuple[Table, bool], prepend: bool = False) -> RemovableHandle:
    """Appends a hook to a table, or puts it first. `options`: further tables, each with whether the hook's number
    stands in it."""
    handle = RemovableHandle(table, extra_dict=[other for other, _ in options])
    table[handle.id] = hook
    for other, chosen in options:
        if chosen:
            other[handle.id] = True
    if prepend:
        table.move_to_end(handle.id, last=False)
    return handle
