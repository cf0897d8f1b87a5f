"""`transpose` has the right values and strides, in memory of its own."""

from __future__ import annotations

from conformance.backend import Backend
from conformance.meta.broken.sound import base, copying, forms, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "mutation.history.random",
        "mutation.history.view",
        "view.alias.every",
        "view.permute.layout",
        "view.stride.every",
        "view.transpose.alias",
    ),
}


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_calls(found, forms("transpose"), copying)
    return found
