"""Backward through a saved tensor that has changed since is accepted."""

from __future__ import annotations

from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "complex.gradient.saved",
        "derivative.inplace.saved",
        "error.gradient",
        "function.dirty.version",
        "function.save.changed",
        "function.save.output-changed",
        "functional.conv.saved",
        "grad.anomaly.trace-changed",
        "gradmode.inference.write-saved",
        "hook.checkpoint.changed",
        "hook.saved.version",
        "init.inplace.history",
        "linalg.gradient.watched",
        "loss.saved",
        "module.load.gradient",
        "mutation.buffer.index-saved",
        "mutation.buffer.saved-changed",
        "mutation.history.random",
        "mutation.inplace.after-saved",
        "mutation.saved.accumulated",
        "mutation.saved.again",
        "mutation.saved.alias",
        "mutation.saved.base",
        "mutation.saved.branch",
        "mutation.saved.factor",
        "mutation.saved.index",
        "mutation.saved.input",
        "mutation.saved.mask",
        "mutation.saved.matmul",
        "mutation.saved.message",
        "mutation.saved.message-saved",
        "mutation.saved.no-grad",
        "mutation.saved.optimizer",
        "mutation.saved.part",
        "mutation.saved.result",
        "mutation.saved.same-values",
        "mutation.saved.self-product",
        "mutation.saved.step",
        "mutation.saved.step-between",
        "program.gan.between",
        "sequence.recurrent.gradient.saved",
    ),
}


def broken(sound: Call) -> Call:
    """No complaint about versions."""

    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            sound(*args, **kwargs)
        except RuntimeError as error:
            if "modified by an inplace operation" not in str(error):
                raise

    return call


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_calls(found, ("Tensor.backward", "torch.autograd.backward"), broken)
    return found
