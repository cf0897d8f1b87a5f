"""`max_pool` passes over NaN, as a comparison does."""

from __future__ import annotations

import math
from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "functional.pool.max",
        "functional.pool.nan",
        "functional.pool.nan.gradient",
    ),
}


def broken(sound: Call) -> Call:
    """Minus infinity for NaN."""

    def call(x: Any, *args: Any, **kwargs: Any) -> Any:
        return sound(x.nan_to_num(-math.inf, math.inf, -math.inf) if x.is_floating_point() else x, *args, **kwargs)

    return call


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_calls(found, [f"torch.nn.functional.max_pool{n}d" for n in (1, 2, 3)], broken)
    return found
