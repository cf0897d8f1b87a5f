"""Hooks after accumulation are called before it."""

from __future__ import annotations

from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "hook.accumulated.call",
        "hook.accumulated.grad",
        "hook.accumulated.optimizer",
        "hook.accumulated.order",
        "hook.accumulated.remove",
        "hook.accumulated.type",
        "hook.accumulated.step",
        "hook.exception.accumulated",
        "hook.node.leaf",
    ),
}


def broken(sound: Call) -> Call:
    """Called as an ordinary hook of the leaf is, whose result counts for nothing."""

    def call(leaf: Any, hook: Any) -> Any:
        sound(leaf, lambda _: None).remove()  # refuses what it refuses
        return leaf.register_hook(lambda grad: [hook(leaf)].clear())

    return call


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_calls(found, ("Tensor.register_post_accumulate_grad_hook",), broken)
    return found
