"""How writing in place changes the graph, and the checks that come before it.

A tensor that is overwritten gets the writing operation as its new origin. If it is a view, its root's history is
rewritten: the root is from now on "the old root, with that region replaced" (`CopySlices`). Other views of the root
notice by its version that their place in the graph is out of date, and compute it anew from the root by replaying the
calls that made them.
"""

from __future__ import annotations

from typing import Any

from ..gradmode import MODE
from ..tensor import INFERENCE, Tensor, View, counter, strides_of, tracked
from .anomaly import ANOMALY, remember
from .hooks import hooks
from .node import SEQUENCE, Edge, Gradients, Node, accumulator, operation_of, unsaving

MULTIPLE = "multiple"
NO_GRAD = "no_grad"
FUNCTION = "function"
INFERENCE_VIEW = "inference"


def edge_of(t: Tensor) -> Edge | None:
    """Where the gradient of a tensor goes: to the node that computed it, to its accumulator if it is a leaf that asked
    for it, or nowhere. A view made while nothing was recorded requires a gradient as its root does, and gets none."""
    if t._view is not None:
        refresh(t)
    if t._edge is not None:
        return t._edge
    return accumulator(t) if t._flag else None


def refresh(t: Tensor) -> None:
    """Brings a view's place in the graph up to date with its root."""
    view = t._view
    if view is None or view.version == counter(t).value or t._counter is INFERENCE:
        return
    recorded = tracked(view.base)
    if t._edge is None and not recorded:
        return
    if view.restriction is not None:
        raise RuntimeError(_forbidden(t, view, "its base or another view of its base has been"))
    edge = replay(view.base, calls_of(view))._edge if recorded else None
    _move(t, _strided(t, view.base, edge) if edge is None or t._dtype is view.base._dtype else edge)
    view.version = counter(t).value


def _move(t: Tensor, edge: Edge) -> None:
    """Gives a tensor another place in the graph. If it retains its gradient, it is the one that arrives there."""
    old = t._edge
    t._edge = edge
    if old is not None and t._meta is not None and t._meta.retains and old[0].hooks is not None:
        kept = old[0].hooks.retains.pop(old[1], None)
        if kept is not None:
            hooks(edge[0]).retains[edge[1]] = kept


class AsStridedBackward0(Node):
    """The place of a view in the graph after its root has changed: the replayed calls, shown as one."""

    __slots__ = ()
    args: Edge | None

    def gradient(self, grad: Tensor) -> Gradients:
        return grad

    @property
    def next_functions(self) -> tuple[tuple[Node | None, int], ...]:
        """The root's place."""
        return (self.args or (None, 0),)


def _strided(t: Tensor, base: Tensor, edge: Edge | None) -> Edge:
    outputs = ((t._array.shape, t._dtype, t._device),)
    return unsaving(AsStridedBackward0, (edge,), outputs, edge_of(base)), 0


def calls_of(view: View) -> tuple[Any, ...]:
    """The calls that make a view from its root. If the root's shape was changed in place since, the first of them
    views the root in its old layout."""
    m = view.base._meta
    if m is None or m.original is None or view.replay[0][0] is m.original[0]:
        return view.replay
    return (m.original, *view.replay)


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
        if view.base._edge is None:
            raise RuntimeError("a view of a leaf Variable that requires grad is being used in an in-place operation.")
    elif t._edge is None:
        raise RuntimeError("a leaf Variable that requires grad is being used in an in-place operation.")


def check_view(t: Tensor) -> None:
    """RuntimeError for views that may not be written: one of several outputs, or made without recording."""
    view = t._view
    if view is None or view.restriction is None:
        return
    raise RuntimeError(_forbidden(t, view, "is being"))


def _forbidden(t: Tensor, view: View, what: str) -> str:
    if t._edge is not None:
        name = operation_of(t._edge[0])
        start = f"Output {t._edge[1]} of {name} is a view and {what} modified inplace."
    elif view.restriction == INFERENCE_VIEW:
        start = f"A view was created in inference mode and {what} modified inplace in normal mode."
    else:
        start = f"A view was created in no_grad mode and {what} modified inplace with grad mode enabled."
    if view.restriction == MULTIPLE:
        return (
            f"{start} This view is the output of a function that returns multiple views. Such functions do not allow "
            "the output views to be modified inplace. You should replace the inplace operation by an out-of-place one."
        )
    if view.restriction == FUNCTION:
        return (
            f"{start} This view was created inside a custom Function (or because an input was returned as-is) and the "
            "autograd logic to handle view+inplace would override the custom backward associated with the custom "
            "Function, leading to incorrect gradients. This behavior is forbidden. You can fix this by cloning the "
            "output of the custom Function."
        )
    block = "inference_mode" if view.restriction == INFERENCE_VIEW else "no_grad"
    return (
        f"{start} Given that this use case is ambiguous and error-prone, it is forbidden. You can clarify your code by "
        f"moving both the view and the inplace either both inside the {block} block (if you don't want the inplace to "
        "be tracked) or both outside (if you want the inplace to be tracked)."
    )


class CopySlices(Node):
    """The root after a write through one of its views: the old root, with that region replaced."""

    __slots__ = ()
    args: tuple[tuple[Any, ...], tuple[int, ...]]

    def name(self) -> str:
        """Torch's name, which tells the namespace."""
        return "torch::autograd::CopySlices"

    @property
    def next_functions(self) -> tuple[tuple[Node | None, int], ...]:
        """The old root, and what was written into the region."""
        root, written = self.edges
        others = written[0].next_functions[1:] if written is not None else ()
        return (root or (None, 0), *others)

    def gradient(self, grad: Tensor) -> Gradients:
        """The region's gradient goes to what was written, the rest to the old root."""
        self.tensors()
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
            _move(t, edge)
            t._flag = False
        return
    if edge is None:
        return
    check_view(t)
    base = view.base
    node = CopySlices()
    old = edge_of(base)
    node.edges = (old, edge)
    node.saved, node.versions = (None,), (0,)  # freed by a pass, as torch frees the operation that wrote
    node.args = (calls_of(view), strides_of(base))
    node.hooks = None
    node.outputs = ((base._array.shape, base._dtype, base._device),)
    node.sequence = next(SEQUENCE)
    if ANOMALY.enabled:
        remember(node)
    _move(base, (node, 0))
    base._flag = False
    view.version = -1  # out of date: replayed from the root when next asked for
    if t._meta is not None and t._meta.retains:
        refresh(t)
