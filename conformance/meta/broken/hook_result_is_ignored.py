"""What a tensor's hook returns is ignored: hooks only look."""

from __future__ import annotations

from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "hook.accumulated.order",
        "hook.checkpoint.hooks",
        "hook.edge.hooks",
        "hook.handle.block",
        "hook.handle.remove",
        "hook.handle.same",
        "hook.inplace.leaf",
        "hook.inplace.replaced",
        "hook.leaf.before",
        "hook.leaf.graphs",
        "hook.leaf.parameter",
        "hook.nested.grad",
        "hook.node.order",
        "hook.node.unused",
        "hook.retain.inplace",
        "hook.retain.order",
        "hook.tensor.chain",
        "hook.tensor.complex",
        "hook.tensor.deleted",
        "hook.tensor.device",
        "hook.tensor.dtype",
        "hook.tensor.function",
        "hook.tensor.grad",
        "hook.tensor.inputs",
        "hook.tensor.mismatch",
        "hook.tensor.order",
        "hook.tensor.output",
        "hook.tensor.place",
        "hook.tensor.replaced",
        "hook.tensor.root",
        "hook.tensor.second",
        "hook.tensor.type",
        "hook.tensor.untracked",
        "hook.tensor.wanted",
        "save.grad.hook",
    ),
}


def broken(sound: Call) -> Call:
    """Every hook returns None."""

    def call(t: Any, hook: Any) -> Any:
        return sound(t, lambda grad: [hook(grad)].clear())

    return call


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_calls(found, ("Tensor.register_hook",), broken)
    return found
