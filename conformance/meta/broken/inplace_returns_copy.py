"""`add_` and `mul_` change their target and return a copy of it."""

from __future__ import annotations

from conformance.backend import Backend
from conformance.meta.broken.sound import base, copying, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "broadcast.inplace.operation",
        "broadcast.inplace.other",
        "device.meta.version",
        "function.dirty.inplace",
        "function.dirty.leaf",
        "function.dirty.plain",
        "function.dirty.type",
        "function.dirty.untracked",
        "function.dirty.view",
        "inplace.method.chain",
        "inplace.method.integer",
        "inplace.method.memory",
        "inplace.method.self",
        "mutation.inplace.history",
        "optim.average.lists",
        "pointwise.forms",
    ),
}


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_calls(found, ("Tensor.add_", "Tensor.mul_"), copying)
    return found
