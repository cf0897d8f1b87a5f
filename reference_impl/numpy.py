"""The bridge to NumPy: arrays that become tensors, tensors that become arrays, both on the same memory."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from .device import CPU
from .dtype import FROM_NUMPY, bfloat16, dtype
from .gradmode import MODE
from .storage import Array
from .tensor import Tensor, attach, tracked, wrap


def from_numpy(ndarray: Any) -> Tensor:
    """A tensor on the array's memory. TypeError for what is no array or has an unknown type, ValueError for negative
    strides."""
    if not isinstance(ndarray, np.ndarray):
        found = type(ndarray).__name__
        raise TypeError(f"expected np.ndarray (got {'numpy.' if isinstance(ndarray, np.generic) else ''}{found})")
    d = numpy_dtype(ndarray.dtype)
    for s in ndarray.strides:
        if s < 0:
            raise ValueError(
                "At least one stride in the given numpy array is negative, and tensors with negative strides are not "
                "currently supported. (You can probably work around this by making a copy of your array  with "
                "array.copy().) "
            )
        if s % ndarray.itemsize:
            raise ValueError(
                "given numpy array strides not a multiple of the element byte size. Copy the numpy array to "
                "reallocate the memory."
            )
    if not ndarray.flags.writeable:
        warnings.warn(
            "The given NumPy array is not writable, and PyTorch does not support non-writable tensors. This means "
            "writing to this tensor will result in undefined behavior. You may want to copy the array to protect its "
            "data or make it writable before converting it to a tensor. This type of warning will be suppressed for "
            "the rest of this program.",
            UserWarning,
            stacklevel=2,
        )
    t = wrap(ndarray.view(np.ndarray), d, CPU)
    t._layout = (tuple(s // ndarray.itemsize for s in ndarray.strides), 0)
    return t


def numpy_dtype(kind: np.dtype[Any]) -> dtype:
    """Our type for NumPy's. ValueError for a foreign byte order, TypeError for a type without a tensor."""
    found = FROM_NUMPY.get(kind)
    if found is not None and found is not bfloat16:
        return found
    if kind.newbyteorder("=") in FROM_NUMPY and not kind.isnative:
        raise ValueError(
            "given numpy array has byte order different from the native byte order. Conversion between byte orders is "
            "currently not supported."
        )
    raise TypeError(
        f"can't convert np.ndarray of type {kind.type.__module__}.{kind.type.__name__}. The only supported types are: "
        "float64, float32, float16, complex64, complex128, int64, int32, int16, int8, uint64, uint32, uint16, uint8, "
        "and bool."
    )


_BITS = {"conj": "conjugate", "neg": "negative"}


def to_numpy(self: Tensor, *, force: bool = False) -> Array:
    """The values as an array on the same memory. RuntimeError if gradients flow to the tensor, TypeError if it is not
    on the CPU.

    `force=True` takes whatever detaching and copying is needed.
    """
    if force:
        self = self.detach().cpu()
    if self._device is not CPU:
        raise TypeError(
            f"can't convert {self._device} device type tensor to numpy. Use Tensor.cpu() to copy the tensor to host "
            "memory first."
        )
    if not force and MODE.grad and tracked(self):
        raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")
    if not force and self._meta is not None and self._meta.postponed is not None:
        bit = self._meta.postponed
        raise RuntimeError(
            f"Can't call numpy() on Tensor that has {_BITS[bit]} bit set. Use tensor.resolve_{bit}().numpy() instead."
        )
    if self._dtype is bfloat16:
        raise TypeError("Got unsupported ScalarType BFloat16")
    return self._array.view()


def _as_array(self: Tensor, dtype: Any = None, copy: bool | None = None) -> Array:
    array = to_numpy(self)
    if dtype is not None and array.dtype != dtype:
        return array.astype(dtype)
    return array.copy() if copy else array


def _wrap_array(self: Tensor, array: Array, context: Any = None, return_scalar: bool = False) -> Tensor:
    """What a NumPy function makes of a tensor is a tensor."""
    return from_numpy(np.asarray(array))


def _dlpack(
    self: Tensor, *, stream: Any = None, max_version: Any = None, dl_device: Any = None, copy: bool | None = None
) -> Any:
    """A capsule that hands the memory to another library. BufferError if gradients flow to the tensor or no other
    library knows its device or dtype."""
    if tracked(self):
        raise BufferError("Can't export tensors that require gradient, use tensor.detach()")
    if self._device is not CPU:
        raise BufferError(f"Unsupported device type: {self._device.type}")
    if self._dtype is bfloat16:
        raise BufferError("bfloat16 is not exported")
    return self._array.__dlpack__(stream=stream, max_version=max_version, dl_device=dl_device, copy=copy)


def _dlpack_device(self: Tensor) -> tuple[int, int]:
    """The kind and the ordinal of the device, in DLPack's numbers."""
    if self._device is not CPU:
        raise ValueError(f"Unknown device type {self._device.type} for Dlpack")
    return 1, 0


def from_dlpack(ext_tensor: Any) -> Tensor:
    """A tensor on the memory of another library's array, which offers `__dlpack__`."""
    if isinstance(ext_tensor, np.ndarray):
        return from_numpy(ext_tensor)
    return from_numpy(np.from_dlpack(ext_tensor))


def frombuffer(buffer: Any, *, dtype: dtype, count: int = -1, offset: int = 0, requires_grad: bool = False) -> Tensor:
    """A vector on the memory of a Python buffer: `count` elements, or all there are, from a byte on. ValueError where
    the buffer has not as many, or not a whole number of them."""
    memory = memoryview(buffer).cast("B")
    size, width = len(memory), dtype.itemsize
    if not size or not count:
        raise ValueError(f"both buffer length ({size}) and count ({count}) must not be 0")
    if not 0 <= offset < size:
        raise ValueError(
            f"offset ({offset} bytes) must be non-negative and no greater than buffer length ({size} bytes) minus 1"
        )
    if count < 0 and (size - offset) % width:
        raise ValueError(
            f"buffer length ({size - offset} bytes) after offset ({offset} bytes) must be a multiple of element size "
            f"({width})"
        )
    count = (size - offset) // width if count < 0 else count
    if offset + count * width > size:
        raise ValueError(
            f"requested buffer length ({count} * {width} bytes) after offset ({offset} bytes) must not be greater "
            f"than actual buffer length ({size} bytes)"
        )
    if memory.readonly:
        warnings.warn(
            "The given buffer is not writable, and PyTorch does not support non-writable tensors.",
            UserWarning,
            stacklevel=2,
        )
    t = wrap(np.frombuffer(memory, dtype.numpy, count, offset), dtype, CPU)
    t.requires_grad = requires_grad
    return t


attach("numpy", to_numpy)
attach("__dlpack__", _dlpack)
attach("__dlpack_device__", _dlpack_device)
attach("__array_wrap__", _wrap_array)
attach("__array__", _as_array)
