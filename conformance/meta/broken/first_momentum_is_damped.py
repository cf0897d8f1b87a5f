"""SGD's velocity begins with zeros, so that dampening weighs on the first gradient too."""

from __future__ import annotations

from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import base

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "optim.hook.arguments",
        "optim.hook.step",
        "optim.sgd.rule",
    ),
}


def backend() -> Backend:
    """The broken backend."""
    found = base()
    sgd = found.namespace.optim.SGD
    sound = sgd.step

    def step(self: Any, closure: Any = None) -> Any:
        for group in self.param_groups:
            for p in group["params"] if group["momentum"] else ():
                if p.grad is not None and "momentum_buffer" not in self.state[p]:
                    self.state[p]["momentum_buffer"] = found.namespace.zeros_like(p)
        return sound(self, closure)

    step.hooked = getattr(sound, "hooked", False)  # type: ignore[attr-defined]
    sgd.step = step
    return found
