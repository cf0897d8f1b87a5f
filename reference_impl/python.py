"""What Python asks of a tensor: numbers, truth, length, iteration."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import numpy as np

from .device import CPU
from .dtype import bfloat16
from .format import Layout, strided
from .gradmode import MODE
from .inplace_rules import bump
from .storage import Storage
from .tensor import Tensor, attach, storage, strides_of, wrap

_VALUE = (
    "vmap: It looks like you're calling .item() on a Tensor. We don't support vmap over calling .item() on a Tensor, "
    "please try to rewrite what you're doing with other operations. If error is occurring somewhere inside PyTorch "
    "internals, please file a bug report."
)
_BRANCH = (
    "vmap: It looks like you're attempting to use a Tensor in some data-dependent control flow. We don't support that "
    "yet, please file an issue at https://github.com/pytorch/pytorch/issues ."
)


def item(self: Tensor) -> Any:
    """The one element as a Python number. RuntimeError for a tensor of none or several."""
    if MODE.mapping is not None:
        raise RuntimeError(_VALUE)
    if self._array.size != 1:
        raise RuntimeError(f"a Tensor with {self._array.size} elements cannot be converted to Scalar")
    return _listable(self).item()


def tolist(self: Tensor) -> Any:
    """Nested lists of Python numbers; the number itself for a 0-dim tensor."""
    return _listable(self).tolist()


def _listable(t: Tensor) -> Any:
    return t._array.astype("float32") if t._dtype is bfloat16 else t._array


def _bool(self: Tensor) -> bool:
    if MODE.mapping is not None:
        raise RuntimeError(_BRANCH)
    if self._array.size == 1:
        return bool(self._array.item())
    if not self._array.size:
        raise RuntimeError("Boolean value of Tensor with no values is ambiguous")
    raise RuntimeError("Boolean value of Tensor with more than one value is ambiguous")


def _index(self: Tensor) -> int:
    if self._array.size != 1 or self._dtype.differentiable:
        raise TypeError("only integer tensors of a single element can be converted to an index")
    return int(self._array.item())


def _len(self: Tensor) -> int:
    if not self.ndim:
        raise TypeError("len() of a 0-d tensor")
    return int(self._array.shape[0])


def _iter(self: Tensor) -> Iterator[Tensor]:
    if not self.ndim:
        raise TypeError("iteration over a 0-d tensor")
    return iter(self.unbind(0))


def _number(self: Tensor) -> Any:
    if self._array.size != 1:
        raise ValueError("only one element tensors can be converted to Python scalars")
    return item(self)


def _real(self: Tensor, word: str) -> Any:
    number = _number(self)
    if not isinstance(number, complex):
        return number
    if number.imag:
        raise RuntimeError(f"value cannot be converted to type {word} without overflow")
    return number.real


def _float(self: Tensor) -> float:
    if MODE.mapping is not None:
        raise RuntimeError(_VALUE)
    return float(_real(self, "double"))


def _int(self: Tensor) -> int:
    if MODE.mapping is not None:
        raise RuntimeError(_VALUE)
    return int(_real(self, "int64_t"))


def _complex(self: Tensor) -> complex:
    return complex(_number(self))


def _format(self: Tensor, text: str) -> str:
    """The number of a 0-dim tensor in a format; the tensor's own text without one. TypeError for a format of a tensor
    with dimensions."""
    if not self.ndim:
        return format(item(self), text)
    return object.__format__(self, text)


def _reversed(self: Tensor) -> Tensor:
    """Flipped along the first dimension, on memory of its own."""
    return self.flip(0) if self.ndim else self


def _layout(self: Tensor) -> Layout:
    """How the elements are kept: `torch.strided`."""
    return strided


def _apply(self: Tensor, callable: Callable[[Any], Any]) -> Tensor:
    """Replaces each element by what a Python function makes of it. TypeError on an accelerator."""
    return _map(self, self, lambda value, _: callable(value))


def _map(self: Tensor, tensor: Tensor, callable: Callable[[Any, Any], Any]) -> Tensor:
    """Replaces each element by what a Python function makes of it and the element of another tensor that broadcasts.
    TypeError on an accelerator, RuntimeError where gradients are recorded."""
    if self._device is not CPU:
        raise TypeError("map_ is only implemented on CPU tensors")
    if self.requires_grad:
        raise RuntimeError("Can't call map_() on Variable that requires grad. Use var.detach().map_() instead.")
    other = np.broadcast_to(tensor._array, self._array.shape)
    for index in np.ndindex(self._array.shape):
        self._array[index] = callable(self._array[index].item(), other[index].item())
    bump(self)
    return self


def _deepcopy(self: Tensor, memo: dict[int, Any]) -> Tensor:
    """A leaf on memory of its own, with its gradient; what shared memory shares it still. RuntimeError for the result
    of an operation."""
    if id(self) in memo:
        return memo[id(self)]  # type: ignore[no-any-return]
    if not self.is_leaf:
        raise RuntimeError(
            "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the moment.  "
            "If you were attempting to deepcopy a module, this may be because of a torch.nn.utils.weight_norm usage, "
            "see https://github.com/pytorch/pytorch/pull/103001"
        )
    source = storage(self)
    copied = memo.get(id(source))
    if copied is None:
        copied = memo[id(source)] = Storage(source.memory.copy(), source.device)
    stride, offset = strides_of(self), self.storage_offset()
    t: Any = wrap(copied.strided(self._array.dtype, self._array.shape, stride, offset), self._dtype, self._device)
    t._storage, t._layout, t._flag, t.__class__ = copied, (stride, offset), self._flag, type(self)
    memo[id(self)] = t
    t.__dict__.update(deepcopy(self.__dict__, memo))
    if self.grad is not None:
        t.grad = deepcopy(self.grad, memo)
    return t  # type: ignore[no-any-return]


attach("__deepcopy__", _deepcopy)
attach("item", item)
attach("tolist", tolist)
attach("__bool__", _bool)
attach("__index__", _index)
attach("__len__", _len)
attach("__iter__", _iter)
attach("__float__", _float)
attach("__int__", _int)
attach("__complex__", _complex)
attach("__format__", _format)
attach("__reversed__", _reversed)
attach("apply_", _apply)
attach("map_", _map)
attach("layout", property(_layout))
