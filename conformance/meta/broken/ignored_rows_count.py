"""The mean of `cross_entropy` and `nll_loss` is taken over all rows, those with an ignored target too."""

from __future__ import annotations

from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "derivative.loss.classes",
        "loss.classes.ignored",
        "loss.classes.infinite",
    ),
}


def broken(sound: Call) -> Call:
    """The sum over the number of rows."""

    def call(x: Any, target: Any, weight: Any = None, *args: Any, **kwargs: Any) -> Any:
        plain = kwargs.get("reduction", "mean") == "mean" and weight is None and not args
        if not plain or target.is_floating_point():
            return sound(x, target, weight, *args, **kwargs)
        return sound(x, target, **{**kwargs, "reduction": "sum"}) / max(target.numel(), 1)

    return call


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_calls(found, ("torch.nn.functional.cross_entropy", "torch.nn.functional.nll_loss"), broken)
    return found
