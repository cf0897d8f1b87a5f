"""The library has no name at all."""

from __future__ import annotations

import types

from conformance.backend import COMPANIONS, Backend

EXPECTED: dict[str, tuple[str, ...]] = {
    "missing": ("*",),
}


def backend() -> Backend:
    """An empty namespace."""
    companions = {name: types.ModuleType(name) for name in COMPANIONS}
    namespace = types.ModuleType("nothing")
    return Backend("nothing", "0", namespace, ("cpu", "sim:0", "sim:1"), "sim:0", companions=companions)
