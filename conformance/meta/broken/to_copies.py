"""`to` copies even where nothing changes."""

from __future__ import annotations

from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "autograd.leaf.cast",
        "device.gradient.parameter",
        "device.meta.convert",
        "device.move.same",
        "device.to.cpu",
        "device.to.nonblocking",
        "device.to.nothing",
        "device.to.positional",
        "device.to.same",
        "dtype.cast.every",
        "dtype.cast.pairs",
        "dtype.cast.same",
        "dtype.cast.same.method",
        "view.format.same",
    ),
}


def broken(sound: Call) -> Call:
    """Never the tensor itself."""

    def call(x: Any, *args: Any, **kwargs: Any) -> Any:
        result = sound(x, *args, **kwargs)
        return result.clone() if result is x else result

    return call


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_calls(found, ("Tensor.to",), broken)
    return found
