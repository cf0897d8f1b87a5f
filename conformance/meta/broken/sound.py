"""The sound backend that every broken one is made from, and how a single behaviour of it is replaced.

The reference, or the backend that `BROKEN_BASE` names. What is replaced is replaced for callers outside of the
library alone: its own code goes on calling the sound version, so that one misbehaviour stays one.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Iterable
from typing import Any

from conformance.backend import Backend, load

Call = Callable[..., Any]


def base() -> Backend:
    """The sound backend."""
    return load(os.environ.get("BROKEN_BASE", "reference"))


def owner_of(backend: Backend, path: str) -> tuple[Any, str]:
    """The module or class that holds what `path` names (``torch.abs``, ``Tensor.abs``), and its last word."""
    *holders, name = path.removeprefix("torch.").split(".")
    return functools.reduce(getattr, holders, backend.namespace), name


REPLACED: set[str] = set()
"""Names of the operations that this process has broken."""


def replace_calls(backend: Backend, paths: Iterable[str], make: Callable[[Call], Call]) -> None:
    """Put ``make(sound)`` where each of `paths` finds a function or method, for callers outside of the library."""
    for path in paths:
        owner, name = owner_of(backend, path)
        REPLACED.add(name.strip("_"))
        sound = getattr(owner, name)
        setattr(owner, name, _at_the_boundary(backend, sound, make(sound)))


def _at_the_boundary(backend: Backend, sound: Call, broken: Call) -> Call:
    library = backend.namespace.__name__.partition(".")[0]

    def call(*args: Any, **kwargs: Any) -> Any:
        caller = str(sys._getframe(1).f_globals.get("__name__", ""))
        if caller.partition(".")[0] == library or not (args or "input" in kwargs):
            return sound(*args, **kwargs)
        first = [kwargs.pop("input")] if "input" in kwargs else []
        second = [kwargs.pop("other")] if "other" in kwargs else []
        return broken(*first, *args, *second, **kwargs)

    return call


def replace_functions(backend: Backend, make: Callable[[Call], Call]) -> None:
    """Put ``make(sound)`` in the place of the first method of each custom Function that sees the context."""
    autograd = backend.namespace.autograd
    sound = autograd.Function

    def replace(cls: Any, /, **options: Any) -> None:
        super(broken, cls).__init_subclass__(**options)
        first = "setup_context" if "setup_context" in cls.__dict__ else "forward"
        if first in cls.__dict__ and (first == "setup_context" or cls.setup_context is sound.setup_context):
            setattr(cls, first, staticmethod(make(getattr(cls, first))))

    broken: Any = type("Function", (sound,), {"__init_subclass__": classmethod(replace)})
    autograd.Function = autograd.function.Function = broken


def forms(name: str) -> tuple[str, str]:
    """Function and method of an operation."""
    return f"torch.{name}", f"Tensor.{name}"


def copying(sound: Call) -> Call:
    """The sound result in memory of its own."""

    def call(*args: Any, **kwargs: Any) -> Any:
        return sound(*args, **kwargs).clone()

    return call
