"""Derivatives and integrals of what was sampled: gradient, trapezoid and their kin. Compositions, without gradients of
their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .dtype import bool as bool_
from .dtype import uint8
from .index import slice_
from .join import cat
from .layout import wrap_dim, wrap_dims
from .op import operation
from .scan import cumsum
from .tensor import Tensor

Weights = Callable[[Tensor, Tensor], tuple[Tensor, Tensor, Tensor]]
"""Of three neighbours, by the distance from the first to the second and from there to the third."""


def _part(t: Tensor, dim: int, start: int, stop: int) -> Tensor:
    """The places of a dimension from start to stop, which may count from the end or lie outside."""
    first, last, _ = slice(start, stop).indices(t._array.shape[dim])
    return slice_(t, dim, first, max(first, last), 1)


def _pairs(t: Tensor, dim: int) -> tuple[Tensor, Tensor]:
    """All but the last along a dimension, and all but the first."""
    size = t._array.shape[dim]
    return _part(t, dim, 0, max(size - 1, 0)), _part(t, dim, 1, max(size, 1))


def _places(y: Tensor, x: Tensor, dim: int, name: str) -> Tensor:
    """The distances between sample points, in a shape that broadcasts to the samples'."""
    if x.ndim == 1:
        if x._array.shape[0] != y._array.shape[dim]:
            raise RuntimeError(f"{name}: There must be one `x` value for each sample point")
        x = x.reshape([-1 if i == dim else 1 for i in range(y.ndim)])
    elif x.ndim < y.ndim:
        x = x.reshape((1,) * (y.ndim - x.ndim) + x._array.shape)
    left, right = _pairs(x, dim)
    return right - left


def _checked(y: Tensor, x: Tensor | None, dx: Any, dim: int, name: str) -> int:
    if x is not None and dx is not None:
        raise TypeError(f"{name}() received an invalid combination of arguments: both x and dx")
    if not y.ndim:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    if y._dtype is bool_ or (x is not None and x._dtype is bool_):
        which = "`y`" if x is None else "`x` or `y`"
        raise RuntimeError(f"{name}: received a bool input for {which}, but bool is not supported")
    return wrap_dim(dim, y.ndim)


@operation(method=False, out=False)
def trapezoid(y: Tensor, x: Tensor | None = None, *, dx: Any = None, dim: int = -1) -> Tensor:
    """The integral along a dimension by the trapezoidal rule, at the places x or at equal distances dx. RuntimeError
    for bools and for another number of places."""
    dim = _checked(y, x, dx, dim, "trapezoid")
    left, right = _pairs(y, dim)
    if x is not None:
        return ((left + right) * _places(y, x, dim, "trapezoid")).sum(dim) / 2
    return (left.sum(dim) + right.sum(dim)) * ((1 if dx is None else dx) / 2)


@operation(method=False, out=False)
def trapz(y: Tensor, x: Tensor | None = None, *, dx: Any = None, dim: int = -1) -> Tensor:
    """Another name of trapezoid."""
    return trapezoid(y, x, dx=dx, dim=dim)


@operation(method=False, out=False)
def cumulative_trapezoid(y: Tensor, x: Tensor | None = None, *, dx: Any = None, dim: int = -1) -> Tensor:
    """The running integral along a dimension by the trapezoidal rule; one value for each pair of neighbours.
    RuntimeError for bools and for another number of places."""
    dim = _checked(y, x, dx, dim, "cumulative_trapezoid")
    left, right = _pairs(y, dim)
    if x is not None:
        return cumsum((left + right) * _places(y, x, dim, "cumulative_trapezoid") / 2.0, dim)
    return cumsum((left + right) * ((1 if dx is None else dx) / 2), dim)


def _spacings(spacing: Any, dims: tuple[int, ...], input: Tensor, given: Any) -> tuple[Any, ...]:
    """A number or a vector of places for each dimension."""
    if spacing is None:
        return (1,) * len(dims)
    if not isinstance(spacing, (tuple, list)):
        if isinstance(spacing, Tensor) and spacing.ndim:
            raise TypeError("gradient() received an invalid combination of arguments: spacing is a vector")
        return (spacing,) * len(dims)
    if len(spacing) != len(dims):
        if given is None:
            raise RuntimeError(
                "torch.gradient expected spacing to be unspecified, a scalar, or a list of length equal to 'self.dim() "
                f"= {input.ndim}', since dim argument was not given, but got a list of length {len(spacing)}"
            )
        raise RuntimeError(
            "torch.gradient expected spacing to be unspecified, a scalar or it's spacing and dim arguments to have the "
            f"same length, but got a spacing argument of length {len(spacing)} and a dim argument of length "
            f"{len(dims)}."
        )
    return tuple(spacing)


@operation(method=False, out=False)
def gradient(input: Tensor, *, spacing: Any = None, dim: Any = None, edge_order: int = 1) -> tuple[Tensor, ...]:
    """For each dimension the derivative of the samples: central differences of second order inside, one-sided ones of
    the first or second order at both ends. `spacing` is a distance, one for each dimension, or the places.

    B. Fornberg, "Generation of finite difference formulas on arbitrarily spaced grids", Math. Comp. 51 (1988).
    RuntimeError for unsigned integers and for dimensions with too few samples.
    """
    if input._dtype is uint8:
        raise RuntimeError("torch.gradient does not support uint8 input.")
    if edge_order not in (1, 2):
        raise RuntimeError("torch.gradient only supports edge_order=1 and edge_order=2.")
    listed = dim is None or isinstance(dim, (tuple, list))
    wrap_dims(dim, input.ndim)
    dims = tuple(range(input.ndim)) if dim is None else tuple(dim) if listed else (dim,)
    dims = tuple([wrap_dim(d, input.ndim) for d in dims])
    steps = _spacings(spacing, dims, input, dim)
    if any(input._array.shape[d] < edge_order + 1 for d in dims):
        raise RuntimeError("torch.gradient expected each dimension size to be at least edge_order+1")
    return tuple([_derivative(input, d, h, edge_order) for d, h in zip(dims, steps, strict=True)])


def _derivative(f: Tensor, dim: int, spacing: Any, edge_order: int) -> Tensor:
    size = f._array.shape[dim]
    if not isinstance(spacing, Tensor) or not spacing.ndim:
        inside = (_part(f, dim, 2, size) - _part(f, dim, 0, size - 2)) / (2 * spacing) if size > 2 else None
        first, last = _even_ends(f, dim, spacing, edge_order)
    else:
        left, right = _pairs(spacing, 0)
        shape = [-1 if i == dim else 1 for i in range(f.ndim)]
        h = (right - left).reshape(shape)
        inside = _three(f, dim, h, _center) if size > 2 else None
        first, last = _uneven_ends(f, dim, h, edge_order)
    return cat([part for part in (first, inside, last) if part is not None], dim)


def _even_ends(f: Tensor, dim: int, h: Any, edge_order: int) -> tuple[Tensor, Tensor]:
    """The derivatives at both ends, of samples at equal distances."""
    size = f._array.shape[dim]
    a, b, y, z = (_part(f, dim, i, i + 1) for i in (0, 1, size - 2, size - 1))
    if edge_order == 1:
        return (b - a) / h, (z - y) / h
    c, x = _part(f, dim, 2, 3), _part(f, dim, size - 3, size - 2)
    return (a * -1.5 + b * 2 - c * 0.5) / h, (z * 1.5 - y * 2 + x * 0.5) / h


def _uneven_ends(f: Tensor, dim: int, h: Tensor, edge_order: int) -> tuple[Tensor, Tensor]:
    """The derivatives at both ends, of samples at distances h."""
    size = f._array.shape[dim]
    if edge_order == 1:
        a, b, y, z = (_part(f, dim, i, i + 1) for i in (0, 1, size - 2, size - 1))
        return (b - a) / _part(h, dim, 0, 1), (z - y) / _part(h, dim, size - 2, size - 1)
    first = _three(_part(f, dim, 0, 3), dim, _part(h, dim, 0, 2), _first)
    return first, _three(_part(f, dim, size - 3, size), dim, _part(h, dim, size - 3, size - 1), _last)


def _three(f: Tensor, dim: int, h: Tensor, weights: Weights) -> Tensor:
    """Each three neighbours, weighted by the distances between them."""
    a, b, c = weights(*_pairs(h, dim))
    size = f._array.shape[dim]
    return a * _part(f, dim, 0, size - 2) + b * _part(f, dim, 1, size - 1) + c * _part(f, dim, 2, size)


def _center(h: Tensor, k: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    return -k / (h * (h + k)), (k - h) / (h * k), h / (k * (h + k))


def _first(h: Tensor, k: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    return -(2 * h + k) / (h * (h + k)), (h + k) / (h * k), -h / (k * (h + k))


def _last(h: Tensor, k: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    return k / (h * (h + k)), -(h + k) / (h * k), (2 * k + h) / (k * (h + k))
