"""`backward` replaces `.grad` instead of adding to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "autograd.backward.expanded",
        "autograd.backward.gradient",
        "autograd.detach.saved",
        "autograd.grad.accumulate",
        "autograd.grad.assign",
        "autograd.grad.same-object",
        "autograd.graph.depth.long",
        "autograd.inputs.accumulate",
        "autograd.lifetime.retain",
        "autograd.parameter.thaw",
        "autograd.retain.forward",
        "autograd.retain.freed",
        "autograd.retain.kept",
        "autograd.retain.released",
        "autograd.retain.shared",
        "autograd.retain.shared-freed",
        "complex.grad.accumulate",
        "device.meta.gradient",
        "device.meta.graph",
        "device.module.grad-object",
        "device.parallel.gradient",
        "device.parallel.replicate",
        "device.parallel.scatter",
        "error.gradient",
        "error.state.backward",
        "function.save.freed",
        "function.save.inspect",
        "grad.higher.backward-plain",
        "grad.higher.backward-sum",
        "grad.thread.exception",
        "grad.thread.shared",
        "gradmode.no-grad.backward-inside",
        "gradmode.update.rebound",
        "hook.accumulated.call",
        "hook.checkpoint.calls",
        "hook.checkpoint.late",
        "hook.leaf.before",
        "hook.leaf.graphs",
        "hook.node.remove",
        "hook.retain.view",
        "hook.saved.again",
        "layer.batch.twice",
        "layer.embedding.sparse",
        "module.backward.inside",
        "module.load.gradient",
        "mutation.inplace.data",
        "mutation.saved.accumulated",
        "mutation.saved.optimizer",
        "mutation.saved.step-between",
        "optim.step.accumulated",
        "pointwise.igamma.gradient",
        "program.gan.both",
        "program.gan.freed",
        "program.gradients.accumulate",
        "program.regression.uncleared",
        "sequence.recurrent.gradient.freed",
        "view.gradient.pieces",
    ),
}


def leaves(root: Any) -> Iterator[Any]:
    """The leaves that a backward from `root` reaches."""
    if root.is_leaf:
        yield root
    pending, seen = [root.grad_fn], set()
    while pending:
        node = pending.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if hasattr(node, "variable"):
            yield node.variable
        pending += [following for following, _ in node.next_functions]


def broken(sound: Call) -> Call:
    """Gradients of earlier calls are forgotten."""

    def call(root: Any, *args: Any, **kwargs: Any) -> Any:
        for leaf in leaves(root):
            leaf.grad = None
        return sound(root, *args, **kwargs)

    return call


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_calls(found, ("Tensor.backward",), broken)
    return found
