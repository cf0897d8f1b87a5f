"""Scans: running sums, products and extremes along a dimension; differences of neighbours."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from . import join
from .autograd.node import Gradients, Node
from .choice import where
from .derivative import refuse
from .dtype import FLOATING, complex64, dtype, float32, int64
from .exponential import log_sum_exp
from .gradmode import MODE
from .hollow import Hollow, rows
from .layout import wrap_dim
from .named import Indexed, indexed
from .op import RESULT, SECOND, operation, record, record_many
from .pick import chosen
from .pointwise import conjugate
from .promote import cast, operand
from .quiet import quiet
from .storage import Array
from .tensor import Tensor

WIDE = {float32: np.float64, complex64: np.complex128}

BLOCK = 1 << 15
"""So many elements are accumulated at a time."""

CummaxBackward0 = chosen("Cummax")
CumminBackward0 = chosen("Cummin")


def _total_type(input: Tensor, d: dtype | None) -> dtype:
    return d or (input._dtype if input._dtype.differentiable else int64)


def _along(function: Any, array: Array, dim: int, reverse: bool = False) -> Array:
    """A running function along a dimension, from the front or from the back; a 0-dim array stays as it is."""
    if not array.ndim:
        return array.copy()
    if reverse:
        return rows(np.flip(quiet(function, np.flip(array, dim), axis=dim), dim))
    return rows(quiet(function, array, axis=dim))


def _precise(ufunc: np.ufunc, d: dtype) -> Any:
    """The running function, in double precision for single: one rounding after another would spoil a long one's end."""
    wide = WIDE.get(d)
    return ufunc.accumulate if wide is None else functools.partial(_in_blocks, ufunc, wide)


def _in_blocks(ufunc: np.ufunc, wide: Any, array: Array, axis: int) -> Array:
    """Block by block, each small enough for the cache, so that no large array of double precision is made."""
    size, inner = array.shape[axis], math.prod(array.shape[axis + 1 :])
    result = np.empty_like(array, order="C")
    if not array.size or type(array) is Hollow:
        return result
    source, target = array.reshape(-1, size, inner), result.reshape(-1, size, inner)
    rows, step = max(1, BLOCK // (size * inner)), max(1, BLOCK // inner)
    for i in range(0, len(source), rows):
        before: Any = None
        for j in range(0, size, step):
            block = source[i : i + rows, j : j + step].astype(wide)
            if before is not None:
                ufunc(before, block[:, 0], out=block[:, 0])
            before = ufunc.accumulate(block, axis=1, out=block)[:, -1]
            target[i : i + rows, j : j + step] = block
    return result


class CumsumBackward0(Node):
    """The gradient of a running sum is a running sum from the other end."""

    __slots__ = ()
    args: tuple[int, bool]

    def gradient(self, grad: Tensor) -> Gradients:
        dim, reverse = self.args
        return running_sum(grad, dim, not reverse)


def running_sum(input: Tensor, dim: int, reverse: bool = False) -> Tensor:
    """Every partial sum, from the front or from the back."""
    d = input._dtype
    array = cast(_along(_precise(np.add, d), operand(input, d), dim, reverse), d)
    return record(CumsumBackward0, array, d, input._device, (input,), args=(dim, reverse))


@operation(inplace=True)
def cumsum(input: Tensor, dim: int, *, dtype: dtype | None = None) -> Tensor:
    """Every partial sum along a dimension. Integers and bools add up in int64."""
    d = _total_type(input, dtype)
    return running_sum(input if d is input._dtype else input.to(d), wrap_dim(dim, input.ndim))


class CumprodBackward0(Node):
    """Each element's share in every later product: that product divided by it, or, at zeros, multiplied without it."""

    __slots__ = ()
    saves = ("self", "result")
    args: int

    def gradient(self, grad: Tensor) -> Gradients:
        x, y = self.tensors()
        dim = self.args
        if not x.ndim:
            return grad
        if np.all(x._array):
            return running_sum(grad * conjugate(y), dim, True) / conjugate(x)
        n = x._array.shape[dim]
        own = x._from_numpy(np.eye(n, dtype=bool)).to(x._device)
        later = x._from_numpy(np.triu(np.ones((n, n), bool))).to(x._device)
        lines = where(own, 1, x.transpose(dim, -1).unsqueeze(-2))
        products = conjugate(cumprod(lines, -1))
        share = where(later, products * grad.transpose(dim, -1).unsqueeze(-2), 0)
        return share.sum(-1).transpose(dim, -1)


@operation(inplace=True)
def cumprod(input: Tensor, dim: int, *, dtype: dtype | None = None) -> Tensor:
    """Every partial product along a dimension. Integers and bools multiply in int64."""
    d = _total_type(input, dtype)
    input = input if d is input._dtype else input.to(d)
    dim = wrap_dim(dim, input.ndim)
    array = cast(_along(_precise(np.multiply, d), operand(input, d), dim), d)
    return record(CumprodBackward0, array, d, input._device, (input,), saved=(input, RESULT), args=dim)


def _running(name: str, ufunc: np.ufunc, kind: Any, input: Tensor, dim: int) -> Indexed:
    refuse(f"{name}_cpu", input._dtype.is_complex, input._dtype)
    dim = wrap_dim(dim, input.ndim)
    array = operand(input, input._dtype)
    if not array.ndim:
        values, index = array.copy(), np.zeros((), np.int64)
    else:
        values = _along(ufunc.accumulate, array, dim)
        shape = tuple(n if i == dim else 1 for i, n in enumerate(array.shape))
        at = np.arange(array.shape[dim]).reshape(shape)
        new = array == values
        if input._dtype.category == FLOATING:
            new |= np.isnan(array)
        index = np.maximum.accumulate(np.where(new, at, 0), axis=dim)
    results = [(cast(values, input._dtype), input._dtype), (rows(index), int64)]
    args = (input._array.shape, index, dim, True)
    return indexed(name)(*record_many(kind, results, input._device, (input,), (SECOND,), args))


@operation()
def cummax(input: Tensor, dim: int) -> Indexed:
    """Every running maximum and where it stands, the last among equals; NaN stays once it has come."""
    return _running("cummax", np.maximum, CummaxBackward0, input, dim)


@operation()
def cummin(input: Tensor, dim: int) -> Indexed:
    """Every running minimum and where it stands, the last among equals; NaN stays once it has come."""
    return _running("cummin", np.minimum, CumminBackward0, input, dim)


class LogcumsumexpBackward0(Node):
    """Computed in logarithms, for positive and negative gradients apart, so that nothing overflows; where the gradient
    is differentiated again, as a matrix of the shares of all pairs."""

    __slots__ = ()
    saves = ("self", "result")
    args: tuple[int, bool]

    def gradient(self, grad: Tensor) -> Gradients:
        x, y = self.tensors()
        dim, reverse = self.args
        if MODE.grad and x.ndim:
            return _shares(x, y, grad, dim, reverse)
        if x._dtype.is_complex:
            log = where(grad == 0, -np.inf, where(grad == 0, 1, grad.conj()).log())
            return (running_logsumexp(log - y, dim, not reverse) + x).exp().conj()
        shares = []
        for side in (grad, -grad):
            log = where(side > 0, where(side > 0, side, 1).log(), -np.inf)
            shares.append((running_logsumexp(log - y, dim, not reverse) + x).exp())
        return shares[0] - shares[1]


def _shares(x: Tensor, y: Tensor, grad: Tensor, dim: int, reverse: bool) -> Tensor:
    """The gradient to each element as the sum of its shares in all results that include it."""
    n = x._array.shape[dim]
    pairs = np.ones((n, n), bool)
    later = x._from_numpy(np.tril(pairs) if reverse else np.triu(pairs)).to(x._device)
    distance = x.transpose(dim, -1).unsqueeze(-1) - y.transpose(dim, -1).unsqueeze(-2)
    weights = conjugate(where(later, distance, -np.inf).exp()) * grad.transpose(dim, -1).unsqueeze(-2)
    return weights.sum(-1).transpose(dim, -1)  # type: ignore[no-any-return]


def _complex_logsumexps(array: Array, axis: int) -> Array:
    """Every partial logarithm of a sum of complex exponentials, one after the other."""
    result = array.copy()
    rows = np.moveaxis(result, axis, 0)
    for i in range(1, len(rows)):
        rows[i] = log_sum_exp(rows[i - 1], rows[i])
    return result


def running_logsumexp(input: Tensor, dim: int, reverse: bool = False) -> Tensor:
    """The logarithm of every partial sum of exponentials, from the front or from the back."""
    d = input._dtype
    function = _complex_logsumexps if d.is_complex else np.logaddexp.accumulate
    array = cast(_along(function, operand(input, d), dim, reverse), d)
    saved = (input, RESULT)
    return record(LogcumsumexpBackward0, array, d, input._device, (input,), saved=saved, args=(dim, reverse))


@operation(promotes=False)
def logcumsumexp(input: Tensor, dim: int) -> Tensor:
    """The logarithm of the running sum of exponentials along a dimension. NotImplementedError for integers."""
    refuse("logcumsumexp_out_cpu", not input._dtype.differentiable, input._dtype)
    return running_logsumexp(input, wrap_dim(dim, input.ndim))


def _part(t: Tensor, dim: int, start: int, stop: int | None) -> Tensor:
    return t[(slice(None),) * dim + (slice(start, stop),)]


@operation()
def diff(
    input: Tensor, n: int = 1, dim: int = -1, prepend: Tensor | None = None, append: Tensor | None = None
) -> Tensor:
    """The differences of neighbours along a dimension, n times over. RuntimeError for a 0-dim tensor."""
    if not input.ndim:
        raise RuntimeError("diff expects input to be at least one-dimensional")
    dim = wrap_dim(dim, input.ndim)
    parts = [t for t in (prepend, input, append) if t is not None]
    t = join.cat(parts, dim) if len(parts) > 1 else input
    for _ in range(n):
        size = t._array.shape[dim]
        ahead, behind = _part(t, dim, 1, None), _part(t, dim, 0, max(size - 1, 0))
        t = ahead != behind if t._dtype.category == 0 else ahead - behind
    return t
