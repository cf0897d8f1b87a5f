"""Extremes: the greatest and the least element, and where they stand. NaN is both."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .autograd.node import Gradients, Node
from .choice import maximum, minimum, where
from .derivative import refuse
from .dtype import bool as bool_
from .dtype import int64
from .layout import Shape, wrap_dim, wrap_dims
from .named import Indexed, indexed, returned
from .op import RESULT, SECOND, operation, record, record_many
from .pick import chosen, take
from .promote import cast, operand
from .quiet import quiet
from .reduce import spread
from .storage import Array
from .tensor import Tensor

MaxBackward0 = chosen("Max")
MinBackward0 = chosen("Min")


@returned("aminmax")
class Extremes(NamedTuple):
    """The least and the greatest."""

    min: Tensor
    max: Tensor


class AmaxBackward0(Node):
    """Equal extremes share the gradient evenly."""

    __slots__ = ()
    saves = ("self", "result")
    args: tuple[Shape, bool]

    def gradient(self, grad: Tensor) -> Gradients:
        x, y = self.tensors()
        dims, keepdim = self.args
        shape = x._array.shape
        y = spread(y, shape, dims, keepdim)
        equal = (x == y) | ((x != x) & (y != y))
        count = equal.sum(dims, keepdim=True) if shape else equal.sum()
        return where(equal, spread(grad, shape, dims, keepdim) / count, 0)


class AminBackward0(AmaxBackward0):
    __slots__ = ()


class MaxBackward1(AmaxBackward0):
    __slots__ = ()


class MinBackward1(AmaxBackward0):
    __slots__ = ()


def require_size(name: str, shape: Shape, dims: Shape) -> None:
    """IndexError if there is nothing to choose from."""
    for dim in dims:
        if shape and shape[dim] == 0:
            raise IndexError(f"{name}(): Expected reduction dim {dim} to have non-zero size.")


def _empty(name: str, input: Tensor, error: type[Exception]) -> None:
    if 0 in input._array.shape:
        raise error(
            f"{name}(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with "
            "the 'dim' argument."
        )


def _reduced(ufunc: np.ufunc, name: str, kind: type[Node], input: Tensor, dim: Any, keepdim: bool) -> Tensor:
    d = input._dtype
    refuse(f"{name}_cpu", d.is_complex, d)
    dims = wrap_dims(dim, input.ndim)
    if dim is None or dim == ():
        _empty(name, input, RuntimeError)
    require_size(name, input._array.shape, dims)
    array = operand(input, d)
    array = quiet(ufunc.reduce, array, axis=dims, keepdims=keepdim) if array.ndim else array.copy()
    return record(
        kind, cast(np.asarray(array), d), d, input._device, (input,), saved=(input, RESULT), args=(dims, keepdim)
    )


@operation(promotes=False)
def amax(input: Tensor, dim: Any = (), keepdim: bool = False) -> Tensor:
    """The greatest element over some dimensions or all. IndexError over a size of zero."""
    return _reduced(np.maximum, "amax", AmaxBackward0, input, dim, keepdim)


@operation(promotes=False)
def amin(input: Tensor, dim: Any = (), keepdim: bool = False) -> Tensor:
    """The least element over some dimensions or all. IndexError over a size of zero."""
    return _reduced(np.minimum, "amin", AminBackward0, input, dim, keepdim)


@operation(promotes=False)
def aminmax(input: Tensor, *, dim: int | None = None, keepdim: bool = False) -> Extremes:
    """The least and the greatest element along a dimension, or of all."""
    return Extremes(amin(input, dim, keepdim), amax(input, dim, keepdim))


def _real(name: str, input: Tensor) -> None:
    if input._dtype.is_complex:
        raise RuntimeError(f"{name}(): does not support complex input")
    if input._dtype is bool_ and name.startswith("arg"):
        raise RuntimeError(f"{name}(): does not support bool input")


def _place(function: Any, input: Tensor, dim: int) -> Array:
    """The index of the extreme along a dimension, which stays with size 1; the first one among equals."""
    array = operand(input, input._dtype)
    if not array.ndim:
        return np.zeros((), np.int64)
    return function(array, axis=dim, keepdims=True)  # type: ignore[no-any-return]


def _along(name: str, function: Any, kind: type[Node], input: Tensor, dim: int, keepdim: bool) -> Indexed:
    _real(name, input)
    dim = wrap_dim(dim, input.ndim)
    shape = input._array.shape
    require_size(name, shape, (dim,))
    index = _place(function, input, dim)
    values = take(input._array, index, dim)
    places = index
    if not keepdim and shape:
        values, places = values.squeeze(dim), index.squeeze(dim)
    results = [(values, input._dtype), (places, int64)]
    parts = record_many(kind, results, input._device, (input,), (SECOND,), (shape, index, dim, keepdim))
    return indexed(name)(*parts)


@operation()
def max(input: Tensor, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:
    """The greatest element; along a dimension with its index, the first among equals; of two tensors `maximum`.

    RuntimeError for the whole of an empty tensor, IndexError along a dimension of size zero.
    """
    if isinstance(dim, Tensor) or other is not None:
        return maximum(input, dim if other is None else other)
    if dim is None:
        _empty("max", input, RuntimeError)
        return _reduced(np.maximum, "max", MaxBackward1, input, None, False)
    return _along("max", np.argmax, MaxBackward0, input, dim, keepdim)


@operation()
def min(input: Tensor, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:
    """The least element; along a dimension with its index, the first among equals; of two tensors `minimum`.

    RuntimeError for the whole of an empty tensor, IndexError along a dimension of size zero.
    """
    if isinstance(dim, Tensor) or other is not None:
        return minimum(input, dim if other is None else other)
    if dim is None:
        _empty("min", input, RuntimeError)
        return _reduced(np.minimum, "min", MinBackward1, input, None, False)
    return _along("min", np.argmin, MinBackward0, input, dim, keepdim)


def _index_alone(name: str, function: Any, input: Tensor, dim: int | None, keepdim: bool) -> Tensor:
    _real(name, input)
    if dim is None:
        _empty(name, input, IndexError)
        flat = operand(input, input._dtype).reshape(-1)
        place = np.asarray(function(flat)).reshape((1,) * input.ndim if keepdim else ())
    else:
        dim = wrap_dim(dim, input.ndim)
        require_size(name, input._array.shape, (dim,))
        place = _place(function, input, dim)
        if not keepdim and input.ndim:
            place = place.squeeze(dim)
    return record(None, place.astype(np.int64, copy=False), int64, input._device, (input,))


@operation(promotes=False)
def argmax(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Where the greatest element stands, the first among equals; without a dimension, counted in row-major order."""
    return _index_alone("argmax", np.argmax, input, dim, keepdim)


@operation(promotes=False)
def argmin(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Where the least element stands, the first among equals; without a dimension, counted in row-major order."""
    return _index_alone("argmin", np.argmin, input, dim, keepdim)
