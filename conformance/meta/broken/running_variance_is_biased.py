"""`batch_norm` keeps the variance of the batch, divided by its size, where the running variance wants the estimate."""

from __future__ import annotations

from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": ("functional.norm.running",),
}


def broken(sound: Call) -> Call:
    """What the running variance gained, less one part of the batch's size."""

    def call(x: Any, mean: Any, variance: Any, *args: Any, **kwargs: Any) -> Any:
        kept = 1 - (kwargs.get("momentum") or 0.1)
        before = None if variance is None else variance.clone()
        result = sound(x, mean, variance, *args, **kwargs)
        if kwargs.get("training") and before is not None and x.numel():
            gained = variance - before * kept
            variance.sub_(gained * x.shape[1] / x.numel())
        return result

    return call


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_calls(found, ("torch.nn.functional.batch_norm",), broken)
    return found
