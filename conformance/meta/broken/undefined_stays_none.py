"""A custom Function gets None for the gradient of a result that was not used, and not zeros."""

from __future__ import annotations

import functools
from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, replace_functions

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "function.constant.marked",
        "function.dirty.lifetime",
        "function.result.integer",
        "function.result.twice",
        "function.undefined.stopped",
        "function.undefined.zeros",
        "grad.check.custom",
        "grad.check.forward",
        "grad.check.repeated",
        "grad.check.second-detached",
    ),
}


def broken(sound: Call) -> Call:
    """No zeros are made."""

    @functools.wraps(sound)
    def call(ctx: Any, *args: Any, **kwargs: Any) -> Any:
        ctx.set_materialize_grads(False)
        return sound(ctx, *args, **kwargs)

    return call


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_functions(found, broken)
    return found
