"""`rand` takes `generator=` and draws from the default generator all the same."""

from __future__ import annotations

from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "random.generator.independent",
        "random.generator.same",
        "random.generator.two",
        "random.generator.default",
        "random.generator.move",
        "random.generator.state.refused",
        "random.generator.clone",
        "random.generator.keyword",
        "random.generator.elsewhere",
    ),
}


def broken(sound: Call) -> Call:
    """The sound operation without its generator, once that is known to be one."""

    def call(*args: Any, generator: Any = None, **kwargs: Any) -> Any:
        if generator is not None:
            sound(0, generator=generator)
        return sound(*args, **kwargs)

    return call


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_calls(found, ("torch.rand",), broken)
    return found
