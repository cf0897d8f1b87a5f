"""`amax` passes over NaN."""

from __future__ import annotations

import math
from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, forms, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "reduce.extreme",
        "reduce.max.nan",
    ),
}


def broken(sound: Call) -> Call:
    """The largest number that is one."""

    def call(x: Any, *args: Any, **kwargs: Any) -> Any:
        if x.is_floating_point():
            x = x.where(x == x, -math.inf)
        return sound(x, *args, **kwargs)

    return call


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_calls(found, forms("amax"), broken)
    return found
