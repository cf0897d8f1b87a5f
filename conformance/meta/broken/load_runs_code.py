"""`torch.load` trusts every file unless it is told not to."""

from __future__ import annotations

from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "archive.hostile",
        "archive.legacy.hostile",
        "archive.legacy.safe",
        "save.file.text",
        "save.safe.*",
    ),
}


def broken(sound: Call) -> Call:
    """Without `weights_only=True`, whatever the file says is called."""

    def call(f: Any, *args: Any, **kwargs: Any) -> Any:
        return sound(f, *args, **{"weights_only": False, **kwargs})

    return call


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_calls(found, ("torch.load",), broken)
    return found
