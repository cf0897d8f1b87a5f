"""A checkpointed function that draws random numbers draws others the second time."""

from __future__ import annotations

from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {"fail": ("hook.checkpoint.random",)}


def broken(sound: Call) -> Call:
    """The state of the random numbers is never kept."""

    def call(*args: Any, **kwargs: Any) -> Any:
        return sound(*args, **{**kwargs, "preserve_rng_state": False})

    return call


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_calls(found, ("torch.utils.checkpoint.checkpoint",), broken)
    return found
