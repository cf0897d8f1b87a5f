"""Hooks: functions that see, and may replace, gradients on their way.

A gradient that has arrived at a node goes, in this order: through the hooks of the tensors that it belongs to, to the
tensors that retain it, to whoever asked for it by `inputs`, through the node's prehooks, through the node, and with
what came out through the node's own hooks.
"""

from __future__ import annotations

import weakref
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from ..tensor import Tensor, attach, meta
from .handle import RemovableHandle, Table, register
from .node import AccumulateGrad, Node, own

Grads = tuple[Tensor | None, ...]


class Hooks:
    """The hooks of one node.

    outputs     for each output number, the hooks of the tensor that it is
    retains     for each output number, a weak reference to the tensor that keeps its gradient, after all hooks
    prior       functions of all output gradients        posterior   functions of input and output gradients
    """

    __slots__ = ("outputs", "posterior", "prior", "retains")

    def __init__(self) -> None:
        self.outputs: dict[int, Table] = {}
        self.retains: dict[int, Any] = {}
        self.prior: Table = OrderedDict()
        self.posterior: Table = OrderedDict()

    def arrived(self, grads: list[Tensor | None]) -> list[Tensor | None]:
        """The gradients after the tensors' hooks; what is retained is stored on the way."""
        grads = list(grads)
        for number, table in self.outputs.items():
            for hook in tuple(table.values()):
                replaced = hook(grads[number])
                if replaced is not None:
                    _check(hook, grads[number], replaced)
                    grads[number] = replaced
        for number, reference in self.retains.items():
            t, grad = reference(), grads[number]
            if t is not None and grad is not None:
                m = meta(t)
                m.grad = (
                    m.grad + grad if m.grad is not None else own(grad, grad) if grad._edge is None else grad.clone()
                )
        return grads

    def before(self, grads: list[Tensor | None]) -> list[Tensor | None]:
        """The output gradients after the node's prehooks."""
        for hook in tuple(self.prior.values()):
            given = tuple(grads)
            grads = list(_replaced(hook, hook(given), given))
        return grads

    def after(self, result: Grads, grads: list[Tensor | None]) -> Grads:
        """The input gradients after the node's own hooks."""
        for hook in tuple(self.posterior.values()):
            result = _replaced(hook, hook(result, tuple(grads)), result)
        return result


def _replaced(hook: Any, found: Any, given: Grads) -> Grads:
    """What a node's hook gave in place of gradients. TypeError for what is no tuple, RuntimeError for another
    count."""
    if found is None:
        return given
    if not isinstance(found, tuple):
        raise TypeError(f"expected tuple, but hook returned '{type(found).__name__}'")
    if len(found) != len(given):
        raise RuntimeError(
            f"hook '{_name(hook)}' has returned an incorrect number of values (got {len(found)}, but expected "
            f"{len(given)})"
        )
    for old, new in zip(given, found, strict=True):
        if new is not None:
            _check(hook, old, new)
    return found


def _check(hook: Any, old: Tensor | None, new: Any) -> None:
    """TypeError for what is no tensor, RuntimeError for another dtype, kind of device or shape."""
    if old is None:
        raise RuntimeError("can't replace a None gradient with a non-None value")
    if not isinstance(new, Tensor):
        raise TypeError(f"expected Variable, but hook returned '{type(new).__name__}'")
    if new._dtype is not old._dtype or new._device.type != old._device.type:
        raise RuntimeError(f"hook '{_name(hook)}' has changed the type of value (was {old.type()} got {new.type()})")
    if new._array.shape != old._array.shape:
        raise RuntimeError(f"hook '{_name(hook)}' has changed the size of value")


def _name(hook: Any) -> str:
    name: str = getattr(hook, "__name__", "<unknown>")
    return name


class LeafHooks(OrderedDict[int, Any]):
    """The hooks of a leaf, which outlive the nodes that accumulate its gradients."""

    def table(self) -> Hooks:
        """The hooks of a new such node."""
        found = Hooks()
        found.outputs[0] = self
        return found


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


def register_hook(self: Tensor, hook: Callable[[Tensor], Tensor | None]) -> RemovableHandle:
    """Has a function called with the tensor's gradient whenever that is complete; what it returns takes its place.

    A hook of a result belongs to the value that the tensor has now: one that is written later leaves it behind.
    RuntimeError on a tensor without gradient.
    """
    if not self.requires_grad:
        raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
    edge = self.grad_fn and self._edge
    if edge is not None:
        return register(hooks(edge[0]).outputs.setdefault(edge[1], OrderedDict()), hook)
    m = meta(self)
    if m.hooks is None:
        m.hooks = LeafHooks()
        node = m.accumulator and m.accumulator()
        if node is not None:
            hooks(node).outputs[0] = m.hooks
    return register(m.hooks, hook)


def register_post_accumulate_grad_hook(self: Tensor, hook: Callable[[Tensor], None]) -> RemovableHandle:
    """Has a function called with a leaf whenever its `.grad` has been updated. RuntimeError on a result of an
    operation and on a tensor without gradient."""
    if not self.requires_grad:
        raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
    if self.grad_fn is not None:
        raise RuntimeError("post accumulate grad hooks cannot be registered on non-leaf tensors")
    m = meta(self)
    if m.post_hooks is None:
        m.post_hooks = OrderedDict()
    return register(m.post_hooks, hook)


def _register_node_hook(self: Node, fn: Callable[[Grads, Grads], Grads | None]) -> RemovableHandle:
    """Has a function called with the gradients of the node's inputs and outputs once the node has run; a tuple that it
    returns takes the place of the former."""
    return register(hooks(self).posterior, fn)


def _register_node_prehook(self: Node, fn: Callable[[Grads], Grads | None]) -> RemovableHandle:
    """Has a function called with the gradients of the node's outputs before the node runs; a tuple that it returns
    takes their place."""
    return register(hooks(self).prior, fn)


Node.register_hook = _register_node_hook
Node.register_prehook = _register_node_prehook
attach("retain_grad", retain_grad)
attach("register_hook", register_hook)
attach("register_post_accumulate_grad_hook", register_post_accumulate_grad_hook)
