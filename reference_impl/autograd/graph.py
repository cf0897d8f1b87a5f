"""`torch.autograd.graph`: nodes and places in the graph, and hooks on several gradients."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from ..tensor import INFERENCE, Tensor, counter
from .edge import GradientEdge, get_gradient_edge
from .engine import Walk, current
from .handle import RemovableHandle
from .history import edge_of
from .hooks import register_hook
from .node import Node
from .packing import allow_mutation_on_saved_tensors, disable_saved_tensors_hooks, save_on_cpu, saved_tensors_hooks

__all__ = [
    "GradientEdge",
    "Node",
    "allow_mutation_on_saved_tensors",
    "disable_saved_tensors_hooks",
    "get_gradient_edge",
    "increment_version",
    "register_multi_grad_hook",
    "save_on_cpu",
    "saved_tensors_hooks",
]


def increment_version(tensor: Tensor | Iterable[Tensor]) -> None:
    """Says that tensors were written by other means than their methods. An inference tensor has no version."""
    tensors: Any = (tensor,) if isinstance(tensor, Tensor) else tensor
    if not isinstance(tensors, Iterable):
        raise RuntimeError("increment_version expect a Iterable[Tensor] as input")
    for t in tensors:
        if t._counter is not INFERENCE:
            counter(t).value += 1


class _Handles(RemovableHandle):
    """Removes several hooks."""

    def __init__(self, handles: Iterable[RemovableHandle]) -> None:
        self.handles = tuple(handles)

    def remove(self) -> None:
        """Takes the hooks away."""
        for handle in self.handles:
            handle.remove()


def register_multi_grad_hook(
    tensors: Sequence[Tensor], fn: Callable[[Any], None], *, mode: str = "all"
) -> RemovableHandle:
    """Has a function called once in each backward pass: with the list of the tensors' gradients when the last of them
    is there (None for those that the pass does not come by), or in mode "any" with the first gradient.

    ValueError for another mode, AssertionError for a tensor without gradient in mode "all".
    """
    if mode not in ("all", "any"):
        raise ValueError(f"Expects mode to be one of ('all', 'any') but got {mode}")
    if mode == "any":
        return _Handles(_first(tensors, fn))
    return _Handles(_all(tensors, fn))


def _walk() -> Walk:
    walk = current()
    if walk is None:
        raise AssertionError("expected this hook to be called inside a backward call")
    return walk


def _first(tensors: Sequence[Tensor], fn: Callable[[Any], None]) -> list[RemovableHandle]:
    done: WeakSet[Walk] = WeakSet()

    def hook(grad: Tensor) -> None:
        walk = _walk()
        if walk not in done:
            done.add(walk)
            fn(grad)

    return [register_hook(t, hook) for t in tensors if t.requires_grad]


def _all(tensors: Sequence[Tensor], fn: Callable[[Any], None]) -> list[RemovableHandle]:
    edges = [edge_of(t) for t in tensors]
    if None in edges:
        raise AssertionError("Expected gradient function to be set")
    nodes = [edge[0] for edge in edges if edge is not None]
    found: WeakKeyDictionary[Walk, dict[int, Tensor]] = WeakKeyDictionary()

    def hook_of(number: int) -> Callable[[Tensor], None]:
        def hook(grad: Tensor) -> None:
            walk = _walk()
            grads = found.setdefault(walk, {})
            grads[number] = grad
            if len(grads) == sum(walk.will_run(node) for node in nodes):
                del found[walk]
                fn([grads.get(i) for i in range(len(nodes))])

        return hook

    return [register_hook(t, hook_of(i)) for i, t in enumerate(tensors)]
