"""What Python asks of a tensor: numbers, truth, length, iteration."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .dtype import bfloat16
from .tensor import Tensor, attach


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


attach("item", item)
attach("tolist", tolist)
attach("__bool__", _bool)
attach("__index__", _index)
attach("__len__", _len)
attach("__iter__", _iter)
attach("__float__", _float)
attach("__int__", _int)
attach("__complex__", _complex)
