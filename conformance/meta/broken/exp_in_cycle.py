"""What `exp` gives refers to itself, so that only a garbage collector frees it."""

from __future__ import annotations

from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, forms, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "autograd.lifetime.inplace",
        "autograd.lifetime.intermediate",
        "hook.saved.freed",
    ),
}


def broken(sound: Call) -> Call:
    """The sound result, in a cycle with itself."""

    def call(*args: Any, **kwargs: Any) -> Any:
        result = sound(*args, **kwargs)
        result.itself = result
        return result

    return call


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_calls(found, forms("exp"), broken)
    return found
