"""A second backward through a graph that was freed is accepted."""

from __future__ import annotations

from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "autograd.lifetime.retain",
        "autograd.lifetime.saved",
        "autograd.retain.freed",
        "autograd.retain.released",
        "autograd.retain.shared-freed",
        "device.meta.graph",
        "error.gradient",
        "error.state.backward",
        "function.ctx.free",
        "function.save.freed",
        "function.save.lifetime",
        "grad.batch.freed",
        "grad.graph.below",
        "grad.graph.create",
        "grad.graph.freed",
        "grad.higher.freed",
        "grad.thread.exception",
        "hook.checkpoint.calls",
        "hook.saved.freed",
        "hook.saved.read",
        "hook.saved.single-refused",
        "mutation.saved.freed",
        "program.gan.freed",
        "sequence.recurrent.gradient.freed",
    ),
}


def broken(sound: Call) -> Call:
    """Every backward keeps the graph."""

    def call(*args: Any, **kwargs: Any) -> Any:
        return sound(*args, **{**kwargs, "retain_graph": True})

    return call


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_calls(found, ("Tensor.backward", "torch.autograd.backward", "torch.autograd.grad"), broken)
    return found
