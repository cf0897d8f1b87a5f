"""Where the graph of a tensor leads: to leaves of the user's, or to those alone that a transform made for itself."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from ..gradmode import MODE
from ..tensor import Tensor, alias, counter, tracked
from .history import edge_of
from .node import AccumulateGrad, Gradients, Node, unsaving


class Entrance(Node):
    """The place where a tensor enters a transform: an identity."""

    __slots__ = ()

    def gradient(self, grad: Tensor) -> Gradients:
        return grad


class Dual(Entrance):
    """The entrance of a dual tensor. Its `args` are the tangent and the level."""

    __slots__ = ()


def entered(t: Tensor, kind: type[Node] = Entrance, args: Any = None) -> Tensor:
    """A tensor of the same memory that stands for `t` in a transform, with a node of its own."""
    inside = alias(t, counter(t))
    inside._edge = (unsaving(kind, (edge_of(t),), ((t._array.shape, t._dtype, t._device),), args), 0)
    return inside


def nodes_of(t: Tensor) -> Iterator[Node]:
    """Every node that the graph of a tensor leads to."""
    edge = edge_of(t) if tracked(t) else None
    if edge is None:
        return
    stack, seen = [edge[0]], {edge[0]}
    while stack:
        node = stack.pop()
        yield node
        for following in node.edges:
            if following is not None and following[0] not in seen:
                seen.add(following[0])
                stack.append(following[0])


def duals(t: Tensor) -> list[Dual]:
    """The entrances of the dual tensors of the open level that a tensor was computed from."""
    if MODE.dual is None:
        return []
    return [n for n in nodes_of(t) if isinstance(n, Dual) and n.args[1] is MODE.dual]


def leads_outside(t: Tensor, own: Collection[int] = ()) -> bool:
    """Whether the graph of a tensor leads to a leaf other than those whose `id` is in `own`."""
    return any(type(node) is AccumulateGrad and id(node.variable) not in own for node in nodes_of(t))


def released(t: Tensor, own: Collection[int], recording: bool) -> Tensor:
    """What a transform gives to its caller: without history, unless its graph leads to leaves of the caller's."""
    if not tracked(t) or (recording and leads_outside(t, own)):
        return t
    return alias(t, counter(t))
