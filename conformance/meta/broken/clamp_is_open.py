"""`clamp` passes no gradient at its bounds, as `hardtanh` does."""

from __future__ import annotations

import functools
from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, forms, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "derivative.choice.untaken",
        "derivative.kink.clamp",
        "derivative.kink.relu",
        "program.shared.curve",
        "program.shared.gradient",
    ),
}


def inside(where: Call, sound: Call) -> Call:
    """The sound value, without the gradient where it is a bound."""

    def call(x: Any, *args: Any, **kwargs: Any) -> Any:
        result = sound(x, *args, **kwargs)
        if "out" in kwargs or not result.requires_grad:
            return result
        at_bound = result == x
        for bound in (*args, *kwargs.values()):
            at_bound = at_bound & (result != bound) if bound is not None else at_bound
        return where(at_bound | (result != x), result, result.detach())

    return call


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_calls(found, forms("clamp"), functools.partial(inside, found.namespace.where))
    return found
