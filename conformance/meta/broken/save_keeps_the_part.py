"""`torch.save` saves of a view what it shows, and not the memory that it shows a part of."""

from __future__ import annotations

from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "save.dtype.every",
        "save.grad.hook",
        "save.tensor.conjugate",
        "save.tensor.offset",
    ),
}


def broken(sound: Call) -> Call:
    """A plain tensor that is saved alone is copied first."""

    def call(obj: Any, *args: Any, **kwargs: Any) -> None:
        if type(obj).__name__ == "Tensor" and str(obj.layout) == "torch.strided" and not vars(obj):
            obj = obj.detach().clone().requires_grad_(obj.requires_grad)
        sound(obj, *args, **kwargs)

    return call


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_calls(found, ("torch.save",), broken)
    return found
