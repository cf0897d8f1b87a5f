"""Creation from a size and a value: zeros, ones, empty, full, eye, and their `*_like` and `new_*` forms."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Number
from typing import Any

import numpy as np

from . import layout
from .arguments import lenient, need_tensor
from .create import fitting, made, memory, sizes
from .deterministic import unwritten
from .device import resolve
from .dtype import chosen, dtype, of_scalar
from .factory import check_options, factory, type_of
from .format import allocate, strides_in
from .storage import Array
from .tensor import Tensor, attach, storage, strides_of

_NEGATIVE_ZEROS = "zeros: Dimension size must be non-negative."


def _factory(
    name: str,
    given: tuple[Any, ...],
    value: Any,
    *,
    size: Any = None,
    dtype: Any = None,
    memory_format: Any = None,
    **options: Any,
) -> Tensor:
    """A new tensor filled with 0, 1 or nothing (None), or `out` overwritten with it."""
    if not given:
        if size is None:
            raise TypeError(f'{name}() missing 1 required positional arguments: "size"')
        given = (size,)
    shape = sizes(given, name, _NEGATIVE_ZEROS if name == "zeros" else None)
    d = type_of(name, dtype, options.get("out"))

    def make(where: Any) -> Array:
        array = memory(shape, d, where)
        if memory_format is not None:
            array = allocate(d.numpy, shape, strides_in(memory_format, shape), where)
        if value:
            array.fill(value)
        elif value is None:
            unwritten(array)
        return array

    return factory(name, d, make, **options)


def empty(*size: Any, **options: Any) -> Tensor:
    """A tensor of the given size; its values are unspecified. RuntimeError for a negative size."""
    return _factory("empty", size, None, **options)


def zeros(*size: Any, **options: Any) -> Tensor:
    """A tensor of zeros of the given size. RuntimeError for a negative one."""
    return _factory("zeros", size, 0, **options)


def ones(*size: Any, **options: Any) -> Tensor:
    """A tensor of ones of the given size. RuntimeError for a negative one."""
    return _factory("ones", size, 1, **options)


def scalar_of(name: str, parameter: str, position: int, value: Any) -> Any:
    """A number, or that of a 0-dim tensor. TypeError for anything else."""
    if isinstance(value, Tensor) and not value._array.ndim and not value.requires_grad:
        return value.item()
    if not isinstance(value, (Number, np.generic)):
        found = type(value).__name__
        raise TypeError(f"{name}(): argument '{parameter}' (position {position}) must be Number, not {found}")
    return value


def _full(size: Any, fill_value: Any, *, dtype: Any = None, **options: Any) -> Tensor:
    """A tensor filled with one value, whose type is the dtype unless one is given. RuntimeError if the value does
    not fit."""
    if not isinstance(size, (tuple, list)):
        raise TypeError(f"full(): argument 'size' (position 1) must be tuple of ints, not {type(size).__name__}")
    value = scalar_of("full", "fill_value", 2, fill_value)
    d = type_of("full", dtype, options.get("out"), of_scalar(value))

    def make(where: Any) -> Array:
        array = memory(sizes((size,), "full"), d, where)
        array.fill(fitting(value, d))
        return array

    return factory("full", d, make, **options)


def _scalar_tensor(s: Any, *, dtype: Any = None, **options: Any) -> Tensor:
    """A 0-dim tensor of the default floating dtype unless one is given. RuntimeError if the number does not fit."""
    value, d = scalar_of("scalar_tensor", "s", 1, s), type_of("scalar_tensor", dtype, None)
    return factory("scalar_tensor", d, lambda where: np.asarray(fitting(value, d)).astype(d.numpy), **options)


def empty_strided(size: Any, stride: Any, *, dtype: Any = None, requires_grad: bool = False, **options: Any) -> Tensor:
    """A tensor of the given size and strides; its values are unspecified. RuntimeError for lists of two lengths and
    for negative strides."""
    d = type_of("empty_strided", dtype, None)
    if not isinstance(size, (tuple, list)):
        raise TypeError(
            f"empty_strided(): argument 'size' (position 1) must be tuple of ints, not {type(size).__name__}"
        )
    shape, strides = sizes((size,), "empty_strided"), tuple(stride)
    if len(shape) != len(strides):
        raise RuntimeError(
            f"dimensionality of sizes ({len(shape)}) must match dimensionality of strides ({len(strides)})"
        )
    if min(strides, default=0) < 0:
        raise RuntimeError(f"Storage size calculation overflowed with sizes={list(shape)} and strides={list(strides)}")
    owner = factory("empty_strided", d, lambda where: memory((layout.extent(shape, strides),), d, where), **options)
    unwritten(owner._array)
    t = made(storage(owner).strided(d.numpy, shape, strides, 0), d, owner._device, requires_grad)
    t._layout = (strides, 0)
    return t


def empty_permuted(size: Any, physical_layout: Any, **options: Any) -> Tensor:
    """A tensor whose dimensions lie in memory in the given order, the last of it innermost; its values are
    unspecified. RuntimeError for an order that does not name every dimension once."""
    order = tuple(physical_layout)
    if len(order) != len(size):
        raise RuntimeError(
            "Number of dimensions in size does not match the length of the physical_layout; i.e. len(size) = "
            f"{len(size)} is not equal to len(physical_layout) = {len(order)}"
        )
    for place, dim in enumerate(order):
        if not 0 <= dim < len(order):
            raise RuntimeError(
                f"Dimension out of range (expected to be between 0 and {len(order) - 1}, but got {dim} at index "
                f"{place}).  NB: negative dims not currently supported; file an issue if you want it."
            )
        if dim in order[:place]:
            raise RuntimeError("Duplicate dim not allowed")
    shape = sizes((size,), "empty_permuted")
    return empty_strided(shape, layout.ordered_strides(shape, order), **_renamed(options, "empty_permuted"))


def _renamed(options: dict[str, Any], name: str) -> dict[str, Any]:
    """The options, checked under the name of the caller."""
    known = ("dtype", "layout", "device", "pin_memory", "requires_grad")
    chosen(options.get("dtype"), name)
    check_options(name, options.get("layout"), {key: options[key] for key in options if key not in known})
    return options


def eye(n: int, m: int | None = None, *, dtype: Any = None, **options: Any) -> Tensor:
    """A matrix with ones on the main diagonal and zeros elsewhere. TypeError for sizes that are no ints, RuntimeError
    for a negative size."""
    d = type_of("eye", dtype, options.get("out"))
    for position, (name, size) in enumerate((("n", n), ("m", n if m is None else m)), 1):
        if isinstance(size, bool) or not hasattr(size, "__index__"):
            found = type(size).__name__
            raise TypeError(f"eye(): argument '{name}' (position {position}) must be int, not {found}")
        if size < 0:
            raise RuntimeError(f"{name} must be greater or equal to 0, got {size}")
    return factory("eye", d, lambda where: np.eye(n, m, dtype=d.numpy), **options)


full = lenient(_full, "full")
scalar_tensor = lenient(_scalar_tensor, "scalar_tensor")


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
    **unknown: Any,
) -> Tensor:
    """A tensor of the shape, dtype, device and order of dimensions of another. `make` fills its zeros, given the
    dtype and the array."""
    need_tensor(name, input, "input", 1)
    check_options(name, layout, unknown)
    d = chosen(dtype, name) or input._dtype
    shape = input._array.shape
    plain = memory_format is None and input._array.flags.c_contiguous
    stride = None if plain else strides_in(memory_format, shape, strides_of(input))
    where = input._device if device is None else resolve(device)
    array = memory(shape, d, where) if stride is None else allocate(d.numpy, shape, stride, where)
    make(d, array)
    t = made(array, d, where, requires_grad)
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


def _full_like(input: Tensor, fill_value: Any, **options: Any) -> Tensor:
    """A tensor of the shape, dtype and device of another, filled with one value. RuntimeError if it does not fit."""
    value = scalar_of("full_like", "fill_value", 2, fill_value)
    return like(input, "full_like", lambda d, array: array.fill(fitting(value, d)), **options)


full_like = lenient(_full_like, "full_like")


def _new(name: str, value: Any) -> Callable[..., Tensor]:
    def method(self: Tensor, *size: Any, dtype: Any = None, device: Any = None, **options: Any) -> Tensor:
        where = self._device if device is None else device
        return _factory(name, size, value, dtype=dtype or self._dtype, device=where, **options)

    return method


def new_full(
    self: Tensor, size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None, **options: Any
) -> Tensor:
    """A tensor of the given size filled with one value, in this tensor's dtype and on its device."""
    if not isinstance(size, (tuple, list)):
        raise TypeError(f"new_full(): argument 'size' (position 1) must be tuple of ints, not {type(size).__name__}")
    where = self._device if device is None else device
    result: Tensor = full(size, fill_value, dtype=dtype or self._dtype, device=where, **options)
    return result


def new_empty_strided(
    self: Tensor, size: Any, stride: Any, dtype: Any = None, device: Any = None, **options: Any
) -> Tensor:
    """A tensor of the given size and strides, in this tensor's dtype and on its device."""
    where = self._device if device is None else device
    return empty_strided(size, stride, dtype=dtype or self._dtype, device=where, **options)


attach("new_zeros", _new("new_zeros", 0))
attach("new_ones", _new("new_ones", 1))
attach("new_empty", _new("new_empty", None))
attach("new_full", lenient(new_full, "new_full"))
attach("new_empty_strided", new_empty_strided)
