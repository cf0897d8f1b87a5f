"""What Python asks of a tensor: numbers, truth, length, iteration."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from .dtype import bfloat16
from .storage import Storage
from .tensor import Tensor, attach, storage, strides_of, wrap


def item(self: Tensor) -> Any:
    """The one element as a Python number. RuntimeError for a tensor of none or several."""
    if self._array.size != 1:
        raise RuntimeError(f"a Tensor with {self._array.size} elements cannot be converted to Scalar")
    return _listable(self).item()


def tolist(self: Tensor) -> Any:
    """Nested lists of Python numbers; the number itself for a 0-dim tensor."""
    return _listable(self).tolist()


def _listable(t: Tensor) -> Any:
    return t._array.astype("float32") if t._dtype is bfloat16 else t._array


def _bool(self: Tensor) -> bool:
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


def _float(self: Tensor) -> float:
    return float(item(self))


def _int(self: Tensor) -> int:
    return int(item(self))


def _complex(self: Tensor) -> complex:
    return complex(item(self))


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
