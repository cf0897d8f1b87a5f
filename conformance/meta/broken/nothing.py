"""The library has no name at all."""

from __future__ import annotations

import types

from conformance.backend import Backend

EXPECTED: dict[str, tuple[str, ...]] = {
    "missing": ("*",),
}


def backend() -> Backend:
    """An empty namespace."""
    return Backend("nothing", "0", types.ModuleType("nothing"), ("cpu", "sim:0", "sim:1"), "sim:0")
