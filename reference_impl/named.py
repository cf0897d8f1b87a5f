"""Results of several named parts, which print as torch's do."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple, TypeVar

from .tensor import Tensor

T = TypeVar("T", bound=type)


def _repr(self: Any) -> str:
    parts = ",\n".join(f"{name}={part!r}" for name, part in zip(self._fields, self, strict=True))
    return f"torch.return_types.{type(self).__name__}(\n{parts})"


def returned(name: str) -> Callable[[T], T]:
    """Gives a named tuple the name that torch has for the results of an operation, and torch's text."""

    def define(kind: T) -> T:
        kind.__name__ = kind.__qualname__ = name
        kind.__module__ = "torch.return_types"
        kind.__repr__ = _repr  # type: ignore[assignment]
        return kind

    return define


class Indexed(NamedTuple):
    """Values and where they stand."""

    values: Tensor
    indices: Tensor


@cache
def indexed(name: str) -> type[Indexed]:
    """The values and indices of the operation `name`."""
    kind: type[Indexed] = returned(name)(type(name, (Indexed,), {"__slots__": ()}))
    return kind
