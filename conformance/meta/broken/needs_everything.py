"""`ctx.needs_input_grad` is True for every argument of a custom Function."""

from __future__ import annotations

import functools
from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, replace_functions

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "function.needs.no-grad",
        "function.needs.tuple",
        "function.needs.untracked",
        "function.setup.untracked",
    ),
}


def broken(sound: Call) -> Call:
    """Before the first use of the context everything in it is needed."""

    @functools.wraps(sound)
    def call(ctx: Any, *args: Any, **kwargs: Any) -> Any:
        ctx.needs_input_grad = (True,) * len(ctx.needs_input_grad)
        return sound(ctx, *args, **kwargs)

    return call


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_functions(found, broken)
    return found
