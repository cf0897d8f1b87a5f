"""`StepLR` multiplies the rate one epoch after the step has ended."""

from __future__ import annotations

from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import base

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "schedule.chained",
        "schedule.formula",
        "schedule.order",
        "schedule.order.before",
        "schedule.order.kept",
        "schedule.rate.outside",
        "schedule.sequence",
        "schedule.state.loaded",
    ),
}


def late(sound: Any) -> Any:
    """The class with another `get_lr`."""

    def get_lr(self: Any) -> list[Any]:
        rates = [group["lr"] for group in self.optimizer.param_groups]
        ends = self.last_epoch > 1 and (self.last_epoch - 1) % self.step_size == 0
        return [rate * self.gamma for rate in rates] if ends else rates

    return type("StepLR", (sound,), {"get_lr": get_lr})


def backend() -> Backend:
    """The broken backend."""
    found = base()
    schedulers = found.namespace.optim.lr_scheduler
    schedulers.StepLR = late(schedulers.StepLR)
    return found
