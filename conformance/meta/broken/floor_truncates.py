"""`floor_divide` rounds towards zero."""

from __future__ import annotations

from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, forms, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "pointwise.arithmetic.exact",
        "pointwise.divide.rounding",
        "pointwise.forms",
        "pointwise.integer.signs",
    ),
}


def broken(sound: Call) -> Call:
    """Rounding as C does it."""

    def call(x: Any, y: Any, **kwargs: Any) -> Any:
        exact = kwargs or not hasattr(x, "div")
        return sound(x, y, **kwargs) if exact else x.div(y, rounding_mode="trunc")

    return call


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_calls(found, (*forms("floor_divide"), "Tensor.__floordiv__"), broken)
    return found
