"""`torch.autograd.grad` adds what it returns to the `.grad` of the leaves."""

from __future__ import annotations

from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "complex.gradient.complex.second",
        "function.once.second",
        "grad.anomaly.second",
        "grad.call.untouched",
        "grad.graph.freed",
        "grad.graph.retain",
        "grad.higher.constant",
        "grad.higher.history",
        "grad.higher.inner-step",
        "grad.input.leaf",
        "hook.checkpoint.grad",
        "hook.edge.input",
        "hook.edge.root",
        "hook.nested.grad",
        "hook.saved.single-result",
        "hook.tensor.grad",
        "loss.adaptive",
        "loss.linear.options",
        "program.gan.freed",
    ),
}


def several(inputs: Any) -> Any:
    """A dict as it is; a tensor or an edge of the graph, and anything that gives some, as a list."""
    if isinstance(inputs, dict):
        return inputs
    return [inputs] if hasattr(inputs, "grad_fn") or hasattr(inputs, "node") else list(inputs)


def broken(sound: Call) -> Call:
    """As backward does."""

    def call(outputs: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        leaves = several(inputs)
        found = sound(outputs, leaves, *args, **kwargs)
        for leaf, gradient in zip(leaves, found, strict=True) if isinstance(found, tuple) else ():
            if getattr(leaf, "is_leaf", False) and gradient is not None and gradient.shape == leaf.shape:
                leaf.grad = gradient.detach().clone() if leaf.grad is None else leaf.grad + gradient.detach()
        return found

    return call


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_calls(found, ("torch.autograd.grad",), broken)
    return found
