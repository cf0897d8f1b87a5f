"""An optimizer takes the options of a loaded state, and goes on with the state that it has."""

from __future__ import annotations

from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import base

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "device.optimizer.load",
        "optim.load.complex",
        "optim.load.continued",
        "optim.load.dtype",
        "optim.load.number",
        "optim.load.unknown",
        "optim.object.custom",
        "program.pipeline.resumed",
        "save.state.optimizer",
        "save.state.resumed",
    ),
}


def backend() -> Backend:
    """The broken backend."""
    found = base()
    optimizer = found.namespace.optim.Optimizer
    sound = optimizer.load_state_dict

    def load_state_dict(self: Any, state_dict: Any) -> None:
        kept = self.state
        sound(self, state_dict)
        self.state = kept

    optimizer.load_state_dict = load_state_dict
    return found
