"""Creation from a size and a value: zeros, ones, empty, full, eye, and their `*_like` and `new_*` forms."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Number
from typing import Any

import numpy as np

from . import layout
from .create import fitting, made, memory, sizes
from .deterministic import unwritten
from .device import resolve
from .dtype import DEFAULT, chosen, dtype, of_scalar
from .format import allocate, strides_in
from .inplace_rules import fill_out
from .storage import Array
from .tensor import Tensor, attach, strides_of

_NEGATIVE_ZEROS = "zeros: Dimension size must be non-negative."


def _factory(
    name: str,
    given: tuple[Any, ...],
    value: Any,
    *,
    size: Any = None,
    out: Tensor | None = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    memory_format: Any = None,
    **named: Any,
) -> Tensor:
    """A new tensor filled with a value, or `out` overwritten with it."""
    if not given:
        if size is None:
            raise TypeError(f'{name}() missing 1 required positional arguments: "size"')
        given = (size,)
    if named:
        raise TypeError(f"{name}() got an unexpected keyword argument '{next(iter(named))}'")
    shape = sizes(given, name, _NEGATIVE_ZEROS if name == "zeros" else None)
    d = chosen(dtype, name)
    if d is None:
        d = DEFAULT.floating if out is None else out._dtype
    array = memory(shape, d)
    if memory_format is not None:
        array = allocate(d.numpy, shape, strides_in(memory_format, shape))
    if value:
        array.fill(value)
    elif value is None:
        unwritten(array)
    if out is not None:
        return fill_out(out, made(array, d, out._device))
    return made(array, d, device, requires_grad)


def empty(*size: Any, **options: Any) -> Tensor:
    """A tensor of the given size; its values are unspecified. RuntimeError for a negative size."""
    return _factory("empty", size, None, **options)


def zeros(*size: Any, **options: Any) -> Tensor:
    """A tensor of zeros of the given size. RuntimeError for a negative one."""
    return _factory("zeros", size, 0, **options)


def ones(*size: Any, **options: Any) -> Tensor:
    """A tensor of ones of the given size. RuntimeError for a negative one."""
    return _factory("ones", size, 1, **options)


def full(
    size: Any,
    fill_value: Any,
    *,
    out: Tensor | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    layout: Any = None,
    pin_memory: bool = False,
) -> Tensor:
    """A tensor filled with one value, whose type is the dtype unless one is given. RuntimeError if the value does
    not fit."""
    if isinstance(fill_value, Tensor):
        fill_value = fill_value.item()
    if not isinstance(size, (tuple, list)):
        raise TypeError(f"full(): argument 'size' (position 1) must be tuple of ints, not {type(size).__name__}")
    if not isinstance(fill_value, Number):
        kind = type(fill_value).__name__
        raise TypeError(f"full(): argument 'fill_value' (position 2) must be Number, not {kind}")
    d = chosen(dtype, "full") or (of_scalar(fill_value) if out is None else out._dtype)
    array = memory(sizes((size,), "full"), d)
    array.fill(fitting(fill_value, d))
    if out is not None:
        return fill_out(out, made(array, d, out._device))
    return made(array, d, device, requires_grad)


def empty_strided(
    size: Any, stride: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False, **options: Any
) -> Tensor:
    """A tensor of the given size and strides; its values are unspecified. RuntimeError for lists of two lengths."""
    d = chosen(dtype, "empty_strided") or DEFAULT.floating
    shape, strides = sizes((size,), "empty_strided"), tuple(stride)
    if len(shape) != len(strides):
        raise RuntimeError(
            f"dimensionality of sizes ({len(shape)}) must match dimensionality of strides ({len(strides)})"
        )
    owner = made(memory((layout.extent(shape, strides),), d), d, device)
    unwritten(owner._array)
    array = np.ndarray(shape, d.numpy, owner._array, 0, tuple(s * d.itemsize for s in strides))
    t = made(array if array.size else np.zeros(shape, d.numpy), d, device, requires_grad)
    t._layout = (strides, 0)
    return t


def eye(
    n: int,
    m: int | None = None,
    *,
    out: Tensor | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    **options: Any,
) -> Tensor:
    """A matrix with ones on the main diagonal and zeros elsewhere. RuntimeError for a negative size."""
    d = chosen(dtype, "eye") or (DEFAULT.floating if out is None else out._dtype)
    for name, size in (("n", n), ("m", n if m is None else m)):
        if size < 0:
            raise RuntimeError(f"{name} must be greater or equal to 0, got {size}")
    array = np.eye(n, m, dtype=d.numpy)
    if out is not None:
        return fill_out(out, made(array, d, out._device))
    return made(array, d, device, requires_grad)


def like(
    input: Tensor,
    name: str,
    make: Callable[[dtype, Array], Any],
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: Any = None,
    pin_memory: bool = False,
) -> Tensor:
    """A tensor of the shape, dtype, device and order of dimensions of another. `make` fills its zeros, given the
    dtype and the array."""
    if not isinstance(input, Tensor):
        raise TypeError(f"{name}(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}")
    d = chosen(dtype, name) or input._dtype
    shape = input._array.shape
    plain = memory_format is None and input._array.flags.c_contiguous
    stride = None if plain else strides_in(memory_format, shape, strides_of(input))
    array = np.zeros(shape, d.numpy) if stride is None else allocate(d.numpy, shape, stride)
    make(d, array)
    t = made(array, d, input._device if device is None else resolve(device), requires_grad)
    if stride is not None:
        t._layout = (stride, 0)
    return t


def _nothing(d: dtype, array: Array) -> None:
    """Leaves the zeros."""


def _unwritten(d: dtype, array: Array) -> None:
    unwritten(array)


def zeros_like(input: Tensor, **options: Any) -> Tensor:
    """Zeros of the shape, dtype and device of another tensor."""
    return like(input, "zeros_like", _nothing, **options)


def empty_like(input: Tensor, **options: Any) -> Tensor:
    """A tensor of the shape, dtype and device of another; its values are unspecified."""
    return like(input, "empty_like", _unwritten, **options)


def ones_like(input: Tensor, **options: Any) -> Tensor:
    """Ones of the shape, dtype and device of another tensor."""
    return like(input, "ones_like", lambda d, array: array.fill(1), **options)


def full_like(input: Tensor, fill_value: Any, **options: Any) -> Tensor:
    """A tensor of the shape, dtype and device of another, filled with one value. RuntimeError if it does not fit."""
    value = fill_value.item() if isinstance(fill_value, Tensor) else fill_value
    return like(input, "full_like", lambda d, array: array.fill(fitting(value, d)), **options)


def _new(name: str, value: Any) -> Callable[..., Tensor]:
    def method(self: Tensor, *size: Any, dtype: Any = None, device: Any = None, **options: Any) -> Tensor:
        where = self._device if device is None else device
        return _factory(name, size, value, dtype=dtype or self._dtype, device=where, **options)

    return method


def new_full(
    self: Tensor, size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None, **options: Any
) -> Tensor:
    """A tensor of the given size filled with one value, in this tensor's dtype and on its device."""
    where = self._device if device is None else device
    return full(size, fill_value, dtype=dtype or self._dtype, device=where, **options)


def new_empty_strided(
    self: Tensor, size: Any, stride: Any, dtype: Any = None, device: Any = None, **options: Any
) -> Tensor:
    """A tensor of the given size and strides, in this tensor's dtype and on its device."""
    where = self._device if device is None else device
    return empty_strided(size, stride, dtype=dtype or self._dtype, device=where, **options)


attach("new_zeros", _new("new_zeros", 0))
attach("new_ones", _new("new_ones", 1))
attach("new_empty", _new("new_empty", None))
attach("new_full", new_full)
attach("new_empty_strided", new_empty_strided)
