"""`from_numpy` copies instead of sharing memory."""

from __future__ import annotations

from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "autograd.lifetime.dropped",
        "autograd.lifetime.retain",
        "autograd.lifetime.saved",
        "device.default.array",
        "numpy.dtype.complex.alias",
        "numpy.dtype.unsigned",
        "numpy.import.alias",
        "numpy.import.alias.back",
        "numpy.import.alias.every",
        "numpy.import.broadcast",
        "numpy.import.inplace",
        "numpy.import.strided",
        "numpy.import.transposed",
        "numpy.import.zero-dim",
    ),
}


def broken(sound: Call) -> Call:
    """The import of a copy."""

    def call(array: Any) -> Any:
        return sound(array).clone()

    return call


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_calls(found, ("torch.from_numpy",), broken)
    return found
