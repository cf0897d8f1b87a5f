"""The hooks of a node: functions that see, and may replace, gradients on their way."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

from ..tensor import Tensor, meta
from .node import AccumulateGrad, Node, own


class Hooks:
    """Hooks on the gradients of a node's outputs, tensors that keep theirs, and hooks around the node.

    outputs   for each output number, the functions of that tensor's gradient, in order of registration
    retains   for each output number, a weak reference to the tensor that keeps its gradient, after all hooks
    prior     functions of all output gradients        posterior   functions of input and output gradients
    """

    __slots__ = ("outputs", "posterior", "prior", "retains")

    def __init__(self) -> None:
        self.outputs: dict[int, dict[int, Callable[..., Any]]] = {}
        self.retains: dict[int, Any] = {}
        self.prior: dict[int, Callable[..., Any]] = {}
        self.posterior: dict[int, Callable[..., Any]] = {}

    def before(self, grads: list[Tensor | None]) -> list[Tensor | None]:
        """The gradients after the tensors' hooks; what is retained is stored on the way."""
        grads = list(grads)
        for number, functions in self.outputs.items():
            for function in tuple(functions.values()):
                grad = grads[number]
                if grad is not None:
                    replaced = function(grad)
                    grads[number] = grad if replaced is None else replaced
        for number, reference in self.retains.items():
            t, grad = reference(), grads[number]
            if t is not None and grad is not None:
                m = meta(t)
                m.grad = m.grad + grad if m.grad is not None else own(grad, grad) if grad._edge is None else grad
        for function in tuple(self.prior.values()):
            replaced = function(tuple(grads))
            if replaced is not None:
                grads = list(replaced) if isinstance(replaced, tuple) else [replaced]
        return grads

    def after(self, result: tuple[Any, ...], grads: list[Tensor | None]) -> tuple[Any, ...]:
        """The input gradients after the node's own hooks."""
        for function in tuple(self.posterior.values()):
            replaced = function(result, tuple(grads))
            if replaced is not None:
                result = replaced if isinstance(replaced, tuple) else (replaced,)
        return result


def hooks(node: Node) -> Hooks:
    """The hooks of a node, made if it has none yet."""
    found: Hooks | None = node.hooks
    if found is None:
        found = node.hooks = Hooks()
    return found


def retain_grad(self: Tensor) -> None:
    """Keeps the gradient of a result in its `.grad`. RuntimeError on a tensor without gradient; nothing on a leaf."""
    if not self.requires_grad:
        raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
    edge = self.grad_fn and self._edge
    if edge is None or type(edge[0]) is AccumulateGrad or meta(self).retains:
        return
    meta(self).retains = True
    hooks(edge[0]).retains[edge[1]] = weakref.ref(self)
