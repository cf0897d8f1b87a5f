"""`sum` of integers keeps their dtype instead of widening to int64."""

from __future__ import annotations

from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, forms, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "reduce.dtype",
        "reduce.dtype.integer",
        "reduce.dtype.wide",
    ),
}


def broken(sound: Call) -> Call:
    """The right sum in the argument's own dtype."""

    def call(x: Any, *args: Any, **kwargs: Any) -> Any:
        result = sound(x, *args, **kwargs)
        narrow = not (x.is_floating_point() or x.is_complex() or kwargs) and str(x.dtype) != "torch.bool"
        return result.to(x.dtype) if narrow else result

    return call


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_calls(found, forms("sum"), broken)
    return found
