"""Products of vectors along a dimension, and the diagonals of matrices."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from ..arguments import spoken
from ..autograd.node import Gradients, Node
from ..derivative import refuse
from ..dtype import bool as bool_
from ..dtype import float32
from ..layout import broadcast_shapes, wrap_dim
from ..op import operation, record
from ..pointwise import conjugate
from ..promote import cast, operand, same_device
from ..quiet import quiet
from ..storage import Array
from ..stride import diagonal as diagonal_of
from ..tensor import Tensor
from .matrices import demand_floating, exactly


class LinalgCrossBackward0(Node):
    """With the product written `x ^ y`: `gx = y* ^ g` and `gy = g ^ x*`."""

    __slots__ = ()
    saves = ("self", "other")

    def gradient(self, grad: Tensor) -> Gradients:
        x, y = self.tensors()
        return (
            _crossed(conjugate(y), grad, self.args) if self.needs(0) else None,
            _crossed(grad, conjugate(x), self.args) if self.needs(1) else None,
        )


def _product(x: Array, y: Array) -> Array:
    """The vector product along the last dimension; NumPy's own does not take bfloat16's place in float32."""
    result = np.empty(np.broadcast_shapes(x.shape, y.shape), x.dtype)
    for i in range(3):
        j, k = (i + 1) % 3, (i + 2) % 3
        result[..., i] = x[..., j] * y[..., k] - x[..., k] * y[..., j]
    return result


def _crossed(x: Tensor, y: Tensor, dim: int) -> Tensor:
    """The product of checked operands."""
    d = x._dtype
    a, b = (np.moveaxis(operand(t, d), dim, -1) for t in (x, y))
    array = cast(np.moveaxis(quiet(_product, a, b), -1, dim).copy(), d)
    return record(LinalgCrossBackward0, array, d, same_device(x, y), (x, y), saved=(x, y), args=dim)


@operation(method=False, name="linalg_cross", promotes=False)
def cross(input: Tensor, other: Tensor, *, dim: int = -1) -> Tensor:
    """The vector products along a dimension of size 3; the others broadcast.

    RuntimeError for another size there, for different numbers of dimensions and for different dtypes.
    """
    if input.ndim != other.ndim:
        raise RuntimeError("linalg.cross: inputs must have the same number of dimensions.")
    at = wrap_dim(dim, input.ndim) if input.ndim else _no_dimensions(dim)
    a, b = input._array.shape, other._array.shape
    if (a[at], b[at]) != (3, 3):
        raise RuntimeError(f"linalg.cross: inputs dimension {dim} must have length 3. Got {a[at]} and {b[at]}")
    broadcast_shapes(a, b)
    if input._dtype is not other._dtype:
        raise RuntimeError(f"expected scalar type {input._dtype.word} but found {other._dtype.word}")
    refuse("cross", input._dtype is bool_, input._dtype)
    return _crossed(input, other, at)


def _no_dimensions(dim: int) -> int:
    raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")


@operation(name="cross", promotes=False)
def cross_(input: Tensor, other: Tensor, dim: int | None = None) -> Tensor:
    """The vector products along a dimension; without one, the first of size 3, with a warning. Errors as for
    `linalg.cross`."""
    if dim is None:
        if input.ndim == other.ndim:
            if 3 not in input._array.shape:
                raise RuntimeError("no dimension of size 3 in input")
            dim = input._array.shape.index(3)
        warnings.warn(
            "Using torch.cross without specifying the dim arg is deprecated.\nPlease either pass the dim explicitly or "
            "simply use torch.linalg.cross.\nThe default value of dim will change to agree with that of linalg.cross "
            "in a future release.",
            UserWarning,
            stacklevel=3,
        )
    return cross(input, other, dim=-1 if dim is None else dim)


@operation(
    method=False,
    name="linalg_vecdot",
    promotes=exactly("linalg.vecdot: Expected out of dtype{result} but found {target}"),
)
def vecdot(x: Tensor, y: Tensor, *, dim: int = -1) -> Tensor:
    """Sums of products along a dimension, the first operand conjugated; the half types round once.

    RuntimeError for integers, for different dtypes and for shapes that do not broadcast.
    """
    demand_floating("linalg.vecdot", x)
    if x._dtype is not y._dtype:
        raise RuntimeError(
            f"linalg.vecdot: Expected x and y to have the same dtype, but found x of type {x._dtype.word} and y of "
            f"type {y._dtype.word} instead"
        )
    if x._dtype.compute is not x._dtype.numpy:
        return (x.to(float32) * y.to(float32)).sum(dim).to(x._dtype)
    return (conjugate(x) * y).sum(dim)  # type: ignore[no-any-return]


@spoken
def diagonal(A: Tensor, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """The view of the diagonals of matrices, which become the last dimension."""
    result: Any = diagonal_of(A, offset, dim1, dim2)
    return result  # type: ignore[no-any-return]
