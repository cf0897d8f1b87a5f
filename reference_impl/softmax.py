"""Sums of exponentials that do not overflow: the greatest element is taken out first."""

from __future__ import annotations

from typing import Any

import numpy as np

from .autograd.node import Gradients, Node
from .derivative import refuse
from .dtype import dtype
from .hollow import rows
from .layout import Shape, wrap_dim, wrap_dims
from .op import RESULT, floating, operation, record
from .pointwise import conjugate
from .promote import cast, operand
from .quiet import quiet
from .reduce import spread, total
from .storage import Array
from .tensor import Tensor


class LogsumexpBackward0(Node):
    __slots__ = ()
    saves = ("self", "result")
    args: tuple[Shape, bool]

    def gradient(self, grad: Tensor) -> Gradients:
        x, y = self.tensors()
        dims, keepdim = self.args
        shape = x._array.shape
        share = (x - spread(y, shape, dims, keepdim)).exp()
        return spread(grad, shape, dims, keepdim) * conjugate(share)


@operation()
def logsumexp(input: Tensor, dim: Any, keepdim: bool = False) -> Tensor:
    """The logarithm of the sum of exponentials; minus infinity over nothing."""
    d = floating(input._dtype)[0]
    array = operand(input, d)
    dims = wrap_dims(dim, array.ndim)
    if not array.ndim:
        result = array.copy()
    else:
        greatest = np.maximum.reduce(array.real, axis=dims, keepdims=True, initial=-np.inf)
        greatest = np.where(np.isinf(greatest), greatest.dtype.type(0), greatest)
        summed = total(quiet(np.exp, quiet(np.subtract, array, greatest)), dims, True)
        result = quiet(np.log, summed) + greatest
        result = result if keepdim else result.squeeze(dims)
    result = cast(np.asarray(result), d)
    source = input if d is input._dtype else input.to(d)
    return record(LogsumexpBackward0, result, d, input._device, (source,), saved=(source, RESULT), args=(dims, keepdim))


def _shifted(array: Array, dim: int) -> Array:
    greatest = np.maximum.reduce(array, axis=dim, keepdims=True) if array.shape[dim] else array
    return quiet(np.subtract, array, greatest)  # type: ignore[no-any-return]


def _softmax(array: Array, dim: int) -> Array:
    powers = _shifted(array, dim)
    quiet(np.exp, powers, out=powers)
    return quiet(np.divide, powers, total(powers, (dim,), True), out=powers)  # type: ignore[no-any-return]


def _log_softmax(array: Array, dim: int) -> Array:
    shifted = _shifted(array, dim)
    return quiet(np.subtract, shifted, quiet(np.log, total(quiet(np.exp, shifted), (dim,), True)))  # type: ignore[no-any-return]


class SoftmaxBackward0(Node):
    __slots__ = ()
    saves = ("result",)
    args: int

    def gradient(self, grad: Tensor) -> Gradients:
        (y,) = self.tensors()
        weighted = grad * y
        return weighted - y * weighted.sum(self.args, keepdim=True)


class LogSoftmaxBackward0(Node):
    __slots__ = ()
    saves = ("result",)
    args: int

    def gradient(self, grad: Tensor) -> Gradients:
        (y,) = self.tensors()
        return grad - y.exp() * grad.sum(self.args, keepdim=True)


def _normalized(name: str, function: Any, kind: type[Node], input: Tensor, dim: int, d: dtype | None) -> Tensor:
    if d is not None and d is not input._dtype:
        input = input.to(d)
    d = input._dtype
    dim = wrap_dim(dim, input.ndim)
    last = dim == max(input.ndim - 1, 0)
    refuse(f"{name}_lastdim_kernel_impl" if last else f"{name}_kernel_impl", not d.is_floating_point, d)
    array = operand(input, d)
    result = function(array if array.ndim else array.reshape(1), dim).reshape(array.shape)
    result = rows(result)
    return record(kind, cast(result, d), d, input._device, (input,), saved=(RESULT,), args=dim)


@operation(promotes=False)
def softmax(input: Tensor, dim: int, dtype: dtype | None = None) -> Tensor:
    """Exponentials divided by their sum along a dimension."""
    return _normalized("softmax", _softmax, SoftmaxBackward0, input, dim, dtype)


@operation(promotes=False)
def log_softmax(input: Tensor, dim: int, dtype: dtype | None = None) -> Tensor:
    """The logarithm of `softmax`."""
    return _normalized("log_softmax", _log_softmax, LogSoftmaxBackward0, input, dim, dtype)


@operation(method=False, out=False)
def softmin(input: Tensor, dim: int, dtype: dtype | None = None) -> Tensor:
    """`softmax` of the negatives."""
    return softmax(-input, dim, dtype)
