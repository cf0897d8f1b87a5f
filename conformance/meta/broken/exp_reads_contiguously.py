"""`exp` reads memory in order, whatever the strides say."""

from __future__ import annotations

from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, forms, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "derivative.infinity.saturated",
        "derivative.nan.element",
        "device.meta.strides",
        "pointwise.gradient",
        "pointwise.gradient.complex",
        "pointwise.layout",
        "pointwise.strides.dense",
        "pointwise.strides.expanded",
    ),
}


def broken(sound: Call) -> Call:
    """The sound version of another order of the elements."""

    def call(x: Any, *args: Any, **kwargs: Any) -> Any:
        if hasattr(x, "stride") and not x.is_contiguous() and x.numel():
            x = x.as_strided(x.shape, x.new_empty(x.shape).stride())
        return sound(x, *args, **kwargs)

    return call


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_calls(found, forms("exp"), broken)
    return found
