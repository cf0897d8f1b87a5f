"""A loader shuffles once: every epoch has the order of the first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import base

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": ("data.loader.shuffle", "data.loader.shuffle.global", "data.sampler.random"),
}


def backend() -> Backend:
    """The broken backend."""
    found = base()
    kind = found.namespace.utils.data.RandomSampler
    sound = kind.__iter__

    def call(self: Any) -> Iterator[int]:
        if not hasattr(self, "_order"):
            self._order = list(sound(self))
        return iter(self._order)

    kind.__iter__ = call
    return found
