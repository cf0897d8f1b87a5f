"""`dropout` leaves what it does not drop as it was, so that the mean falls."""

from __future__ import annotations

from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "derivative.chance.dropout",
        "derivative.chance.inplace",
        "functional.dropout.gradient",
        "functional.dropout.scale",
        "layer.dropout.definition",
    ),
}


def broken(sound: Call) -> Call:
    """The sound result, scaled back."""

    def call(x: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
        result = sound(x, p, training, inplace)
        if not training or not 0 < p < 1:
            return result
        return result.mul_(1 - p) if inplace else result * (1 - p)

    return call


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_calls(found, ("torch.nn.functional.dropout",), broken)
    return found
