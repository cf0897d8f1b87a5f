"""`add_` and `mul_` change their target and return a copy of it."""

from __future__ import annotations

from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "broadcast.inplace.operation",
        "broadcast.inplace.other",
        "inplace.method.chain",
        "inplace.method.integer",
        "inplace.method.memory",
        "inplace.method.self",
        "mutation.inplace.history",
        "pointwise.forms",
    ),
}


def broken(sound: Call) -> Call:
    """A copy of what changed."""

    def call(*args: Any, **kwargs: Any) -> Any:
        return sound(*args, **kwargs).clone()

    return call


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_calls(found, ("Tensor.add_", "Tensor.mul_"), broken)
    return found
