"""An LSTM begins with zeros, whatever state is given."""

from __future__ import annotations

from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "sequence.packed.recurrent",
        "sequence.packed.recurrent.gradient",
        "sequence.recurrent.definition",
        "sequence.recurrent.gradient",
        "sequence.recurrent.gradient.second",
        "sequence.recurrent.lstm.gates",
        "sequence.recurrent.state.carried",
    ),
}


def broken(sound: Call) -> Call:
    """The state is looked at, and not used."""

    def call(layer: Any, x: Any, hx: Any = None) -> Any:
        if hx is None:
            return sound(layer, x)
        sound(layer, x, hx)
        return sound(layer, x, tuple(t * 0 for t in hx))

    return call


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_calls(found, ("torch.nn.LSTM.__call__",), broken)
    return found
