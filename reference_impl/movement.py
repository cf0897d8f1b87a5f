"""Casting and moving: to, cpu, cuda, and the methods named after dtypes."""

from __future__ import annotations

import warnings
from typing import Any

from .autograd.node import Gradients, Node
from .device import CPU, META, resolve
from .device import device as Device  # noqa: N812
from .dtype import (
    ALL,
    PYTHON,
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
from .format import copied, strides_in
from .hollow import NO_DATA
from .op import record
from .promote import cast
from .tensor import Tensor, attach, storage, strides_of
from .typed import Typed


class ToCopyBackward0(Node):
    """Moves the gradient back; the engine casts it."""

    __slots__ = ()

    def gradient(self, grad: Tensor) -> Gradients:
        return convert(grad, grad._dtype, self.args)


def convert(t: Tensor, d: dtype, where: Device, copy: bool = False, memory_format: Any = None) -> Tensor:
    """The tensor in another dtype, on another device or in another memory format; itself if nothing changes and no
    copy is asked for."""
    same = d is t._dtype and where is t._device and not copy
    if same and memory_format is None:
        return t
    if t._device is META and where is not META:
        raise NotImplementedError(NO_DATA)
    array = t._array
    wanted = strides_in(memory_format, array.shape, strides_of(t))
    if same and wanted == strides_of(t):
        return t
    if d is not t._dtype and t._dtype.is_complex and not d.is_complex and d is not bool_:
        warnings.warn("Casting complex values to real discards the imaginary part", UserWarning, stacklevel=3)
        array = array.real
    moved = cast(array, d)
    if moved is array or tuple([s // moved.itemsize for s in moved.strides]) != wanted:
        moved = copied(moved, wanted)
    return record(ToCopyBackward0, moved, d, where, (t,), args=t._device)


def to(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """`to(dtype)`, `to(device, dtype)` or `to(other)`, with `copy=True` to copy in any case. Itself if nothing
    changes."""
    d, where, copy, memory_format = target(args, kwargs)
    return convert(self, d or self._dtype, self._device if where is None else resolve(where), copy, memory_format)


FORMS = (
    ("device", "dtype", "non_blocking", "copy"),
    ("dtype", "non_blocking", "copy"),
    ("tensor", "non_blocking", "copy"),
)
"""What `to` takes, in the order of the positional arguments."""


def target(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[dtype | None, Any, bool, Any]:
    """The dtype, the device, whether to copy and the memory format that the arguments of `to` ask for; TypeError for
    arguments that fit none of its forms."""
    first = args[0] if args else None
    d = PYTHON.get(first, first) if isinstance(first, type) else first
    form = FORMS[2 if isinstance(first, Tensor) or "tensor" in kwargs else 1 if isinstance(d, dtype) else 0]
    given = dict(zip(form, args, strict=False))
    if len(args) > len(form) or not given.keys().isdisjoint(kwargs) or not {*kwargs} <= {*form, "memory_format"}:
        raise _unfitting(args, kwargs)
    given.update(kwargs)
    other, d, where = given.get("tensor"), given.get("dtype"), given.get("device")
    d = PYTHON.get(d, d) if isinstance(d, type) else d
    flags = given.get("non_blocking", False), given.get("copy", False)
    if not isinstance(d, (dtype, type(None))) or not all(isinstance(flag, (bool, int)) for flag in flags):
        raise _unfitting(args, kwargs)
    if isinstance(other, Tensor):
        d, where = other._dtype, other._device
    return d, where, bool(flags[1]), given.get("memory_format")


def _unfitting(args: tuple[Any, ...], kwargs: dict[str, Any]) -> TypeError:
    """The error for arguments that `to` does not take."""
    named = [("", value) for value in args] + [(f"{name}=", value) for name, value in kwargs.items()]
    got = ", ".join(n + ("torch.dtype" if isinstance(value, dtype) else type(value).__name__) for n, value in named)
    rest = "bool non_blocking = False, bool copy = False, *, torch.memory_format memory_format = None)"
    return TypeError(
        f"to() received an invalid combination of arguments - got ({got}), but expected one of:\n"
        f" * (torch.device device = None, torch.dtype dtype = None, {rest}\n"
        f" * (torch.dtype dtype, {rest}\n"
        f" * (Tensor tensor, {rest}\n"
    )


def cpu(self: Tensor, memory_format: Any = None) -> Tensor:
    """The tensor in the host's memory."""
    return convert(self, self._dtype, CPU, memory_format=memory_format)


def _mover(kind: str) -> Any:
    def method(self: Tensor, device: Any = None, non_blocking: bool = False, memory_format: Any = None) -> Tensor:
        where = Device(kind) if device is None else Device(kind, device) if isinstance(device, int) else Device(device)
        if where.type != kind:
            raise RuntimeError(f"Invalid device, must be {kind} device")
        return convert(self, self._dtype, resolve(where), memory_format=memory_format)

    method.__doc__ = f"The tensor on a `{kind}` device, the current one if none is given. Raises where there is none."
    return method


def is_pinned(self: Tensor, device: Any = None) -> bool:
    """Whether the memory is pinned."""
    return storage(self).pinned


def pin_memory(self: Tensor, device: Any = None) -> Tensor:
    """A copy in pinned memory; itself if its memory is pinned. RuntimeError for a tensor that is not on the CPU."""
    if self._device is not CPU:
        raise RuntimeError(f"cannot pin '{self.type()}' only dense CPU tensors can be pinned")
    if storage(self).pinned:
        return self
    pinned = self.clone()
    storage(pinned).pinned = True
    return pinned


def get_device(input: Tensor) -> int:
    """The ordinal of the device; -1 on the CPU."""
    return input.get_device()


def type_(self: Tensor, dtype: Any = None, non_blocking: bool = False) -> Any:
    """The tensor in another dtype; without an argument the name of its type, `torch.FloatTensor`."""
    if dtype is None:
        kind = "" if self._device is CPU else f"{self._device.type}."
        return f"torch.{kind}{self._dtype.word}Tensor"
    if isinstance(dtype, str):
        return convert(self, *named_type(dtype, self._device))
    if isinstance(dtype, Typed):
        return convert(self, dtype.dtype, CPU)
    return convert(self, PYTHON.get(dtype, dtype), self._device)


def named_type(name: str, here: Device) -> tuple[dtype, Device]:
    """The dtype and the device of a type's name; a tensor on an accelerator of that type stays `here`. ValueError for
    a name that is none."""
    *place, last = name.split(".")
    words = {d.word + "Tensor": d for d in ALL}
    if last not in words or place[:1] != ["torch"] or len(place) > 2:
        raise ValueError(f"invalid type: '{name}'")
    kind = place[1] if len(place) == 2 else "cpu"
    return words[last], here if here.type == kind else resolve(kind)


def type_as(self: Tensor, other: Tensor) -> Tensor:
    """The tensor in the dtype and on the device of another."""
    return convert(self, other._dtype, other._device)


def _caster(d: dtype) -> Any:
    def method(self: Tensor, memory_format: Any = None) -> Tensor:
        return convert(self, d, self._device, memory_format=memory_format)

    method.__doc__ = f"The tensor in {d.name}."
    return method


attach("to", to)
attach("cpu", cpu)
attach("cuda", _mover("cuda"))
attach("sim", _mover("sim"))
attach("is_pinned", is_pinned)
attach("pin_memory", pin_memory)
attach("type", type_)
attach("type_as", type_as)
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
