"""`dropout` draws a second mask for the gradient."""

from __future__ import annotations

from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "derivative.chance.dropout",
        "functional.dropout.gradient",
        "layer.dropout.definition",
    ),
}


def broken(sound: Call) -> Call:
    """The value of one draw and the gradient of another."""

    def call(x: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
        first = sound(x, p, training, inplace)
        if inplace or first is x or not x.requires_grad:
            return first
        again = sound(x, p, training)
        return again + (first - again).detach()

    return call


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_calls(found, ("torch.nn.functional.dropout",), broken)
    return found
