"""Joining tensors: copies of several tensors in one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from . import layout
from .autograd.node import Gradients, Node
from .op import operation, record
from .promote import cast, result_type, same_device
from .tensor import Tensor


class StackBackward0(Node):
    __slots__ = ()

    def gradient(self, grad: Tensor) -> Gradients:
        slices: tuple[Tensor, ...] = grad.unbind(self.args)
        return slices


@operation(method=False)
def stack(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Tensors of one shape, side by side along a new dimension. RuntimeError for different shapes or devices."""
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
    array = np.stack([cast(t._array, d) for t in tensors], dim)
    return record(StackBackward0, array, d, same_device(*tensors), tensors, args=dim)
