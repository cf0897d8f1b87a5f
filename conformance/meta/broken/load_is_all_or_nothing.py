"""A state that does not fit is not loaded at all: what would have fitted stays as it was."""

from __future__ import annotations

from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "module.load.hook.result",
        "module.load.mismatch",
        "module.load.missing",
        "module.load.type",
        "module.load.unexpected",
    ),
}


def backend() -> Backend:
    """The broken backend."""
    found = base()
    no_grad = found.namespace.no_grad

    def broken(sound: Call) -> Call:
        def call(module: Any, *args: Any, **kwargs: Any) -> Any:
            held = [t for t in (*module.parameters(), *module.buffers()) if not found.namespace.nn.parameter.is_lazy(t)]
            before = [t.detach().clone() for t in held]
            try:
                return sound(module, *args, **kwargs)
            except Exception:
                with no_grad():
                    for t, value in zip(held, before, strict=True):
                        t.copy_(value)
                raise

        return call

    replace_calls(found, ("nn.Module.load_state_dict",), broken)
    return found
