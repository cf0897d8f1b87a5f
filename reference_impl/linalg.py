"""Matrix products."""

from __future__ import annotations

from typing import Any

import numpy as np

from .autograd.node import Gradients, Node
from .op import operation, record
from .pointwise import conjugate
from .promote import cast, same_device
from .quiet import quiet
from .storage import Array
from .tensor import Tensor


def product(x: Tensor, y: Tensor) -> Array:
    """The matrix product of the arrays, in the type that their dtype computes in, cast back to it."""
    d = x._dtype
    a, b = x._array, y._array
    if d.compute is not d.numpy:
        a, b = a.astype(d.compute), b.astype(d.compute)
    return cast(quiet(np.matmul, a, b), d)


def _adjoint(x: Tensor) -> Tensor:
    y: Tensor = conjugate(x)
    return y.transpose(-2, -1)


class MmBackward0(Node):
    __slots__ = ()
    saves = ("self", "mat2")
    used_by = (1, 0)

    def gradient(self, grad: Tensor) -> Gradients:
        x, y = self.tensors()
        return (
            grad @ _adjoint(y) if self.needs(0) else None,
            _adjoint(x) @ grad if self.needs(1) else None,
        )


class BmmBackward0(MmBackward0):
    """Leading dimensions that were broadcast are summed by the engine."""

    __slots__ = ()


@operation(operators=("__matmul__",), promotes=False)
def matmul(input: Tensor, other: Tensor) -> Tensor:
    """The matrix product; leading dimensions broadcast, a vector counts as a row on the left and a column on the right.

    RuntimeError for different dtypes or devices, 0-dim tensors, and sizes that do not meet.
    """
    _check(input, other)
    if input.ndim == 1 and other.ndim == 1:
        return matmul(input.unsqueeze(0), other.unsqueeze(1)).reshape(())
    if input.ndim == 1:
        return matmul(input.unsqueeze(0), other).squeeze(-2)
    if other.ndim == 1:
        return matmul(input, other.unsqueeze(1)).squeeze(-1)
    n, m, p, q = *input._array.shape[-2:], *other._array.shape[-2:]
    if m != p:
        raise RuntimeError(f"mat1 and mat2 shapes cannot be multiplied ({n}x{m} and {p}x{q})")
    kind = MmBackward0 if input.ndim == other.ndim == 2 else BmmBackward0
    return record(kind, product(input, other), input._dtype, input._device, (input, other), saved=(input, other))


def _check(x: Any, y: Any) -> None:
    for position, value in ((1, x), (2, y)):
        if not isinstance(value, Tensor):
            name = "input" if position == 1 else "other"
            raise TypeError(
                f"matmul(): argument '{name}' (position {position}) must be Tensor, not {type(value).__name__}"
            )
    same_device(x, y)
    if not x.ndim or not y.ndim:
        raise RuntimeError(f"both arguments to matmul need to be at least 1D, but they are {x.ndim}D and {y.ndim}D")
    if x._dtype is not y._dtype:
        raise RuntimeError(
            f"expected m1 and m2 to have the same dtype, but got: {x._dtype.legacy} != {y._dtype.legacy}"
        )
