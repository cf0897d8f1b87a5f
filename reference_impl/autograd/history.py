"""How writing in place changes the graph, and the checks that come before it.

A tensor that is overwritten gets the writing operation as its new origin. If it is a view, its root's history is
rewritten: the root is from now on "the old root, with that region replaced" (`CopySlices`). Other views of the root
notice by its version that their place in the graph is out of date, and compute it anew from the root by replaying the
calls that made them.
"""

from __future__ import annotations

from typing import Any

from ..gradmode import MODE
from ..tensor import INFERENCE, Tensor, counter, strides_of, tracked
from .node import SEQUENCE, Edge, Gradients, Node, accumulator

MULTIPLE = "multiple"
NO_GRAD = "no_grad"
INFERENCE_VIEW = "inference"


def edge_of(t: Tensor) -> Edge | None:
    """Where the gradient of a tensor goes: to the node that computed it, to its accumulator if it is a leaf, or
    nowhere."""
    if t._view is not None:
        refresh(t)
    if t._edge is not None:
        return t._edge
    return accumulator(t) if tracked(t) else None


def refresh(t: Tensor) -> None:
    """Brings a view's place in the graph up to date with its root."""
    view = t._view
    if view is None or view.version == counter(t).value or t._counter is INFERENCE:
        return
    if view.base._edge is None or view.restriction == NO_GRAD:
        return
    replayed = replay(view.base, view.replay)
    t._edge = replayed._edge
    view.version = counter(t).value


def replay(base: Tensor, calls: tuple[Any, ...]) -> Tensor:
    """The view of `base` made by the calls `(function, args)` one after the other, recorded."""
    before = MODE.grad
    MODE.grad = True
    try:
        for function, args, output in calls:
            base = function(base, *args)
            if output is not None:
                base = base[output]
    finally:
        MODE.grad = before
    return base


def check_inplace(t: Tensor) -> None:
    """RuntimeError where writing into the tensor would break a gradient: a leaf, a view of a leaf, certain views."""
    if t._counter is INFERENCE:
        if not MODE.inference:
            raise RuntimeError(
                "Inplace update to inference tensor outside InferenceMode is not allowed."
                "You can make a clone to get a normal tensor before doing inplace update."
                "See https://github.com/pytorch/rfcs/pull/17 for more details."
            )
        return
    if not MODE.grad or not tracked(t):
        return
    view = t._view
    if view is not None:
        check_view(t)
        if view.base._edge is None and tracked(view.base):
            raise RuntimeError("a view of a leaf Variable that requires grad is being used in an in-place operation.")
    elif t._edge is None:
        raise RuntimeError("a leaf Variable that requires grad is being used in an in-place operation.")


def check_view(t: Tensor) -> None:
    """RuntimeError for views that may not be written: one of several outputs, or made without recording."""
    view = t._view
    if view is None or view.restriction is None:
        return
    if view.restriction == MULTIPLE:
        node = t._edge[0].name().removesuffix("Backward0") if t._edge is not None else "Unbind"
        raise RuntimeError(
            f"Output {view.output} of {node} is a view and is being modified inplace. This view is the output of a "
            "function that "
            "returns multiple views. Such functions do not allow the output views to be modified inplace. You should "
            "replace "
            "the inplace operation by an out-of-place one."
        )
    mode = "inference mode" if view.restriction == INFERENCE_VIEW else "no_grad mode"
    raise RuntimeError(
        f"A view was created in {mode} and is being modified inplace with grad mode enabled. Given that this use case "
        "is ambiguous "
        "and error-prone, it is forbidden. You can clarify your code by moving both the view and the inplace either "
        "both inside "
        f"the {'inference_mode' if view.restriction == INFERENCE_VIEW else 'no_grad'} block (if you don't want the "
        "inplace to be "
        "tracked) or both outside (if you want the inplace to be tracked)."
    )


class CopySlices(Node):
    """The root after a write through one of its views: the old root, with that region replaced."""

    __slots__ = ()
    args: tuple[tuple[Any, ...], tuple[int, ...]]

    def gradient(self, grad: Tensor) -> Gradients:
        """The region's gradient goes to what was written, the rest to the old root."""
        calls, stride = self.args
        rest: Tensor | None = None
        if self.needs(0):
            rest = _like_root(grad, stride)
            region = rest
            for function, args, output in calls:
                region = function(region, *args)
                region = region if output is None else region[output]
            region.zero_()
        written = _like_root(grad, stride) if self.needs(1) else None
        if written is not None:
            for function, args, output in calls:
                written = function(written, *args)
                written = written if output is None else written[output]
        return rest, written


def _like_root(grad: Tensor, stride: tuple[int, ...]) -> Tensor:
    """A recorded copy of the gradient, its dimensions in the root's order: what viewed the root can view it."""
    order = sorted(range(len(stride)), key=lambda i: -stride[i])
    rows = grad.permute(order)
    copy = rows.clone() if rows._array.flags.c_contiguous else rows.contiguous()
    return copy.permute([order.index(i) for i in range(len(order))])


def rebase(t: Tensor, edge: Edge | None) -> None:
    """Makes `edge` the origin of a tensor that was just overwritten (its version is already raised)."""
    view = t._view
    if view is None:
        if edge is not None:
            t._edge = edge
            t._flag = False
        return
    if edge is None:
        return
    check_view(t)
    base = view.base
    node = CopySlices()
    old = edge_of(base)
    node.edges = (old, edge)
    node.saved = node.versions = ()
    node.args = (view.replay, strides_of(base))
    node.hooks = None
    node.outputs = ((base._array.shape, base._dtype, base._device),)
    node.sequence = next(SEQUENCE)
    base._edge = (node, 0)
    base._flag = False
    view.version = -1  # out of date: replayed from the root when next asked for
