"""`add` forgets to write to `out`."""

from __future__ import annotations

from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "broadcast.overlap.dimension",
        "broadcast.overlap.out",
        "device.meta.out",
        "device.mix.out",
        "device.mix.refused",
        "device.mix.untouched",
        "device.zero-dim.target",
        "dtype.out.pairs",
        "error.gradient",
        "inplace.method.memory",
        "inplace.out.category",
        "inplace.out.dtype",
        "inplace.out.empty",
        "inplace.out.gradient",
        "inplace.out.overlap",
        "inplace.out.resized",
        "inplace.out.resized.alias",
        "inplace.out.returned",
        "inplace.out.strides",
        "pointwise.forms",
    ),
}


def broken(sound: Call) -> Call:
    """A result of its own."""

    def call(*args: Any, out: Any = None, **kwargs: Any) -> Any:
        return sound(*args, **kwargs)

    return call


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_calls(found, ("torch.add",), broken)
    return found
