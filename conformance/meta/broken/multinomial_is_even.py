"""`multinomial` draws every place equally often, whatever the weights."""

from __future__ import annotations

from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, forms, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "random.multinomial.shape",
        "random.multinomial.distinct",
        "random.multinomial.weights",
        "random.multinomial.out",
        "random.multinomial.moments",
    ),
}


def broken(sound: Call) -> Call:
    """The sound operation on weights that are all one."""

    def call(x: Any, *args: Any, **kwargs: Any) -> Any:
        sound(x, *args, **kwargs)  # refuses what is to be refused
        return sound(x * 0 + 1, *args, **kwargs)

    return call


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_calls(found, forms("multinomial"), broken)
    return found
