"""`torch.load` brings everything to where it was saved."""

from __future__ import annotations

from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": ("save.location.*",),
}


def broken(sound: Call) -> Call:
    """Whatever place is asked for."""

    def call(f: Any, *args: Any, **kwargs: Any) -> Any:
        return sound(f, *args[1:], **{key: value for key, value in kwargs.items() if key != "map_location"})

    return call


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_calls(found, ("torch.load",), broken)
    return found
