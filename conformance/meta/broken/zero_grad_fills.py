"""`zero_grad` of modules and optimizers fills gradients with zeros, as it did before PyTorch 2.0."""

from __future__ import annotations

from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "device.optimizer.several",
        "device.optimizer.zero",
        "hook.accumulated.optimizer",
        "module.zero-grad.none",
        "optim.object.missing",
        "optim.zero-grad.none",
        "program.lenet.grad",
        "program.shared.curve",
    ),
}


def broken(sound: Call) -> Call:
    """What is asked for does not count."""

    def call(holder: Any, set_to_none: bool = True) -> Any:
        return sound(holder, False)

    return call


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_calls(found, ("torch.nn.Module.zero_grad", "torch.optim.Optimizer.zero_grad"), broken)
    return found
