"""`torch.autograd`: backward and grad, and the attributes of tensors that speak of the graph."""

from __future__ import annotations

import warnings
from typing import Any

from ..gradmode import MODE, enable_grad, inference_mode, no_grad, set_grad_enabled
from ..tensor import INFERENCE, Tensor, adopt, alias, attach, counter, meta, tracked, wrap
from . import graph
from . import hooks as _hooks
from .engine import run
from .history import check_inplace, edge_of, refresh
from .node import AccumulateGrad, Edge, Node

__all__ = [
    "AccumulateGrad",
    "Node",
    "backward",
    "check_inplace",
    "enable_grad",
    "grad",
    "graph",
    "inference_mode",
    "no_grad",
    "set_grad_enabled",
]

_CYCLE = (
    "Using backward() with create_graph=True will create a reference cycle between the parameter and its gradient "
    "which can cause "
    "a memory leak. We recommend using autograd.grad when creating the graph to avoid this. If you have to use this "
    "function, make "
    "sure to reset the .grad fields of your parameters to None after use to break the cycle and avoid the leak."
)
_NON_LEAF = (
    "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad attribute won't be "
    "populated during "
    "autograd.backward(). If you indeed want the .grad field to be populated for a non-leaf Tensor, use "
    ".retain_grad() on the "
    "non-leaf Tensor. If you access the non-leaf Tensor by mistake, make sure you access the leaf Tensor instead. See "
    "github.com/pytorch/pytorch/pull/30531 for more information."
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


def _requires_grad(self: Tensor) -> bool:
    """Whether gradients flow to the tensor."""
    return tracked(self)


def _set_requires_grad(self: Tensor, value: bool) -> None:
    if not isinstance(value, bool):
        raise RuntimeError("requires_grad must be a bool")
    _set_flag(self, value, "only Tensors of floating point and complex dtype can require gradients")


def _set_flag(t: Tensor, value: bool, refusal: str) -> None:
    if t._edge is not None and not value:
        raise RuntimeError(
            "you can only change requires_grad flags of leaf variables. If you want to use a computed variable in a "
            "subgraph that "
            "doesn't require differentiation use var_no_grad = var.detach()."
        )
    if value and not t._dtype.differentiable:
        raise RuntimeError(refusal)
    if value and t._counter is INFERENCE and not MODE.inference:
        raise RuntimeError("Setting requires_grad=True on inference tensor outside InferenceMode is not allowed.")
    if t._edge is None:
        t._flag = value


def _requires_grad_(self: Tensor, requires_grad: bool = True) -> Tensor:
    """Sets whether gradients flow to this leaf, and returns it. RuntimeError for integers, bools and results of
    operations."""
    if not isinstance(requires_grad, bool):
        found = type(requires_grad).__name__
        raise TypeError(f"requires_grad_(): argument 'requires_grad' (position 1) must be bool, not {found}")
    _set_flag(self, requires_grad, "only Tensors of floating point dtype can require gradients")
    return self


def _grad_fn(self: Tensor) -> Node | None:
    """The node that computed the tensor; None for a leaf."""
    if self._view is not None:
        refresh(self)
    return None if self._edge is None else self._edge[0]


def _is_leaf(self: Tensor) -> bool:
    """Whether the tensor was not computed from anything that is tracked."""
    return _grad_fn(self) is None


def _output_nr(self: Tensor) -> int:
    """Which output of its node the tensor is."""
    return 0 if self._edge is None else self._edge[1]


def _grad(self: Tensor) -> Tensor | None:
    """The accumulated gradient of a leaf. None, with a warning, for the result of an operation that does not retain
    its own."""
    m = self._meta
    if self._edge is not None and not (m is not None and (m.retains or m.grad is not None)):
        warnings.warn(_NON_LEAF, UserWarning, stacklevel=2)
    return None if m is None else m.grad


def _set_grad(self: Tensor, value: Any) -> None:
    if value is None:
        if self._meta is not None:
            self._meta.grad = None
        return
    if not isinstance(value, Tensor):
        raise TypeError(f"assigned grad expected to be a Tensor or None but got grad of type {type(value).__name__}")
    if value is self:
        raise RuntimeError("can't assign Variable as its own grad")
    if value._dtype is not self._dtype:
        raise RuntimeError(
            f"attempting to assign a gradient with dtype '{value._dtype.legacy}' to a tensor with grad_dtype "
            f"'{self._dtype.word}'. "
            "The gradient must match the tensor's grad_dtype (defaults to the tensor's dtype). You can set the "
            "tensor's grad_dtype "
            "attribute with a specific dtype, or None to allow any dtype. Set grad_dtype with caution. Diverging the "
            "dtypes of a "
            "tensor and its gradient may break downstream systems that assume they match."
        )
    if value._device is not self._device:
        raise RuntimeError(
            f"attempting to assign a gradient with device type '{value._device.type}' to a tensor with device type "
            f"'{self._device.type}'. Please ensure that the gradient and the tensor are on the same device"
        )
    if value._array.shape != self._array.shape:
        raise RuntimeError(
            f"attempting to assign a gradient of size '{list(value._array.shape)}' to a tensor of size "
            f"'{list(self._array.shape)}'. "
            "Please ensure that the gradient and the tensor are the same size"
        )
    meta(self).grad = value


def _delete_grad(self: Tensor) -> None:
    _set_grad(self, None)


def _detach(self: Tensor) -> Tensor:
    """A tensor of the same memory and version counter that gradients do not flow to."""
    return alias(self, counter(self))


def _detach_(self: Tensor) -> Tensor:
    """Cuts the tensor off the graph in place. RuntimeError for a view."""
    if self._view is not None:
        raise RuntimeError(
            "Can't detach views in-place. Use detach() instead. If you are using DistributedDataParallel (DDP) for "
            "training, and "
            "gradient_as_bucket_view is set as True, gradients are views of DDP buckets, and hence detach_() cannot "
            "be called on "
            "these gradients. To fix this error, please refer to the Optimizer.zero_grad() function in "
            "torch/optim/optimizer.py as "
            "the solution."
        )
    self._edge = None
    self._flag = False
    return self


def _data(self: Tensor) -> Tensor:
    """The values without history and with a version counter of their own."""
    return alias(self, None)


def _set_data(self: Tensor, value: Any) -> None:
    if not isinstance(value, Tensor):
        raise TypeError(f"Variable data has to be a tensor, but got {type(value).__name__}")
    if tracked(self) and not value._dtype.differentiable:
        raise RuntimeError("data set to a tensor that requires gradients must be floating point or complex dtype")
    if self._meta is not None and (value._dtype is not self._dtype or value._device is not self._device):
        self._meta.accumulator = None
    adopt(self, value)


def _retains_grad(self: Tensor) -> bool:
    """Whether a result keeps its gradient."""
    return self._edge is not None and self._meta is not None and self._meta.retains


def _variable_name(self: Tensor) -> str | None:
    return None if self._meta is None else self._meta.name


attach("backward", _backward)
attach("requires_grad", property(_requires_grad, _set_requires_grad, doc=_requires_grad.__doc__))
attach("requires_grad_", _requires_grad_)
attach("grad_fn", property(_grad_fn, doc=_grad_fn.__doc__))
attach("is_leaf", property(_is_leaf, doc=_is_leaf.__doc__))
attach("output_nr", property(_output_nr, doc=_output_nr.__doc__))
attach("grad", property(_grad, _set_grad, _delete_grad, doc=_grad.__doc__))
attach("detach", _detach)
attach("detach_", _detach_)
attach("data", property(_data, _set_data, doc=_data.__doc__))
attach("retain_grad", _hooks.retain_grad)
attach("retains_grad", property(_retains_grad, doc=_retains_grad.__doc__))
attach("name", property(_variable_name, doc="The name given to the tensor: None."))
