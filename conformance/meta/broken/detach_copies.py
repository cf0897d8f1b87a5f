"""`detach` copies instead of sharing memory."""

from __future__ import annotations

from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "autograd.detach.alias",
        "autograd.detach.plain",
        "gradmode.no-grad.detach",
        "mutation.inplace.detached",
        "mutation.version.detach",
        "mutation.version.late",
        "numpy.export.detached",
        "view.alias.every",
    ),
}


def broken(sound: Call) -> Call:
    """A copy of the view."""

    def call(*args: Any, **kwargs: Any) -> Any:
        return sound(*args, **kwargs).clone()

    return call


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_calls(found, ("Tensor.detach",), broken)
    return found
