"""An index out of range raises ValueError instead of IndexError."""

from __future__ import annotations

from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "autograd.refused.state",
        "complex.index.refused",
        "index.advanced.broadcast",
        "index.advanced.dtype",
        "index.advanced.range",
        "index.assign.range",
        "index.integer.fraction",
        "index.integer.many",
        "index.integer.range",
        "index.integer.tensor",
        "index.integer.zero-dim",
        "index.mask.mismatch",
        "mutation.version.failed",
    ),
}


def broken(sound: Call) -> Call:
    """Another class with the same words."""

    def call(*args: Any) -> Any:
        try:
            return sound(*args)
        except IndexError as error:
            raise ValueError(str(error)) from None

    return call


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_calls(found, ("Tensor.__getitem__", "Tensor.__setitem__"), broken)
    return found
