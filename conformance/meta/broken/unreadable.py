"""The adapter's `to_numpy` raises: the harness cannot see any tensor."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import base

EXPECTED: dict[str, tuple[str, ...]] = {
    "error": ("*",),
}


def to_numpy(tensor: Any) -> Any:
    """No array."""
    raise OSError("the device does not answer")


def backend() -> Backend:
    """The sound backend behind a broken adapter."""
    return replace(base(), to_numpy=to_numpy)
