"""`backward` and `grad`: from roots and wanted inputs to a walk of the engine."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

from ..gradmode import MODE, set_grad_enabled
from ..tensor import Tensor, attach, tracked, wrap
from . import hooks as _hooks
from .edge import GradientEdge, stand_in
from .engine import run
from .history import edge_of
from .node import Edge, Node

_CYCLE = (
    "Using backward() with create_graph=True will create a reference cycle between the parameter and its gradient "
    "which can cause a memory leak. We recommend using autograd.grad when creating the graph to avoid this. If you "
    "have to use this function, make sure to reset the .grad fields of your parameters to None after use to break the "
    "cycle and avoid the leak."
)
_ONLY_INPUTS = (
    "only_inputs argument is deprecated and is ignored now (defaults to True). To accumulate gradient for other parts "
    "of the graph, please use torch.autograd.backward."
)
_UNUSED = (
    "The differentiated Tensor at index {} appears to not have been used in the graph. Set allow_unused=True if this "
    "is the desired behavior."
)


def _listed(values: Any) -> tuple[Any, ...]:
    return (values,) if isinstance(values, (Tensor, GradientEdge)) else tuple(values)


def _inputs(values: Any, function: str) -> tuple[Any, ...]:
    """The wanted tensors and edges: one, several, or the values of a dict. TypeError for other mappings."""
    if type(values) is dict:
        found = tuple(values.values())
    elif isinstance(values, Mapping):
        raise TypeError(
            f"`inputs` argument to `{function}()` must be a dict, not {type(values).__name__}. Other Mapping types "
            "are not supported."
        )
    else:
        found = _listed(values)
    if not found:
        raise RuntimeError(f"`inputs` argument to `{function}()` cannot be empty.")
    return found


def _roots(tensors: tuple[Any, ...], grads: tuple[Any, ...]) -> list[tuple[Edge, Tensor]]:
    """The starting points, with gradients checked, or made where they may be left out."""
    if len(grads) < len(tensors):
        raise RuntimeError(f"got {len(tensors)} tensors and {len(grads)} gradients")
    roots = []
    for i, (t, g) in enumerate(zip(tensors, grads, strict=False)):
        if isinstance(t, GradientEdge):
            t = stand_in(t)
        if not isinstance(t, Tensor):
            raise AssertionError("Expected output to be a torch.Tensor")
        if g is not None:
            g = _checked(i, t, g)
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


def _checked(i: int, t: Tensor, g: Any) -> Tensor:
    """The gradient given for a root; one without dimensions is brought to the root's device."""
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
    if g._device is t._device:
        return g
    if g._array.ndim:
        raise RuntimeError(f"invalid gradient at index {i} - expected device {t._device} but got {g._device}")
    return g.to(t._device)


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
    if MODE.transforms:
        raise RuntimeError(
            "backward() called inside a functorch transform. This is not supported, please use functorch.grad or "
            "functorch.vjp instead or call backward() outside of functorch transforms."
        )
    if grad_variables is not None:
        warnings.warn("`grad_variables` is deprecated. Use `grad_tensors` instead.", FutureWarning, stacklevel=2)
        if grad_tensors is not None:
            raise RuntimeError(
                "`grad_tensors` and `grad_variables` (deprecated) arguments both passed to `backward()`. Please only "
                "use `grad_tensors`."
            )
        grad_tensors = grad_variables
    wanted = None
    if inputs is not None:
        listed = _inputs(inputs, "backward")
    tensors = _listed(tensors)
    grads = (None,) * len(tensors) if grad_tensors is None else _listed(grad_tensors)
    roots = _roots(tensors, grads)
    if inputs is not None:
        for t in listed:
            if isinstance(t, Tensor):
                _hooks.retain_grad(t)
        wanted = [_wanted(t) for t in listed]
    if create_graph:
        warnings.warn(_CYCLE, UserWarning, stacklevel=3)
    run(roots, create_graph if retain_graph is None else retain_graph, create_graph, wanted, capture=False)


def _wanted(t: Any) -> Edge:
    if isinstance(t, GradientEdge):
        return t.node, t.output_nr
    if not isinstance(t, Tensor):
        raise RuntimeError(f"all inputs have to be Tensors or GradientEdges, but got {type(t).__name__}")
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
) -> Any:
    """The gradients of the outputs with respect to the inputs, as a tuple (for a dict of inputs a dict); no `.grad`
    changes.

    is_grads_batched   each of `grad_outputs` has a leading dimension, and so has each gradient: one entry for each run
    RuntimeError for an input that is not in the graph, unless allow_unused (None) or materialize_grads (zeros).
    """
    if materialize_grads and allow_unused is False:
        raise ValueError(
            "Expected allow_unused to be True or not passed when materialize_grads=True, but got: allow_unused=False."
        )
    outputs, wanted = _listed(outputs), _inputs(inputs, "grad")
    if not only_inputs:
        warnings.warn(_ONLY_INPUTS, FutureWarning, stacklevel=2)
    grads = (None,) * len(outputs) if grad_outputs is None else _listed(grad_outputs)
    keep = create_graph if retain_graph is None else retain_graph
    if is_grads_batched:
        found = _batched(outputs, grads, wanted, keep, create_graph)
    else:
        found = _captured(outputs, grads, wanted, keep, create_graph)
    unused = allow_unused or materialize_grads
    for i, g in enumerate(found):
        if g is None and not unused:
            raise RuntimeError(_UNUSED.format(i))
    if materialize_grads:
        if any(g is None and isinstance(t, GradientEdge) for t, g in zip(wanted, found, strict=True)):
            raise RuntimeError("materialize_grads cannot be used when the given input is a GradientEdge")
        found = [_zeros(t, create_graph) if g is None else g for t, g in zip(wanted, found, strict=True)]
    return dict(zip(inputs, found, strict=True)) if type(inputs) is dict else tuple(found)


def _captured(
    outputs: tuple[Any, ...], grads: tuple[Any, ...], inputs: tuple[Any, ...], keep: bool, create: bool
) -> list[Tensor | None]:
    roots = _roots(outputs, grads)
    return run(roots, keep, create, [_wanted(t) for t in inputs], capture=True)


def _batched(
    outputs: tuple[Any, ...], grads: tuple[Any, ...], inputs: tuple[Any, ...], keep: bool, create: bool
) -> list[Tensor | None]:
    """One run for each entry of the leading dimension of the gradients, and what they give side by side."""
    batches = [_batch(i, t, g) for i, (t, g) in enumerate(zip(outputs, grads, strict=False))]
    sizes = sorted({len(rows) for rows in batches})
    if len(sizes) != 1:
        raise ValueError(
            "vmap: Expected all tensors to have the same size in the mapped dimension, got sizes "
            f"{[len(rows) for rows in batches]} for the mapped dimension"
        )
    runs = [
        _captured(outputs, rows, inputs, keep or i + 1 < sizes[0], create)
        for i, rows in enumerate(zip(*batches, strict=True))
    ]
    with set_grad_enabled(create):
        return [None if column[0] is None else Tensor._stack(column) for column in zip(*runs, strict=True)]


def _batch(i: int, t: Tensor, g: Any) -> tuple[Tensor, ...]:
    """The entries of one batch of gradients."""
    if g is None:
        raise ValueError("vmap(vjp, in_dims=0, ...)(<inputs>): every gradient needs a dimension for the batch")
    rows: tuple[Tensor, ...] = g.unbind()
    t = stand_in(t) if isinstance(t, GradientEdge) else t
    if not rows:
        raise IndexError("index 0 is out of bounds for dimension 0 with size 0")
    if rows[0]._array.shape != t._array.shape:
        raise RuntimeError(
            "If `is_grads_batched=True`, we interpret the first dimension of each grad_output as the batch dimension. "
            "The sizes of the remaining dimensions are expected to match the shape of corresponding output, but a "
            f"mismatch was detected: grad_output[{i}] has a shape of {rows[0].shape} and output[{i}] has a shape of "
            f"{t.shape}. If you only want some tensors in `grad_output` to be considered batched, consider using vmap."
        )
    return rows


def _zeros(t: Tensor, requires_grad: bool) -> Tensor:
    zeros: Tensor = t.detach().clone().zero_()
    zeros._flag = requires_grad
    return zeros


def _backward(
    self: Tensor, gradient: Any = None, retain_graph: bool | None = None, create_graph: bool = False, inputs: Any = None
) -> None:
    """Adds to the `.grad` of every leaf the gradient of this tensor, weighted with `gradient` (ones for a scalar)."""
    backward(self, None if gradient is None else (gradient,), retain_graph, create_graph, inputs=inputs)


attach("backward", _backward)
