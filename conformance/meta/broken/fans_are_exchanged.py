"""The initialisers of Kaiming take the fan out for the fan in."""

from __future__ import annotations

from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": ("init.fan", "init.fan.normal", "layer.init.kaiming"),
}

OTHER = {"fan_in": "fan_out", "fan_out": "fan_in"}


def broken(sound: Call) -> Call:
    """The sound function, told the other fan."""

    def call(tensor: Any, a: float = 0, mode: str = "fan_in", *args: Any, **kwargs: Any) -> Any:
        return sound(tensor, a, OTHER.get(mode.lower(), mode), *args, **kwargs)

    return call


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_calls(found, ("torch.nn.init.kaiming_uniform_", "torch.nn.init.kaiming_normal_"), broken)
    return found
