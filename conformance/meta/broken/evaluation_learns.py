"""Batch normalisation goes on moving its running statistics in evaluation."""

from __future__ import annotations

from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "layer.batch.definition",
        "layer.batch.evaluation",
        "program.resnet.evaluation",
    ),
}


def broken(sound: Call) -> Call:
    """The sound result, and then a step as in training."""

    def call(module: Any, input: Any) -> Any:
        result = sound(module, input)
        if not module.training and module.track_running_stats and input.numel() > module.num_features:
            module.training = True
            sound(module, input.detach())
            module.training = False
        return result

    return call


def backend() -> Backend:
    """The broken backend."""
    found = base()
    for name in ("BatchNorm1d", "BatchNorm2d", "BatchNorm3d"):
        kind = getattr(found.namespace.nn, name)
        kind.forward = broken(kind.forward)
    return found
