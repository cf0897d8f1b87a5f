"""The namespace `torch.nn.modules.utils`: sizes given once for every dimension, or one for each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

Many = Callable[[Any], tuple[Any, ...]]


def _ntuple(n: int, name: str = "parse") -> Many:
    """What makes a tuple of n equal sizes out of one; several are kept as they are."""

    def parse(x: Any) -> tuple[Any, ...]:
        return tuple(x) if isinstance(x, Iterable) else (x,) * n

    parse.__name__ = name
    return parse


_single, _pair = _ntuple(1, "_single"), _ntuple(2, "_pair")
_triple, _quadruple = _ntuple(3, "_triple"), _ntuple(4, "_quadruple")


def _reverse_repeat_tuple(t: Iterable[int], n: int) -> tuple[int, ...]:
    """Each size n times, the last first: what `pad` takes for the same padding on both sides."""
    return tuple([x for x in reversed(tuple(t)) for _ in range(n)])


def consume_prefix_in_state_dict_if_present(state_dict: dict[str, Any], prefix: str) -> None:
    """Takes a prefix off the names that have it, in place."""
    for name in list(state_dict):
        if name.startswith(prefix):
            state_dict[name[len(prefix) :]] = state_dict.pop(name)
    metadata = getattr(state_dict, "_metadata", {})
    for path in list(metadata):
        if path and (path == prefix.replace(".", "") or path.startswith(prefix)):
            metadata[path[len(prefix) :]] = metadata.pop(path)
