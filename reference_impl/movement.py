"""Casting and moving: to, cpu, cuda, and the methods named after dtypes."""

from __future__ import annotations

import warnings
from typing import Any

from .autograd.node import Gradients, Node
from .device import CPU, resolve
from .device import device as Device  # noqa: N812
from .dtype import (
    ALL,
    bfloat16,
    complex64,
    complex128,
    dtype,
    float16,
    float32,
    float64,
    int8,
    int16,
    int32,
    int64,
    uint8,
)
from .dtype import bool as bool_
from .op import record
from .promote import cast
from .tensor import Tensor, attach


class ToCopyBackward0(Node):
    """The engine casts and moves the gradient back."""

    __slots__ = ()

    def gradient(self, grad: Tensor) -> Gradients:
        return grad


def convert(t: Tensor, d: dtype, where: Device, copy: bool = False) -> Tensor:
    """The tensor in another dtype or on another device; itself if nothing changes and no copy is asked for."""
    if d is t._dtype and where is t._device and not copy:
        return t
    array = t._array
    if d is t._dtype:
        array = array.copy("K")
    else:
        if t._dtype.is_complex and not d.is_complex and d is not bool_:
            warnings.warn("Casting complex values to real discards the imaginary part", UserWarning, stacklevel=3)
            array = array.real
        array = cast(array, d)
    return record(ToCopyBackward0, array, d, where, (t,))


def to(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """`to(dtype)`, `to(device, dtype)` or `to(other)`, with `copy=True` to copy in any case. Itself if nothing
    changes."""
    d, where, copy = _target(self, args, kwargs)
    return convert(self, d, where, copy)


def _target(t: Tensor, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[dtype, Device, bool]:
    values = list(args)
    d, where = kwargs.pop("dtype", None), kwargs.pop("device", None)
    if values:
        first = values.pop(0)
        if isinstance(first, Tensor):
            d, where = first._dtype, first._device
        elif isinstance(first, dtype):
            d = first
        else:
            where = first
            if values and (values[0] is None or isinstance(values[0], dtype)):
                d = values.pop(0)
    if not all(isinstance(v, (bool, int)) for v in values) or len(values) > 2 or not isinstance(d, (dtype, type(None))):
        got = ", ".join("torch.dtype" if isinstance(a, dtype) else type(a).__name__ for a in args)
        raise TypeError(
            f"to() received an invalid combination of arguments - got ({got}), but expected one of:\n"
            " * (torch.device device = None, torch.dtype dtype = None, bool non_blocking = False, bool copy = False, "
            "*, "
            "torch.memory_format memory_format = None)\n"
            " * (torch.dtype dtype, bool non_blocking = False, bool copy = False, *, torch.memory_format "
            "memory_format = None)\n"
            " * (Tensor tensor, bool non_blocking = False, bool copy = False, *, torch.memory_format memory_format = "
            "None)\n"
        )
    copy = values[1] if len(values) > 1 else kwargs.pop("copy", False)
    return d or t._dtype, t._device if where is None else resolve(where), bool(copy)


def cpu(self: Tensor, memory_format: Any = None) -> Tensor:
    """The tensor in the host's memory."""
    return convert(self, self._dtype, CPU)


def cuda(self: Tensor, device: Any = None, non_blocking: bool = False, memory_format: Any = None) -> Tensor:
    """The tensor on a `cuda` device, the current one if none is given. AssertionError where there is none."""
    where = resolve("cuda" if device is None else device)
    return convert(self, self._dtype, where)


def type_(self: Tensor, dtype: Any = None, non_blocking: bool = False) -> Any:
    """The tensor in another dtype; without an argument the name of its type, `torch.FloatTensor`."""
    if dtype is None:
        where = "" if self._device is CPU else f"{self._device.type}."
        return f"torch.{where}{self._dtype.word}Tensor"
    if isinstance(dtype, str):
        words = {d.word: d for d in ALL}
        dtype = words[dtype.rsplit(".", 1)[-1].removesuffix("Tensor")]
    return convert(self, dtype, self._device)


def _caster(d: dtype) -> Any:
    def method(self: Tensor, memory_format: Any = None) -> Tensor:
        return convert(self, d, self._device)

    method.__doc__ = f"The tensor in {d.name}."
    return method


attach("to", to)
attach("cpu", cpu)
attach("cuda", cuda)
attach("type", type_)
attach("float", _caster(float32))
attach("double", _caster(float64))
attach("half", _caster(float16))
attach("bfloat16", _caster(bfloat16))
attach("long", _caster(int64))
attach("int", _caster(int32))
attach("short", _caster(int16))
attach("char", _caster(int8))
attach("byte", _caster(uint8))
attach("bool", _caster(bool_))
attach("cfloat", _caster(complex64))
attach("cdouble", _caster(complex128))
