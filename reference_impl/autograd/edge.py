"""A place in the graph by itself: without the tensor that is computed there."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..tensor import Tensor, wrap
from .history import edge_of
from .node import Node


class GradientEdge(NamedTuple):
    """An output of a node, where a gradient is computed. It keeps the graph alive, and not the tensor."""

    node: Node
    output_nr: int
    ownership_token: Node | None = None


def get_gradient_edge(tensor: Tensor) -> GradientEdge:
    """The place of a tensor: a root or an input of `backward` and `grad`. RuntimeError on a tensor without gradient."""
    edge = edge_of(tensor)
    if edge is None:
        raise RuntimeError("It is not possible to get the gradient edge for a Tensor that does not require gradients")
    return GradientEdge(*edge)


def stand_in(edge: GradientEdge) -> Tensor:
    """A tensor without values in the place of the one that was computed there."""
    shape, dtype, device = edge.node.outputs[edge.output_nr]
    t = wrap(np.broadcast_to(np.zeros((), dtype.numpy), shape), dtype, device)
    t._edge = edge.node, edge.output_nr
    return t
