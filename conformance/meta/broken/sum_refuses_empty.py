"""`sum` of an empty tensor raises instead of giving zero."""

from __future__ import annotations

from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, forms, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "autograd.backward.empty-sum",
        "broadcast.gradient.empty",
        "broadcast.gradient.shape",
        "create.like.zero-dim",
        "functional.conv.empty",
        "functional.grid.empty",
        "reduce.empty",
        "reduce.empty.neutral",
        "sequence.recurrent.empty.gradient",
    ),
}


def broken(sound: Call) -> Call:
    """A refusal where there is nothing to add."""

    def call(x: Any, *args: Any, **kwargs: Any) -> Any:
        if hasattr(x, "numel") and not x.numel():
            raise RuntimeError("cannot sum an empty tensor")
        return sound(x, *args, **kwargs)

    return call


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_calls(found, forms("sum"), broken)
    return found
