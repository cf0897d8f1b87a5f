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
        "device.gradient.passed",
        "device.meta.every",
        "device.meta.move",
        "device.mix.every",
        "device.mix.inplace",
        "device.mix.ordinal",
        "device.module.input",
        "device.move.absent",
        "device.move.both",
        "device.move.forms",
        "device.move.integer",
        "device.move.nonblocking",
        "device.move.other",
        "device.move.values",
        "device.optimizer.several",
        "device.split.batch",
        "device.split.columns",
        "device.split.copies",
        "device.split.layers",
        "device.split.model",
        "device.split.rows",
        "function.gradient.device",
        "hook.tensor.device",
        "hook.tensor.place",
        "layer.device",
        "numeric.testing.device",
        "print.device",
        "program.devices.curve",
        "sequence.packed.device",
        "sequence.recurrent.parameters.device",
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
