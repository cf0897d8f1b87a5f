"""`transpose` has the right values and strides, in memory of its own."""

from __future__ import annotations

from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, forms, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "view.alias.every",
        "view.permute.layout",
        "view.transpose.alias",
    ),
}


def broken(sound: Call) -> Call:
    """A copy of the view."""

    def call(*args: Any, **kwargs: Any) -> Any:
        return sound(*args, **kwargs).clone()

    return call


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_calls(found, forms("transpose"), broken)
    return found
