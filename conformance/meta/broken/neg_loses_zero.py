"""`neg` of zero is zero without a sign."""

from __future__ import annotations

from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, forms, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "autograd.graph.name.pointwise",
        "pointwise.negative",
        "pointwise.signed-zero",
    ),
}


def broken(sound: Call) -> Call:
    """Negative zeros become positive ones."""

    def call(*args: Any, **kwargs: Any) -> Any:
        result = sound(*args, **kwargs)
        return result if "out" in kwargs else result + 0

    return call


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_calls(found, (*forms("neg"), "Tensor.__neg__"), broken)
    return found
