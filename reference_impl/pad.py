"""Borders of one value around a tensor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .autograd.node import Gradients, Node
from .create import checked
from .op import operation, record
from .tensor import Tensor


class ConstantPadNdBackward0(Node):
    """The border is taken off again, and what was taken off is zero."""

    __slots__ = ()

    def gradient(self, grad: Tensor) -> Gradients:
        return constant_pad_nd(grad, [-n for n in self.args])


@operation(out=False, method=False)
def constant_pad_nd(input: Tensor, pad: Sequence[int], value: Any = 0) -> Tensor:
    """A copy with elements of one value before and after each dimension, as many as `pad` counts in pairs, the last
    dimension first; negative counts take elements away. RuntimeError for an odd number of counts, for more pairs than
    dimensions, and where more is taken away than there is."""
    counts, shape = tuple(pad), input._array.shape
    if len(counts) % 2:
        raise RuntimeError(f"Length of pad must be even but instead it equals {len(counts)}")
    if len(counts) > 2 * input.ndim:
        raise RuntimeError(
            "Length of pad should be no more than twice the number of dimensions of the input. Pad length is "
            f"{len(counts)}while the input has {input.ndim}dimensions."
        )
    pairs = ((0, 0),) * (input.ndim - len(counts) // 2) + tuple(zip(counts[::2], counts[1::2], strict=True))[::-1]
    kept = tuple([slice(max(-a, 0), n + min(b, 0)) for n, (a, b) in zip(shape, pairs, strict=True)])
    if any(part.start > part.stop for part in kept):
        raise RuntimeError("narrow(): length must be non-negative.")
    inside = tuple([slice(max(a, 0), n + a + min(b, 0)) for n, (a, b) in zip(shape, pairs, strict=True)])
    sizes = [n + a + b for n, (a, b) in zip(shape, pairs, strict=True)]
    array = np.full(sizes, checked(value, input._dtype), input._dtype.numpy)
    array[inside] = input._array[kept]
    return record(ConstantPadNdBackward0, array, input._dtype, input._device, (input,), args=counts)
