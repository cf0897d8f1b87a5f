"""`relu` gives zero for NaN, as a comparison and a choice do."""

from __future__ import annotations

import math
from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "derivative.kink.relu",
        "numeric.nan",
        "pointwise.activation",
    ),
}


def broken(sound: Call) -> Call:
    """Zero for NaN."""

    def call(x: Any, *args: Any, **kwargs: Any) -> Any:
        return sound(x.nan_to_num(posinf=math.inf) if x.is_floating_point() else x, *args, **kwargs)

    return call


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_calls(found, ("torch.relu",), broken)
    return found
