"""Taking one element, or several, from each line along a dimension, and putting gradients back there."""

from __future__ import annotations

from typing import Any

import numpy as np

from .autograd.node import Gradients, Node
from .layout import Shape
from .op import record
from .storage import Array
from .tensor import Tensor


class PickBackward(Node):
    __slots__ = ()
    args: tuple[Shape, Array, int]

    def gradient(self, grad: Tensor) -> Gradients:
        return place(grad, *self.args)


class PlaceBackward(Node):
    __slots__ = ()
    args: tuple[Array, int]

    def gradient(self, grad: Tensor) -> Gradients:
        return pick(grad, *self.args)


def pick(t: Tensor, index: Array, dim: int) -> Tensor:
    """The elements at the places that `index`, of as many dimensions as the tensor, names along a dimension."""
    array = take(t._array, index, dim)
    return record(PickBackward, array, t._dtype, t._device, (t,), args=(t._array.shape, index, dim))


def place(t: Tensor, shape: Shape, index: Array, dim: int) -> Tensor:
    """Zeros of the given shape, to which the tensor is added at the places that `index` names along a dimension."""
    array = np.zeros(shape, t._array.dtype)
    if not shape:
        array = t._array.copy()
    else:
        where: list[Any] = list(np.ogrid[tuple(slice(n) for n in index.shape)])
        where[dim] = index
        np.add.at(array, tuple(where), t._array)
    return record(PlaceBackward, array, t._dtype, t._device, (t,), args=(index, dim))


def take(array: Array, index: Array, dim: int) -> Array:
    """`np.take_along_axis`, for 0-dim arrays too."""
    return np.take_along_axis(array, index, dim) if array.ndim else array.copy()


class ChosenBackward(Node):
    """Of values that were taken by index: the gradient goes to that place alone. Its second result, the index, has
    none, but is needed as it is."""

    __slots__ = ()
    saves = ("indices",)
    args: tuple[Shape, Array, int, bool]

    def gradient(self, grad: Tensor, *others: Tensor) -> Gradients:
        self.tensors()
        shape, index, dim, kept = self.args
        if not kept and shape:
            grad = grad.unsqueeze(dim)
        return place(grad, shape, index, dim)


def chosen(name: str, signature: int = 0) -> type[Node]:
    """The node of an operation that takes values by index."""
    return type(f"{name}Backward{signature}", (ChosenBackward,), {"__slots__": ()})
