"""`torch.load` gives each tensor memory of its own."""

from __future__ import annotations

from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "archive.legacy.loaded",
        "archive.parameters",
        "archive.read",
        "save.container.itself",
        "save.container.object",
        "save.dtype.every",
        "save.location.*",
        "save.mmap.values",
        "save.parameter.shared",
        "save.share.*",
        "save.tensor.conjugate",
        "save.tensor.offset",
        "save.tensor.whole",
    ),
}


def apart(thing: Any) -> Any:
    """The same lists, tuples and dictionaries with copies of plain tensors."""
    if type(thing) in (list, tuple):
        held = [each if each is thing else apart(each) for each in thing]
        return type(thing)(held)
    if type(thing) is dict:
        return {key: apart(value) for key, value in thing.items()}
    plain = type(thing).__name__ == "Tensor" and not thing.is_meta and not vars(thing)
    return thing.detach().clone().requires_grad_(thing.requires_grad) if plain else thing


def broken(sound: Call) -> Call:
    """As if each tensor had been saved alone."""

    def call(*args: Any, **kwargs: Any) -> Any:
        return apart(sound(*args, **kwargs))

    return call


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_calls(found, ("torch.load",), broken)
    return found
