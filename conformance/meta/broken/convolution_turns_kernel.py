"""Convolution turns its kernel round before it slides it, as the word has it in mathematics."""

from __future__ import annotations

from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "functional.conv.adjoint",
        "functional.conv.definition",
        "functional.conv.orientation",
        "functional.conv.planes",
        "functional.conv.same",
        "functional.conv.time",
        "functional.conv.volumes",
        "functional.fold.product",
        "functional.gradient",
        "functional.gradient.complex",
        "functional.gradient.second",
        "functional.names",
        "layer.conv.definition",
        "layer.conv.padding-mode",
    ),
}


def broken(sound: Call) -> Call:
    """The sound convolution with a kernel turned round."""

    def call(x: Any, weight: Any, *args: Any, **kwargs: Any) -> Any:
        return sound(x, weight.flip(*range(2, weight.ndim)), *args, **kwargs)

    return call


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_calls(found, [f"torch.nn.functional.conv{n}d" for n in (1, 2, 3)], broken)
    return found
