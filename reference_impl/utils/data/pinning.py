"""Pinning: the tensors in a batch are moved to memory that an accelerator reads from."""

from __future__ import annotations

import collections.abc
from typing import Any

from ...tensor import Tensor
from .collate import mapping_like, sequence_like


def pin_memory(data: Any, device: Any = None) -> Any:
    """The batch with its tensors pinned; whatever has a method ``pin_memory`` is asked for it, containers by part."""
    if isinstance(data, Tensor) or hasattr(data, "pin_memory"):
        return data.pin_memory()
    if isinstance(data, collections.abc.Mapping):
        return mapping_like(data, {key: pin_memory(value, device) for key, value in data.items()})
    if isinstance(data, tuple):
        parts = [pin_memory(value, device) for value in data]
        return type(data)(*parts) if hasattr(data, "_fields") else type(data)(parts)
    if isinstance(data, collections.abc.Sequence) and not isinstance(data, str | bytes):
        return sequence_like(data, [pin_memory(value, device) for value in data])
    return data
