"""Creation: tensors from data, and what all factories share."""

from __future__ import annotations

import math
import warnings
from numbers import Number
from typing import Any

import numpy as np

from .arguments import lenient
from .device import CPU, META, default_or, resolve
from .dtype import BOOL, DEFAULT, INTEGER, bfloat16, chosen, dtype, float16, float32, uint64
from .dtype import bool as bool_
from .gradmode import MODE
from .hollow import hollow
from .nested import array_of
from .numpy import from_numpy
from .promote import cast, number
from .storage import Array
from .tensor import INFERENCE, Size, Tensor, attach, wrap


def made(array: Array, d: dtype, device: Any, requires_grad: bool = False) -> Tensor:
    """A new leaf. RuntimeError if it shall require grad and is not floating."""
    t = wrap(array, d, resolve(device))
    if MODE.inference:
        t._counter = INFERENCE
    if requires_grad:
        if requires_grad is not True:
            raise TypeError(f"argument 'requires_grad' must be bool, not {type(requires_grad).__name__}")
        if not d.differentiable:
            raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
        t._flag = True
    return t


def sizes(size: tuple[Any, ...], name: str, negative: str | None = None) -> tuple[int, ...]:
    """The shape given as numbers or as one sequence. TypeError for what is no integer, RuntimeError for a negative
    one."""
    given: Any = size[0] if len(size) == 1 and isinstance(size[0], (tuple, list)) else size
    for i, item in enumerate(given):
        if type(item) is not int and (isinstance(item, bool) or not hasattr(item, "__index__") or np.ndim(item)):
            found = type(item).__name__
            what = f"not {found}" if given is size else f"but found element of type {found} at pos {i}"
            raise TypeError(f"{name}(): argument 'size' (position 1) must be tuple of ints, {what}")
    shape = tuple([item.__index__() for item in given])
    for n in shape:
        if n < 0:
            raise RuntimeError(negative or f"Trying to create tensor with negative dimension {n}: {list(shape)}")
    return shape


def memory(shape: tuple[int, ...], d: dtype, where: Any = CPU) -> Array:
    """An array of zeros, or without values on the meta device. RuntimeError where there is no memory for it."""
    if where is META:
        return hollow(shape, d.numpy)
    count = math.prod(shape) * d.itemsize
    if count >= 1 << 63:
        raise RuntimeError(f"Storage size calculation overflowed with sizes={list(shape)}")
    try:
        return np.zeros(shape, d.numpy)
    except (MemoryError, ValueError) as error:
        raise RuntimeError(
            "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to "
            f"allocate {count} bytes. Error code 12 (Cannot allocate memory)"
        ) from error


def _tensor(
    data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False, pin_memory: bool = False
) -> Tensor:
    """A copy of a number, nested sequences, an ndarray or a tensor. The dtype is inferred from the values unless it is
    given.

    ValueError for ragged sequences, TypeError or RuntimeError for what is no number.
    """
    if isinstance(data, Tensor):
        warnings.warn(
            "To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() or "
            "sourceTensor.detach().clone().requires_grad_(True), rather than torch.tensor(sourceTensor).",
            UserWarning,
            stacklevel=3,
        )
        device = default_or(data._device) if device is None else device
    array, inferred = array_of(data)
    d = chosen(dtype, "tensor") or inferred
    if inferred.is_complex and d.category > BOOL and not d.is_complex and not isinstance(data, (Tensor, np.ndarray)):
        raise TypeError(
            "must be real number, not complex"
            if d.is_floating_point
            else "'complex' object cannot be interpreted as an integer"
        )
    if d.category == INTEGER and array.size and not isinstance(data, (Tensor, np.ndarray)):
        _check_range(array, d)
    order: Any = "K" if isinstance(data, np.ndarray) else "C"
    return made(np.array(cast(array, d), order=order), d, device, requires_grad)


tensor = lenient(_tensor, "tensor")


def _check_range(array: Array, d: dtype) -> None:
    """RuntimeError for numbers outside an integer type; negative ones down to -max wrap in an unsigned type.
    ValueError for integers beyond 64 bits."""
    if array.dtype == object or (array.dtype == np.uint64 and d is not uint64 and array.max() >= 1 << 63):
        raise ValueError("Overflow when unpacking long long")
    limits = np.iinfo(d.numpy)
    low = limits.min if d.is_signed else -int(limits.max)
    real = array.real
    if not (np.isfinite(real).all() and low <= real.min() and real.max() <= limits.max):
        raise RuntimeError(f"value cannot be converted to type {d.name} without overflow")


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """The tensor itself, or one that shares an ndarray's memory, where dtype and device allow it; else a copy."""
    d = chosen(dtype, "as_tensor")
    if isinstance(data, Tensor):
        return data.to(dtype=d or data._dtype, device=default_or(data._device) if device is None else device)
    if isinstance(data, np.ndarray):
        t = from_numpy(data)
        return t.to(dtype=d or t._dtype, device=resolve(device))
    return _tensor(data, dtype=d, device=device)


def asarray(
    obj: Any, *, dtype: Any = None, device: Any = None, copy: bool | None = None, requires_grad: bool | None = None
) -> Tensor:
    """A tensor of the data, on the data's memory where that is possible. `copy=True` copies in any case, `copy=False`
    raises ValueError where only a copy will do."""
    d = chosen(dtype, "asarray")
    if isinstance(obj, (bytes, bytearray, memoryview)):
        obj = np.frombuffer(obj, (d or DEFAULT.floating).numpy).copy()
    if not isinstance(obj, (Tensor, np.ndarray)) or (type(obj) is np.ndarray and not obj.ndim):
        if copy is False:
            raise ValueError("can't alias arbitrary sequence into a tensor.")
        return _tensor(obj, dtype=d, device=device, requires_grad=bool(requires_grad))
    t = obj if isinstance(obj, Tensor) else from_numpy(obj)
    where = default_or(t._device) if device is None and isinstance(obj, Tensor) else resolve(device)
    if copy is False:
        if d is not None and d is not t._dtype:
            raise ValueError(f"can't alias tensor with dtype '{t._dtype.word}' into dtype '{d.word}'.")
        if where is not t._device:
            raise ValueError(f"can't alias tensor with device '{t._device}' into device '{where}'.")
    result = t.to(where, d or t._dtype, copy=bool(copy))
    if requires_grad is None:
        return result
    if not requires_grad:
        return result.detach() if result.requires_grad else result
    return result if result.requires_grad else result.detach().requires_grad_()


def new_tensor(
    self: Tensor, data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """A copy of the data, in this tensor's dtype and on its device unless others are given."""
    return _tensor(
        data,
        dtype=dtype or self._dtype,
        device=self._device if device is None else device,
        requires_grad=requires_grad,
    )


def constructed(cls: type, *data: Any, device: Any = None) -> Tensor:
    """`torch.Tensor(...)`: of sizes, an unspecified tensor; of a sequence or an array, its copy; of a tensor, an alias.
    Always of the default dtype, and on the CPU unless a device is given. TypeError for what is neither."""
    return constructed_as(DEFAULT.floating, CPU if device is None else device, data)


def new(self: Tensor, *data: Any, device: Any = None) -> Tensor:
    """What `torch.Tensor(...)` makes, in this tensor's dtype and on its device."""
    return constructed_as(self._dtype, self._device if device is None else device, data)


def constructed_as(d: dtype, device: Any, data: tuple[Any, ...]) -> Tensor:
    """The same in a dtype and on a device."""
    only = data[0] if len(data) == 1 else 0
    if isinstance(only, Tensor):
        alias = only.detach()
        result: Tensor = alias if alias._dtype is d else alias.to(d)
    elif isinstance(only, (float, bool, type(None))):
        raise TypeError(f"new(): data must be a sequence (got {type(only).__name__})")
    elif not isinstance(only, Size) and (
        np.ndim(only) > 0 if isinstance(only, np.ndarray) else not hasattr(only, "__index__")
    ):
        result = tensor(only, dtype=d, device=device)
    else:
        result = made(memory(sizes(data or (0,), "new"), d), d, device)
    return result


def checked(value: Any, d: dtype) -> Any:
    """A number as a NumPy scalar of type `d`; RuntimeError if it is out of range."""
    if isinstance(value, complex) and not d.is_complex:
        if d is bool_:
            return np.bool_(value != 0)
        if value.imag:
            name = d.legacy if d.category != INTEGER or d.itemsize == 4 else f"{d.name}_t"
            raise RuntimeError(f"value cannot be converted to type {name} without overflow")
        value = value.real
    if d.category == INTEGER:
        limits = np.iinfo(d.numpy)
        low = limits.min if d.is_signed or isinstance(value, (float, np.floating)) else -int(limits.max)
        if not math.isfinite(value) or not low <= int(value) <= limits.max:
            name = d.legacy if d.itemsize == 4 else f"{d.name}_t"
            raise RuntimeError(f"value cannot be converted to type {name} without overflow")
    scalar = number(value, d)
    if d is float32 and math.isinf(scalar) and not math.isinf(value):
        raise RuntimeError(f"value cannot be converted to type {d.legacy} without overflow")
    return scalar


_LIMITS = {float16: 65504.0, bfloat16: 3.3895313892515355e38}


def fitting(value: Any, d: dtype) -> Any:
    """The same for what fills a tensor: out of the range of a half type is an error too, not an infinity. TypeError for
    what is no number."""
    number_: Any = value
    if not isinstance(value, Number):
        raise TypeError(f"argument 'fill_value' must be Number, not {type(value).__name__}")
    scalar = checked(value, d)
    if d in _LIMITS and not isinstance(value, complex) and _LIMITS[d] < abs(number_) < math.inf:
        name = "c10::Half" if d is float16 else "c10::BFloat16"
        raise RuntimeError(f"value cannot be converted to type {name} without overflow")
    return scalar


attach("_from_numpy", lambda self, array: from_numpy(array))
attach("new_tensor", new_tensor)
attach("__new__", staticmethod(constructed))
attach("new", new)
