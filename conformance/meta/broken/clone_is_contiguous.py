"""`clone` has the right values in contiguous memory, whatever its argument's strides."""

from __future__ import annotations

from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, forms, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "create.clone.layout",
        "view.format.channels-last",
    ),
}


def broken(sound: Call) -> Call:
    """A clone that keeps no strides."""

    def call(x: Any, *args: Any, **kwargs: Any) -> Any:
        return sound(x, *args, **kwargs).contiguous()

    return call


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_calls(found, forms("clone"), broken)
    return found
