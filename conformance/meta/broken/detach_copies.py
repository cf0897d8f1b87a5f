"""`detach` copies instead of sharing memory."""

from __future__ import annotations

from conformance.backend import Backend
from conformance.meta.broken.sound import base, copying, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "autograd.detach.alias",
        "autograd.detach.plain",
        "device.duplicate.deep",
        "device.duplicate.pickle",
        "device.module.nothing",
        "gradmode.no-grad.detach",
        "mutation.inplace.detached",
        "mutation.saved.again",
        "mutation.version.detach",
        "mutation.version.late",
        "numpy.export.detached",
        "save.share.detached",
        "view.alias.every",
        "view.stride.every",
    ),
}


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_calls(found, ("Tensor.detach",), copying)
    return found
