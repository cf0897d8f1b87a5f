"""The engine: walks the graph from the roots to the leaves, without recursion.

A node runs when every gradient that goes to it has arrived; of those ready the most recently recorded runs first.
Broadcasting and casting are undone here, once: a gradient is summed to the shape, and cast to the dtype and device, of
the output that it belongs to.
"""

from __future__ import annotations

import threading
from heapq import heappop, heappush
from typing import Any

import numpy as np

from ..gradmode import MODE, switch
from ..tensor import Tensor, wrap
from .anomaly import ANOMALY, check, watched
from .node import AccumulateGrad, Edge, Node

Roots = list[tuple[Edge, Tensor]]


class _Running(threading.local):
    """The innermost backward pass of a thread: a hook may start another one."""

    walk: Walk | None = None


_RUNNING = _Running()


def current() -> Walk | None:
    """The backward pass that this thread is in."""
    return _RUNNING.walk


def run(roots: Roots, keep: bool, create: bool, inputs: list[Edge] | None, capture: bool) -> list[Tensor | None]:
    """Propagates the gradients of the roots.

    keep      what the nodes saved is not freed
    create    the gradients are recorded themselves
    inputs    only the way to these edges is walked; None: all leaves
    capture   the gradients of `inputs` are returned and not accumulated
    """
    before, outer = MODE.enabled, _RUNNING.walk
    switch(create, MODE.inference)
    try:
        kind = _Watched if ANOMALY.enabled else Walk
        walk = _RUNNING.walk = kind(roots, inputs, capture, keep, create)
        return walk.run()
    finally:
        _RUNNING.walk = outer
        switch(before, MODE.inference)


class Walk:
    """One backward pass."""

    __slots__ = (
        "__weakref__",
        "buffers",
        "capture",
        "create",
        "found",
        "inputs",
        "keep",
        "needed",
        "ready",
        "waiting",
        "wanted",
    )

    def __init__(self, roots: Roots, inputs: list[Edge] | None, capture: bool, keep: bool, create: bool) -> None:
        self.keep, self.create, self.capture, self.inputs = keep, create, capture, inputs
        self.waiting = _dependencies(roots)
        self.needed = None if inputs is None else _leading_to(roots, {node for node, _ in inputs})
        self.wanted: dict[Node, list[int]] = {}
        if capture:
            for node, number in inputs or ():
                self.wanted.setdefault(node, []).append(number)
        self.found: dict[Edge, Tensor | None] = {}
        self.buffers: dict[Node, list[Tensor | None]] = {}
        self.ready: list[tuple[int, Node]] = []
        for edge, grad in roots:
            if self.needed is None or edge[0] in self.needed:
                self.deliver(edge, grad)
        for node in self.buffers:
            if not self.waiting[node]:
                heappush(self.ready, (-node.sequence, node))

    def run(self) -> list[Tensor | None]:
        """Runs every node that is ready, until none is left."""
        ready, waiting, needed, buffers = self.ready, self.waiting, self.needed, self.buffers
        while ready:
            node = heappop(ready)[1]
            grads = self.visit(node, buffers.pop(node, None))
            count = len(grads)
            for i, edge in enumerate(node.edges):
                if edge is None:
                    continue
                target = edge[0]
                if i < count and (needed is None or target in needed):
                    grad = grads[i]
                    if grad is not None:
                        outputs = target.outputs
                        shape, dtype, device = outputs[edge[1]]
                        if grad._array.shape != shape or grad._dtype is not dtype or grad._device is not device:
                            grad = _fit(grad, edge, node, i)
                        if target in buffers or len(outputs) > 1:
                            self.deliver(edge, grad)
                        else:
                            buffers[target] = [grad]
                left = waiting[target] = waiting[target] - 1
                if not left:
                    heappush(ready, (-target.sequence, target))
        return [self.found.get(edge) for edge in self.inputs or ()] if self.capture else []

    def deliver(self, edge: Edge, grad: Tensor) -> None:
        """Adds a gradient to those that wait at a node's output."""
        node, number = edge
        buffer = self.buffers.get(node)
        if buffer is None:
            buffer = self.buffers[node] = [None] * len(node.outputs)
        old = buffer[number]
        buffer[number] = grad if old is None else old + grad

    def visit(self, node: Node, buffer: list[Any] | None) -> tuple[Tensor | None, ...]:
        """Runs one node on the gradients that arrived, and returns those of its inputs."""
        hooks = node.hooks
        leaf = type(node) is AccumulateGrad
        if hooks is None and buffer is not None and len(buffer) == 1 and not self.capture and not leaf:
            return self.apply(node, buffer)
        if buffer is None:
            if node.materializes:
                return ()
            buffer = [None] * len(node.outputs)
        if hooks is not None:
            buffer = hooks.arrived(buffer)
        if node in self.wanted:
            for number in self.wanted[node]:
                self.found[node, number] = buffer[number]
            if not self.leads_on(node):
                return ()
        if self.capture and not leaf and not self.leads_on(node):
            return ()
        if hooks is not None and hooks.prior:
            buffer = hooks.before(buffer)
        if leaf:
            if buffer[0] is not None:
                node.accumulate(buffer[0], self.create)
            return () if hooks is None else hooks.after((), buffer)
        given = buffer
        if len(buffer) > 1 and node.materializes and any(g is None for g in buffer):
            given = [_zeros(node, i) if g is None else g for i, g in enumerate(buffer)]
        result = self.apply(node, given)
        if hooks is not None and hooks.posterior:
            result = hooks.after(tuple([_arriving(node, i, g) for i, g in enumerate(result)]), buffer)
        return result

    def apply(self, node: Node, grads: list[Any]) -> tuple[Tensor | None, ...]:
        """The gradients of a node's inputs. Frees what it saved, unless the graph is kept."""
        result: Any = node.gradient(*grads)
        if not self.keep:
            node.release()
        return result if type(result) is tuple else (result,)

    def will_run(self, node: Node) -> bool:
        """Whether the pass comes, or came, by a node."""
        return node in self.waiting if self.needed is None else node in self.needed

    def leads_on(self, node: Node) -> bool:
        """Whether a gradient is wanted from any node further on."""
        return any(edge is not None and edge[0] in (self.needed or ()) for edge in node.edges)


class _Watched(Walk):
    """One in anomaly mode."""

    __slots__ = ()

    def visit(self, node: Node, buffer: list[Any] | None) -> tuple[Tensor | None, ...]:
        """Runs one node, and tells where it was recorded if that fails or gives a NaN."""
        with watched(node):
            result = super().visit(node, buffer)
            wanted = [g if self.leads_to(edge) else None for g, edge in zip(result, node.edges, strict=False)]
            check(node, wanted, _has_nan)
        return result

    def leads_to(self, edge: Edge | None) -> bool:
        """Whether the gradient that goes along an edge is wanted."""
        return edge is not None and (self.needed is None or edge[0] in self.needed)


def _has_nan(grad: Tensor) -> bool:
    return bool(np.isnan(grad._array).any())


def _zeros(node: Node, number: int) -> Tensor:
    shape, dtype, device = node.outputs[number]
    return wrap(np.zeros(shape, dtype.numpy), dtype, device)


def _dependencies(roots: Roots) -> dict[Node, int]:
    """For every node that the roots lead to, how many edges lead to it."""
    waiting: dict[Node, int] = {edge[0]: 0 for edge, _ in roots}
    stack = list(waiting)
    while stack:
        for edge in stack.pop().edges:
            if edge is not None:
                node = edge[0]
                if node in waiting:
                    waiting[node] += 1
                else:
                    waiting[node] = 1
                    stack.append(node)
    return waiting


def _leading_to(roots: Roots, targets: set[Node]) -> set[Node]:
    """The targets and the nodes from which one of them is reached."""
    users: dict[Node, list[Node]] = {}
    seen: set[Node] = {edge[0] for edge, _ in roots}
    stack = list(seen)
    while stack:
        node = stack.pop()
        for edge in node.edges:
            if edge is not None:
                users.setdefault(edge[0], []).append(node)
                if edge[0] not in seen:
                    seen.add(edge[0])
                    stack.append(edge[0])
    needed = targets & seen
    stack = list(needed)
    while stack:
        for node in users.get(stack.pop(), ()):
            if node not in needed:
                needed.add(node)
                stack.append(node)
    return needed


def _fit(grad: Tensor, edge: Edge, node: Node, index: int) -> Tensor:
    """Undoes broadcasting and promotion: the gradient in the shape, dtype and device of what it is the gradient of."""
    shape, dtype, device = edge[0].outputs[edge[1]]
    if grad._array.shape != shape:
        grad = _sum_to(grad, shape, node, index)
    if grad._dtype is not dtype:
        if grad._dtype.is_complex and not dtype.is_complex:
            grad = grad.real
        if grad._dtype is not dtype:
            grad = grad.to(dtype)
    if grad._device is not device:
        if grad._array.ndim:
            raise RuntimeError(
                f"Function {node.name()} returned an invalid gradient at index {index} - expected device {device} but "
                f"got {grad._device}"
            )
        grad = grad.to(device)
    return grad


def _arriving(node: Node, index: int, grad: Tensor | None) -> Tensor | None:
    """The gradient of a node's input as it arrives there; None where nobody wants it."""
    edge = node.edges[index]
    return None if grad is None or edge is None else _fit(grad, edge, node, index)


def _sum_to(grad: Tensor, shape: tuple[int, ...], node: Node, index: int) -> Tensor:
    have = grad._array.shape
    lead = len(have) - len(shape)
    fits = lead >= 0 and all(n in (1, h) for n, h in zip(shape, have[lead:], strict=True))
    if not fits:
        raise RuntimeError(
            f"Function {node.name()} returned an invalid gradient at index {index} - got {list(have)} but expected "
            f"shape compatible with {list(shape)}"
        )
    dims = [i for i in range(len(have)) if i < lead or (shape[i - lead] == 1 and have[i] != 1)]
    return grad.sum(dims, keepdim=True).reshape(shape) if dims else grad.reshape(shape)
