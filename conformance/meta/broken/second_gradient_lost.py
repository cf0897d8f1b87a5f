"""`create_graph` is ignored: gradients are constants."""

from __future__ import annotations

from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "complex.gradient.complex.second",
        "derivative.second.kink",
        "fft.gradient.second",
        "func.grad.backward",
        "function.gradient.mode",
        "function.nested.backward",
        "function.once.second",
        "function.second.difference",
        "function.second.incoming",
        "function.second.output",
        "function.second.saved",
        "function.setup.output",
        "functional.gradient.second",
        "grad.anomaly.gradient",
        "grad.anomaly.second",
        "grad.anomaly.trace-induced",
        "grad.batch.second",
        "grad.graph.create",
        "grad.higher.*",
        "grad.thread.second",
        "grad.unused.materialize-second",
        "hook.checkpoint.grad",
        "hook.retain.second",
        "hook.saved.result",
        "hook.saved.second",
        "hook.saved.single-result",
        "hook.tensor.second",
        "index.call.gradient.second",
        "linalg.gradient.second",
        "loss.ctc.gradient",
        "loss.gradient.second",
        "module.zero-grad.graph",
        "optim.step.graph",
        "optim.zero-grad.graph",
        "pointwise.gradient.second",
        "reduce.gradient.second",
        "sequence.attention.gradient",
        "sequence.cell.gradient",
        "sequence.recurrent.gradient.second",
        "special.gradient.second",
        "view.move.gradient.second",
    ),
}


def broken(sound: Call) -> Call:
    """The graph of the gradient is never kept."""

    def call(*args: Any, **kwargs: Any) -> Any:
        create = kwargs.pop("create_graph", False)
        return sound(*args, **{"retain_graph": create or None, **kwargs})

    return call


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_calls(found, ("Tensor.backward", "torch.autograd.backward", "torch.autograd.grad"), broken)
    return found
