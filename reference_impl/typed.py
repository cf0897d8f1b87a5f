"""The classes that older programs name a dtype by: `torch.FloatTensor` and its kin. They live on the CPU."""

from __future__ import annotations

from typing import Any

from .create import constructed_as
from .device import CPU
from .dtype import bfloat16, dtype, float16, float32, float64, int8, int16, int32, int64, uint8
from .dtype import bool as bool_
from .tensor import Tensor

__all__ = [
    "BFloat16Tensor",
    "BoolTensor",
    "ByteTensor",
    "CharTensor",
    "DoubleTensor",
    "FloatTensor",
    "HalfTensor",
    "IntTensor",
    "LongTensor",
    "ShortTensor",
]


class Typed(type):
    """Its instances are the CPU's tensors of one dtype."""

    dtype: dtype

    def __call__(cls, *data: Any) -> Tensor:
        """Of sizes, an unspecified tensor; of a sequence or an array, its copy; of a tensor of the dtype, an alias.
        TypeError for a tensor of another dtype, and for what is neither."""
        only = data[0] if len(data) == 1 else None
        if isinstance(only, Tensor) and only._dtype is not cls.dtype:
            raise TypeError(f"expected TensorOptions(dtype={cls.dtype.legacy}, device=cpu)")
        if isinstance(only, str):
            raise TypeError("new(): invalid data type 'str'")
        return constructed_as(cls.dtype, CPU, data)

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, Tensor) and instance._dtype is cls.dtype and instance._device is CPU

    def __repr__(cls) -> str:
        return f"<class 'torch.{cls.__name__}'>"


def _typed(d: dtype) -> Any:
    return Typed(f"{d.word}Tensor", (), {"dtype": d, "__module__": "torch"})


BFloat16Tensor = _typed(bfloat16)
BoolTensor = _typed(bool_)
ByteTensor = _typed(uint8)
CharTensor = _typed(int8)
DoubleTensor = _typed(float64)
FloatTensor = _typed(float32)
HalfTensor = _typed(float16)
IntTensor = _typed(int32)
LongTensor = _typed(int64)
ShortTensor = _typed(int16)
