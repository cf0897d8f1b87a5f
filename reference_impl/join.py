"""Joining tensors: copies of several tensors in one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from . import layout
from .arguments import spoken
from .autograd.node import Gradients, Node
from .device import CPU
from .dtype import DEFAULT, dtype
from .hollow import rows
from .op import operation, record
from .promote import cast, result_type, same_device
from .tensor import Tensor, attach, wrap


def _castable(result: dtype, out: dtype) -> None:
    """TypeError for an `out=` of a lower category."""
    if out.category < result.category:
        raise TypeError(f"torch.cat(): input types can't be cast to the desired output type {out.word}")


class StackBackward0(Node):
    __slots__ = ()

    def gradient(self, grad: Tensor) -> Gradients:
        slices: tuple[Tensor, ...] = grad.unbind(self.args)
        return slices


@operation(method=False, promotes=_castable, apart=True)
def stack(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Tensors of one shape, side by side along a new dimension. RuntimeError for different shapes or devices."""
    _check_list(tensors, "stack")
    if not tensors:
        raise RuntimeError("stack expects a non-empty TensorList")
    first = tensors[0]
    for i, t in enumerate(tensors):
        if t._array.shape != first._array.shape:
            raise RuntimeError(
                f"stack expects each tensor to be equal size, but got {list(first._array.shape)} at entry 0 and "
                f"{list(t._array.shape)} at entry {i}"
            )
    dim = layout.wrap_dim(dim, first.ndim + 1)
    d = result_type(*tensors)
    array = rows(np.stack([cast(t._array, d) for t in tensors], dim))
    return record(StackBackward0, array, d, same_device(*tensors), tensors, args=dim)


attach("_stack", stack)  # for the modules below this one


def _check_list(tensors: Any, name: str) -> None:
    if isinstance(tensors, Tensor):
        raise TypeError(f"{name}(): argument 'tensors' (position 1) must be tuple of Tensors, not Tensor")
    for i, t in enumerate(tensors):
        if not isinstance(t, Tensor):
            raise TypeError(f"expected Tensor as element {i} in argument 0, but got {type(t).__name__}")


class CatBackward0(Node):
    __slots__ = ()

    def gradient(self, grad: Tensor) -> Gradients:
        sizes, dim = self.args
        pieces = []
        start = 0
        for i, size in enumerate(sizes):
            pieces.append(None if size is None or not self.needs(i) else grad.narrow(dim, start, size))
            start += size or 0
        return tuple(pieces)


@operation(method=False, promotes=_castable, apart=True)
def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Tensors one after the other along a dimension; those of shape (0,) are passed over. RuntimeError for sizes that
    differ in another dimension, ValueError for no tensors."""
    _check_list(tensors, "cat")
    if not tensors:
        raise ValueError("torch.cat(): expected a non-empty list of Tensors")
    for i, t in enumerate(tensors):
        if not t.ndim:
            raise RuntimeError(f"zero-dimensional tensor (at position {i}) cannot be concatenated")
    d = result_type(*tensors)
    device = same_device(*tensors)
    joined = [t for t in tensors if t._array.shape != (0,)] or [tensors[0]]
    dim = layout.wrap_dim(dim, joined[0].ndim)
    _check_sizes(tensors, joined, dim)
    array = rows(np.concatenate([cast(t._array, d) for t in joined], dim))
    sizes = [None if t._array.shape == (0,) != joined[0]._array.shape else t._array.shape[dim] for t in tensors]
    return record(CatBackward0, array, d, device, tuple(tensors), args=(sizes, dim))


def _check_sizes(tensors: Sequence[Tensor], joined: list[Tensor], dim: int) -> None:
    first = joined[0]._array.shape
    for t in joined:
        shape = t._array.shape
        if len(shape) != len(first):
            raise RuntimeError(f"Tensors must have same number of dimensions: got {len(first)} and {len(shape)}")
        for i, (a, b) in enumerate(zip(first, shape, strict=True)):
            if a != b and i != dim:
                number = next(k for k, other in enumerate(tensors) if other is t)
                raise RuntimeError(
                    f"Sizes of tensors must match except in dimension {dim}. Expected size {a} but got size {b} for "
                    f"tensor number {number} in the list."
                )


@operation(method=False, promotes=_castable, apart=True)
def concat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Another name of cat."""
    return cat(tensors, dim)


@operation(method=False, promotes=_castable, apart=True)
def concatenate(tensors: Sequence[Tensor], dim: int = 0, axis: int | None = None) -> Tensor:
    """Another name of cat."""
    return cat(tensors, dim if axis is None else axis)


def _listed(tensors: Sequence[Tensor], name: str, dims: int) -> list[Tensor]:
    """The tensors with at least so many dimensions."""
    if not tensors:
        raise RuntimeError(f"{name} expects a non-empty TensorList")
    return [_raised(t, dims) for t in tensors]


def _raised(t: Tensor, dims: int) -> Tensor:
    if t.ndim >= dims:
        return t
    if not t.ndim:
        return t.reshape((1,) * dims)
    if t.ndim == 1 and dims > 1:
        t = t.unsqueeze(0)
    return t.unsqueeze(-1) if dims == 3 else t


@operation(method=False, promotes=_castable, apart=True)
def hstack(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors joined along the second dimension, or the only one."""
    raised = _listed(tensors, "hstack", 1)
    return cat(raised, 0 if raised[0].ndim == 1 else 1)


@operation(method=False, promotes=_castable, apart=True)
def vstack(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors joined along the first dimension, vectors as rows."""
    return cat(_listed(tensors, "vstack", 2), 0)


@operation(method=False, promotes=_castable, apart=True)
def row_stack(tensors: Sequence[Tensor]) -> Tensor:
    """Another name of vstack."""
    return vstack(tensors)


@operation(method=False, promotes=_castable, apart=True)
def dstack(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors joined along the third dimension."""
    return cat(_listed(tensors, "dstack", 3), 2)


@operation(method=False, promotes=_castable, apart=True)
def column_stack(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors joined along the second dimension, vectors as columns."""
    if not tensors:
        raise RuntimeError("column_stack expects a non-empty TensorList")
    return hstack([t if t.ndim > 1 else t.reshape(-1, 1) for t in tensors])


@spoken
def block_diag(*tensors: Tensor) -> Tensor:
    """Matrices along the diagonal of zeros; vectors are rows. RuntimeError for more dimensions."""
    for i, t in enumerate(tensors):
        if t.ndim > 2:
            raise RuntimeError(
                f"torch.block_diag: Input tensors must have 2 or fewer dimensions. Input {i} has {t.ndim} dimensions"
            )
    blocks = [_raised(t, 2) for t in tensors]
    if not blocks:
        return wrap(np.zeros((1, 0), DEFAULT.floating.numpy), DEFAULT.floating, CPU)
    width = sum(t._array.shape[1] for t in blocks)
    rows = []
    before = 0
    for t in blocks:
        height, own = t._array.shape
        rows.append(cat([t.new_zeros(height, before), t, t.new_zeros(height, width - before - own)], 1))
        before += own
    return cat(rows, 0)
