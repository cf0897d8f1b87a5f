"""Several operations in one, rounded once, and masked writing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import layout
from .autograd.node import Gradients, Node
from .blocks import by_blocks
from .choice import where
from .create import fitting
from .derivative import refuse
from .dtype import FLOATING
from .dtype import bool as bool_
from .op import Kind, operation, ordered_as, record
from .pointwise import conjugate
from .promote import cast, common_device, number, operand, result_type
from .quiet import quiet
from .tensor import Tensor


def ternary(
    function: Callable[..., Any], values: tuple[Any, Any, Any], kind: Kind, saved: Any = (), args: Any = None
) -> Tensor:
    """An element by element operation on three operands. Promotes and broadcasts; the half types round once."""
    d = result_type(*values)
    arrays = [operand(value, d) for value in values]
    shape: tuple[int, ...] = ()
    for array in arrays:
        shape = layout.broadcast_shapes(shape, np.shape(array))
    array = np.asarray(quiet(function, *arrays))
    if array.ndim > 1:
        array = ordered_as(array, *[np.asarray(a) for a in arrays])
    array = cast(array, d)
    return record(kind, array, d, common_device(*values), values, saved, args)


class LerpBackward0(Node):
    __slots__ = ()

    def gradient(self, grad: Tensor) -> Gradients:
        return grad * conjugate(1 - self.args), grad * conjugate(self.args)


class LerpBackward1(Node):
    """By a tensor."""

    __slots__ = ()
    saves = ("self", "end", "weight")

    def gradient(self, grad: Tensor) -> Gradients:
        x, y, w = self.tensors()
        to_weight = grad * conjugate(y - x) if self.needs(2) else None
        return grad * conjugate(1 - w), grad * conjugate(w), to_weight


@by_blocks
def _between(x: Any, y: Any, w: Any) -> Any:
    """Starts from the nearer end, which is exact at both."""
    if not np.ndim(w):
        return x + w * (y - x) if abs(w) < 0.5 else y - (y - x) * (1 - w)
    near = x + w * (y - x)
    return np.where(np.abs(w) < 0.5, near, y - (y - x) * (1 - w))


@operation(inplace=True)
def lerp(input: Tensor, end: Tensor, weight: Any) -> Tensor:
    """From the first operand towards the second by a weight. RuntimeError for different dtypes."""
    for name, value in (("end", end), ("weight", weight)):
        if isinstance(value, Tensor) and value._dtype is not input._dtype and (name == "end" or value.ndim):
            want, got = input._dtype.legacy, value._dtype.legacy
            raise RuntimeError(f"expected dtype {want} for `{name}` but got dtype {got}")
    refuse("lerp_kernel_scalar", not input._dtype.differentiable, input._dtype)
    by_tensor = isinstance(weight, Tensor)
    kind, saved = (LerpBackward1, (input, end, weight)) if by_tensor else (LerpBackward0, ())
    return ternary(_between, (input, end, weight), kind, saved=saved, args=None if by_tensor else weight)


class AddcmulBackward0(Node):
    __slots__ = ()
    saves = ("tensor1", "tensor2")

    def gradient(self, grad: Tensor) -> Gradients:
        y, z = self.tensors()
        scaled = grad * conjugate(self.args)
        return grad, scaled * conjugate(z), scaled * conjugate(y)


@operation(inplace=True)
def addcmul(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: Any = 1) -> Tensor:
    """`input + value * tensor1 * tensor2`."""
    values = (input, tensor1, tensor2)
    factor = number(value, result_type(*values))

    @by_blocks
    def forward(x: Any, y: Any, z: Any) -> Any:
        return x + factor * y * z

    return ternary(forward, values, AddcmulBackward0, saved=(tensor1, tensor2), args=value)


class AddcdivBackward0(Node):
    __slots__ = ()
    saves = ("tensor1", "tensor2")

    def gradient(self, grad: Tensor) -> Gradients:
        y, z = self.tensors()
        scaled = grad * conjugate(self.args / z)
        return grad, scaled, -scaled * conjugate(y / z)


@operation(inplace=True)
def addcdiv(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: Any = 1) -> Tensor:
    """`input + value * tensor1 / tensor2`. RuntimeError for a quotient of integers."""
    if result_type(tensor1, tensor2).category < FLOATING:
        raise RuntimeError(
            "Integer division with addcdiv is no longer supported, and in a future  release addcdiv will perform a "
            "true division of tensor1 and tensor2. The historic addcdiv behavior can be implemented as (input + value "
            "* torch.trunc(tensor1 / tensor2)).to(input.dtype) for integer inputs and as (input + value * tensor1 / "
            "tensor2) for float inputs. The future addcdiv behavior is just the latter implementation: (input + value "
            "* tensor1 / tensor2), for all dtypes."
        )
    values = (input, tensor1, tensor2)
    factor = number(value, result_type(*values))

    @by_blocks
    def forward(x: Any, y: Any, z: Any) -> Any:
        return x + factor * y / z

    return ternary(forward, values, AddcdivBackward0, saved=(tensor1, tensor2), args=value)


class MaskedFillBackward0(Node):
    __slots__ = ()
    saves = ("mask",)

    def gradient(self, grad: Tensor) -> Gradients:
        (mask,) = self.tensors()
        return where(mask, 0, grad), where(mask, grad, 0).sum() if self.needs(1) else None


@operation(inplace=True, overlap=True, out=False)
def masked_fill(input: Tensor, mask: Tensor, value: Any) -> Tensor:
    """One value wherever the mask is true. RuntimeError for a mask that is not bool, or a value of several elements."""
    if mask._dtype is not bool_:
        raise RuntimeError(f"masked_fill_ only supports boolean masks, but got mask with dtype {mask._dtype.legacy}")
    d = input._dtype
    if isinstance(value, Tensor) and value.ndim:
        raise RuntimeError(
            f"masked_fill_ only supports a 0-dimensional value tensor, but got tensor with {value.ndim} dimension(s)."
        )
    if result_type(value).is_complex and not d.is_complex:
        raise RuntimeError(f"value cannot be converted to type {d.legacy} without overflow")
    device = common_device(input, mask, value)
    filled = np.asarray(fitting(value._array.item() if isinstance(value, Tensor) else value, d))
    layout.broadcast_shapes(input._array.shape, mask._array.shape)
    array = np.where(mask._array, quiet(filled.astype, d.numpy), input._array)
    return record(MaskedFillBackward0, array, d, device, (input, value), saved=(mask,))
