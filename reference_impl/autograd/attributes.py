"""The attributes and methods of tensors that speak of the graph: flag, gradient, history, and cutting it off."""

from __future__ import annotations

import warnings
from typing import Any

from ..gradmode import MODE
from ..tensor import INFERENCE, Tensor, adopt, alias, attach, counter, meta, tracked
from .history import refresh
from .node import SEQUENCE, Node
from .reach import leads_outside

_NON_LEAF = (
    "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad attribute won't be "
    "populated during autograd.backward(). If you indeed want the .grad field to be populated for a non-leaf Tensor, "
    "use .retain_grad() on the non-leaf Tensor. If you access the non-leaf Tensor by mistake, make sure you access the "
    "leaf Tensor instead. See github.com/pytorch/pytorch/pull/30531 for more information."
)


def _requires_grad(self: Tensor) -> bool:
    """Whether gradients flow to the tensor."""
    if MODE.dual is not None:
        return leads_outside(self)
    return tracked(self)


def _set_requires_grad(self: Tensor, value: bool) -> None:
    if not isinstance(value, bool):
        raise RuntimeError("requires_grad must be a bool")
    _set_flag(self, value, "only Tensors of floating point and complex dtype can require gradients")


def _set_flag(t: Tensor, value: bool, refusal: str) -> None:
    if t._edge is not None and not value:
        raise RuntimeError(
            "you can only change requires_grad flags of leaf variables. If you want to use a computed variable in a "
            "subgraph that doesn't require differentiation use var_no_grad = var.detach()."
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
            f"'{self._dtype.word}'. The gradient must match the tensor's grad_dtype (defaults to the tensor's dtype). "
            "You can set the tensor's grad_dtype attribute with a specific dtype, or None to allow any dtype. Set "
            "grad_dtype with caution. Diverging the dtypes of a tensor and its gradient may break downstream systems "
            "that assume they match."
        )
    if value._device is not self._device:
        raise RuntimeError(
            f"attempting to assign a gradient with device type '{value._device.type}' to a tensor with device type "
            f"'{self._device.type}'. Please ensure that the gradient and the tensor are on the same device"
        )
    if value._array.shape != self._array.shape:
        raise RuntimeError(
            f"attempting to assign a gradient of size '{list(value._array.shape)}' to a tensor of size "
            f"'{list(self._array.shape)}'. Please ensure that the gradient and the tensor are the same size"
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
            "training, and gradient_as_bucket_view is set as True, gradients are views of DDP buckets, and hence "
            "detach_() cannot be called on these gradients. To fix this error, please refer to the "
            "Optimizer.zero_grad() function in torch/optim/optimizer.py as the solution."
        )
    if self._edge is not None:
        meta(self).detached = next(SEQUENCE)
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
    return self._meta is not None and self._meta.retains


def _variable_name(self: Tensor) -> str | None:
    return None if self._meta is None else self._meta.name


attach("requires_grad", property(_requires_grad, _set_requires_grad, doc=_requires_grad.__doc__))
attach("requires_grad_", _requires_grad_)
attach("grad_fn", property(_grad_fn, doc=_grad_fn.__doc__))
attach("is_leaf", property(_is_leaf, doc=_is_leaf.__doc__))
attach("output_nr", property(_output_nr, doc=_output_nr.__doc__))
attach("grad", property(_grad, _set_grad, _delete_grad, doc=_grad.__doc__))
attach("detach", _detach)
attach("detach_", _detach_)
attach("data", property(_data, _set_data, doc=_data.__doc__))
attach("retains_grad", property(_retains_grad, doc=_retains_grad.__doc__))
attach("name", property(_variable_name, doc="The name given to the tensor: None."))
