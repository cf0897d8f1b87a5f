"""`gradcheck` and `gradgradcheck` are content with every gradient."""

from __future__ import annotations

from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {"fail": ("grad.check.*",)}


def broken(sound: Call) -> Call:
    """True, whatever the function gives."""

    def call(function: Any, inputs: Any, *args: Any, **kwargs: Any) -> bool:
        return True

    return call


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_calls(found, ("torch.autograd.gradcheck", "torch.autograd.gradgradcheck"), broken)
    return found
