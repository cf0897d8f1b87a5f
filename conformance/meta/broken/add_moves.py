"""A sum moves its second operand to the device of the first instead of refusing it."""

from __future__ import annotations

from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, forms, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "device.meta.other",
        "device.mix.every",
        "device.mix.message",
        "device.mix.ordinal",
        "device.mix.refused",
        "device.zero-dim.accelerators",
        "device.zero-dim.foreign",
        "device.zero-dim.host",
        "device.zero-dim.single",
    ),
}


def backend() -> Backend:
    """The broken backend."""
    found = base()
    tensor = found.namespace.Tensor

    def broken(sound: Call) -> Call:
        def call(*args: Any, **kwargs: Any) -> Any:
            first, *others = args or (None,)
            if not isinstance(first, tensor):
                return sound(*args, **kwargs)
            moved = [other.to(first.device) if isinstance(other, tensor) else other for other in others]
            return sound(first, *moved, **kwargs)

        return call

    replace_calls(found, (*forms("add"), "Tensor.__add__"), broken)
    return found
