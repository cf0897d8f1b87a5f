"""`torch.autograd.grad` gives zeros for inputs that the outputs do not depend on."""

from __future__ import annotations

from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "error.gradient",
        "function.gradient.none-single",
        "grad.batch.unused",
        "grad.input.flag-later",
        "grad.input.other",
        "grad.input.overwritten",
        "grad.input.view-apart",
        "grad.input.view-written",
        "grad.unused.later",
        "grad.unused.none",
        "grad.unused.refused",
    ),
}


def several(inputs: Any) -> Any:
    """A dict as it is; a tensor or an edge of the graph, and anything that gives some, as a list."""
    if isinstance(inputs, dict):
        return inputs
    return [inputs] if hasattr(inputs, "grad_fn") or hasattr(inputs, "node") else list(inputs)


def broken(sound: Call) -> Call:
    """Zeros, as `materialize_grads` gives them, unless the options contradict each other."""

    def call(outputs: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        listed = several(inputs)
        if not kwargs.get("materialize_grads") and all(hasattr(each, "grad_fn") for each in listed):
            kwargs = {**kwargs, "allow_unused": None, "materialize_grads": True}
        return sound(outputs, listed, *args, **kwargs)

    return call


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_calls(found, ("torch.autograd.grad",), broken)
    return found
