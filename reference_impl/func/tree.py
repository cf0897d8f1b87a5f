"""Nested containers: tuples, named tuples, lists and dicts, taken apart into leaves and put together again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

LEAF: Any = None
Structure = Any
"""None for a leaf; for a container its type, the keys of a dict or None, and the structures of what it holds."""


def flatten(value: Any) -> tuple[list[Any], Structure]:
    """The leaves of nested containers in order, and the structure to put them together again."""
    if isinstance(value, dict):
        keys, held = tuple(value), list(value.values())
    elif isinstance(value, (tuple, list)):
        keys, held = None, list(value)
    else:
        return [value], LEAF
    parts = [flatten(each) for each in held]
    leaves = [leaf for part, _ in parts for leaf in part]
    return leaves, (type(value), keys, tuple([structure for _, structure in parts]))


def count(structure: Structure) -> int:
    """How many leaves a structure has."""
    return 1 if structure is LEAF else sum([count(each) for each in structure[2]])


def unflatten(leaves: Sequence[Any], structure: Structure) -> Any:
    """Puts leaves together."""
    if structure is LEAF:
        return leaves[0]
    kind, keys, structures = structure
    held, start = [], 0
    for each in structures:
        held.append(unflatten(leaves[start : start + count(each)], each))
        start += count(each)
    if keys is not None:
        return kind(zip(keys, held, strict=True))
    return kind(*held) if hasattr(kind, "_fields") else kind(held)


def broadcast(value: Any, structure: Structure) -> list[Any] | None:
    """A leaf for each leaf of `structure`, where a leaf of `value` stands for all that hangs at its place; None if they
    do not fit."""
    if not isinstance(value, (tuple, list, dict)):
        return [value] * count(structure)
    if structure is LEAF:
        return None
    kind, keys, structures = structure
    if type(value) is not kind or (tuple(value) if keys is not None else None) != keys or len(value) != len(structures):
        return None
    held = value.values() if isinstance(value, dict) else value
    parts = [broadcast(each, below) for each, below in zip(held, structures, strict=True)]
    return None if any(part is None for part in parts) else [leaf for part in parts for leaf in part or ()]


def describe(structure: Structure) -> str:
    """A structure as messages show it, with a star for each leaf."""
    if structure is LEAF:
        return "*"
    kind, keys, structures = structure
    held = [describe(each) for each in structures]
    if keys is not None:
        return "{" + ", ".join([f"{key!r}: {each}" for key, each in zip(keys, held, strict=True)]) + "}"
    inner = ", ".join(held)
    return f"[{inner}]" if issubclass(kind, list) else f"({inner})"
