"""`x.to(device)` gives the right values where they were."""

from __future__ import annotations

from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "device.current.index",
        "device.current.set",
        "device.gradient.leaf",
        "device.gradient.move",
        "device.meta.every",
        "device.meta.move",
        "device.mix.ordinal",
        "device.move.both",
        "device.move.nonblocking",
        "device.move.other",
        "device.move.values",
        "device.split.batch",
        "device.split.columns",
        "device.split.layers",
        "function.gradient.device",
        "hook.tensor.device",
        "numeric.testing.device",
        "print.device",
    ),
}


def broken(sound: Call) -> Call:
    """A copy on the device that it comes from."""

    def call(x: Any, *args: Any, **kwargs: Any) -> Any:
        result = sound(x, *args, **kwargs)
        return result if result.device == x.device else sound(result, x.device)

    return call


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_calls(found, ("Tensor.to",), broken)
    return found
