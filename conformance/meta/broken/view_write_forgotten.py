"""What is written through a view changes the values of its base and not its history."""

from __future__ import annotations

from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "autograd.graph.depth.view",
        "autograd.refused.state",
        "complex.gradient.inplace",
        "complex.gradient.inplace.refused",
        "function.result.view-inplace",
        "function.result.view-multiple",
        "grad.input.view-written",
        "gradmode.inference.view-changed",
        "gradmode.update.view",
        "hook.inplace.view",
        "hook.retain.view",
        "module.backward.inplace",
        "mutation.buffer.view",
        "mutation.history.*",
        "mutation.inplace.every",
        "mutation.leaf.plain-view",
        "mutation.leaf.view",
        "mutation.view.*",
        "view.split.unsafe",
    ),
}
METHODS = ("add_", "copy_", "fill_", "mul_", "neg_", "relu_", "zero_")


def backend() -> Backend:
    """The broken backend."""
    found = base()

    def broken(sound: Call) -> Call:
        """Unrecorded where the target is a view."""

        def call(target: Any, *args: Any, **kwargs: Any) -> Any:
            if target._base is None:
                return sound(target, *args, **kwargs)
            with found.namespace.no_grad():
                return sound(target, *args, **kwargs)

        return call

    replace_calls(found, [f"Tensor.{name}" for name in METHODS], broken)
    return found
