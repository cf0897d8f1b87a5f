"""`cross_entropy` spreads the smoothing over the other classes alone, as some papers do."""

from __future__ import annotations

from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "derivative.loss.classes",
        "functional.gradient",
        "functional.gradient.second",
        "functional.loss.classes",
        "loss.classes",
        "loss.gradient",
        "loss.gradient.second",
        "loss.module",
    ),
}


def broken(sound: Call) -> Call:
    """The same formula with a little more smoothing."""

    def call(x: Any, target: Any, *args: Any, label_smoothing: float = 0.0, **kwargs: Any) -> Any:
        classes = x.shape[0 if x.dim() == 1 else 1]
        if 0 < label_smoothing < 1 < classes:
            label_smoothing = min(1.0, label_smoothing * classes / (classes - 1))
        return sound(x, target, *args, label_smoothing=label_smoothing, **kwargs)

    return call


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_calls(found, ("torch.nn.functional.cross_entropy",), broken)
    return found
