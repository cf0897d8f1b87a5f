"""`detach` shares memory, and has a version of its own as `.data` has: a write through it goes unnoticed."""

from __future__ import annotations

from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "mutation.saved.again",
        "mutation.version.detach",
        "mutation.version.late",
    ),
}


def broken(sound: Call) -> Call:
    """The tensor's `.data`."""

    def call(source: Any) -> Any:
        return source.data

    return call


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_calls(found, ("Tensor.detach",), broken)
    return found
