"""`backward` and `grad`: from roots and wanted inputs to a walk of the engine."""

from __future__ import annotations

import warnings
from typing import Any

from ..tensor import Tensor, attach, tracked, wrap
from . import hooks as _hooks
from .engine import run
from .history import edge_of
from .node import Edge, Node

_CYCLE = (
    "Using backward() with create_graph=True will create a reference cycle between the parameter and its gradient "
    "which can cause "
    "a memory leak. We recommend using autograd.grad when creating the graph to avoid this. If you have to use this "
    "function, make "
    "sure to reset the .grad fields of your parameters to None after use to break the cycle and avoid the leak."
)


def _listed(values: Any) -> tuple[Any, ...]:
    return (values,) if values is None or isinstance(values, Tensor) else tuple(values)


def _roots(tensors: tuple[Tensor, ...], grads: tuple[Any, ...]) -> list[tuple[Edge, Tensor]]:
    """The starting points, with gradients checked, or made where they may be left out."""
    if len(grads) < len(tensors):
        raise RuntimeError(f"got {len(tensors)} tensors and {len(grads)} gradients")
    roots = []
    for i, (t, g) in enumerate(zip(tensors, grads, strict=False)):
        if g is not None:
            _check_gradient(i, t, g)
        elif t.requires_grad:
            g = _implicit(t)
        edge = edge_of(t)
        if edge is None:
            raise RuntimeError(f"element {i} of tensors does not require grad and does not have a grad_fn")
        roots.append((edge, g))
    return roots


def _implicit(t: Tensor) -> Tensor:
    if t.numel() != 1:
        raise RuntimeError("grad can be implicitly created only for scalar outputs")
    if not t.dtype.is_floating_point:
        raise RuntimeError(f"grad can be implicitly created only for real scalar outputs but got {t.dtype}")
    ones = t._array.copy()
    ones.fill(1)
    return wrap(ones, t._dtype, t._device)


def _check_gradient(i: int, t: Tensor, g: Any) -> None:
    if not isinstance(g, Tensor):
        raise TypeError(f"gradients can be either Tensors or None, but got {type(g).__name__}")
    if g._array.shape != t._array.shape:
        raise RuntimeError(
            f"Mismatch in shape: grad_output[{i}] has a shape of {g.shape} and output[{i}] has a shape of {t.shape}."
        )
    if g.dtype.is_complex != t.dtype.is_complex:
        raise RuntimeError(
            "For complex Tensors, both grad_output and output are required to have the same dtype. Mismatch in dtype: "
            f"grad_output[{i}] has a dtype of {g.dtype} and output[{i}] has a dtype of {t.dtype}."
        )


def backward(
    tensors: Any,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    grad_variables: Any = None,
    inputs: Any = None,
) -> None:
    """Adds to the `.grad` of every leaf (or of `inputs`) the gradient of the tensors, weighted with `grad_tensors`.

    RuntimeError if a tensor has no graph, is not a scalar and has no gradient, or its graph was freed.
    """
    wanted = None
    if inputs is not None:
        listed = _listed(inputs)
        if not listed:
            raise RuntimeError("`inputs` argument to `backward()` cannot be empty.")
        wanted = [_wanted(t) for t in listed]
        for t in listed:
            if not t.is_leaf:
                _hooks.retain_grad(t)
    tensors = _listed(tensors)
    grads = (None,) * len(tensors) if grad_tensors is None else _listed(grad_tensors)
    roots = _roots(tensors, grads)
    if create_graph:
        warnings.warn(_CYCLE, UserWarning, stacklevel=3)
    run(roots, create_graph if retain_graph is None else retain_graph, create_graph, wanted, capture=False)


def _wanted(t: Tensor) -> Edge:
    edge = edge_of(t)
    if edge is None and tracked(t):  # a view made while nothing was recorded: no gradient arrives there
        return Node(), 0
    if edge is None:
        raise RuntimeError("One of the differentiated Tensors does not require grad")
    return edge


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Tensor | None, ...]:
    """The gradients of the outputs with respect to the inputs, as a tuple; no `.grad` changes.

    RuntimeError for an input that is not in the graph, unless allow_unused (None) or materialize_grads (zeros).
    """
    outputs, inputs = _listed(outputs), _listed(inputs)
    if materialize_grads and allow_unused is False:
        raise ValueError(
            "Expected allow_unused to be True or not passed when materialize_grads=True, but got: allow_unused=False."
        )
    grads = (None,) * len(outputs) if grad_outputs is None else _listed(grad_outputs)
    roots = _roots(outputs, grads)
    edges = [_wanted(t) for t in inputs]
    found = run(roots, create_graph if retain_graph is None else retain_graph, create_graph, edges, capture=True)
    return tuple(
        _result(i, t, g, allow_unused, materialize_grads) for i, (t, g) in enumerate(zip(inputs, found, strict=True))
    )


def _result(i: int, t: Tensor, g: Tensor | None, allow_unused: bool | None, materialize: bool) -> Tensor | None:
    if g is not None:
        return g
    if materialize:
        zeros: Tensor = t.detach().mul(0).clone()
        zeros.zero_()
        return zeros
    if not allow_unused:
        raise RuntimeError(
            f"The differentiated Tensor at index {i} appears to not have been used in the graph. Set "
            "allow_unused=True if this is "
            "the desired behavior."
        )
    return None


def _backward(
    self: Tensor, gradient: Any = None, retain_graph: bool | None = None, create_graph: bool = False, inputs: Any = None
) -> None:
    """Adds to the `.grad` of every leaf the gradient of this tensor, weighted with `gradient` (ones for a scalar)."""
    backward(self, None if gradient is None else (gradient,), retain_graph, create_graph, inputs=inputs)


attach("backward", _backward)
