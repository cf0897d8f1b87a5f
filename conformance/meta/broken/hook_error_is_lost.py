"""An exception in a tensor's hook is lost, and backward goes on."""

from __future__ import annotations

import contextlib
from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "hook.exception.class",
        "hook.exception.mode",
        "hook.exception.next",
        "hook.exception.own",
        "hook.exception.stops",
        "hook.exception.rest",
        "hook.exception.retained",
        "hook.nested.exception",
        "hook.nested.untracked",
    ),
}


def broken(sound: Call) -> Call:
    """As if the hook had returned None."""

    def call(t: Any, hook: Any) -> Any:
        def quiet(grad: Any) -> Any:
            with contextlib.suppress(Exception):
                return hook(grad)

        return sound(t, quiet)

    return call


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_calls(found, ("Tensor.register_hook",), broken)
    return found
