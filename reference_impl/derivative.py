"""Node classes of functions of one variable, made from their derivatives, and what dtypes and gradients are refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .autograd.node import Gradients, Node
from .dtype import INTEGER, dtype
from .pointwise import conjugate
from .promote import dtype_or_scalar, result_type
from .tensor import Tensor, wrap

Derivative = Callable[[Tensor], Any]


def by_input(name: str, derivative: Derivative) -> type[Node]:
    """The node of a function whose derivative is written in terms of its input, which it saves."""

    def gradient(self: Node, grad: Tensor) -> Gradients:
        (x,) = self.tensors()
        return grad * conjugate(derivative(x))

    return type(f"{name}Backward0", (Node,), {"__slots__": (), "saves": ("self",), "gradient": gradient})


def by_result(name: str, derivative: Derivative) -> type[Node]:
    """The node of a function whose derivative is written in terms of its result, which it saves."""

    def gradient(self: Node, grad: Tensor) -> Gradients:
        (y,) = self.tensors()
        return grad * conjugate(derivative(y))

    return type(f"{name}Backward0", (Node,), {"__slots__": (), "saves": ("result",), "gradient": gradient})


def flat(name: str, inputs: int = 1) -> type[Node]:
    """The node of a function that is constant almost everywhere: its gradient is zero."""

    def gradient(self: Node, grad: Tensor) -> Gradients:
        zeros = wrap(np.zeros(grad._array.shape, grad._array.dtype), grad._dtype, grad._device)
        return (zeros,) * inputs

    return type(f"{name}Backward0", (Node,), {"__slots__": (), "gradient": gradient})


class NotImplementedBackward(Node):
    """A result whose gradient is not defined: backward through it raises."""

    __slots__ = ()

    def gradient(self, *grads: Tensor) -> Gradients:
        raise RuntimeError(f"derivative for {self.args} is not implemented")


def need_constant(name: str, **constants: Tensor | None) -> None:
    """RuntimeError for an argument that requires grad."""
    for argument, t in constants.items():
        if t is not None and t.requires_grad:
            raise RuntimeError(
                f"The function '{name}' is not differentiable with respect to argument '{argument}'. This input cannot "
                "have requires_grad True."
            )


def refuse(name: str, refused: bool, d: dtype) -> None:
    """NotImplementedError in torch's words if the dtype is refused."""
    if refused:
        raise NotImplementedError(f"\"{name}\" not implemented for '{d.word}'")


def integral(name: str, *operands: Any) -> None:
    """NotImplementedError if an operand is neither an integer nor a bool."""
    for operand in operands:
        d = dtype_or_scalar(operand)
        refuse(name, d.differentiable, d)


def whole(name: str, *operands: Any) -> None:
    """NotImplementedError if the common type of the operands is no integer."""
    d = result_type(*operands)
    refuse(name, d.category != INTEGER, d)


def floats(name: str, *operands: Any) -> None:
    """NotImplementedError if the common type of the operands is not real floating."""
    d = result_type(*operands)
    refuse(name, not d.is_floating_point, d)


def complex_refused(name: str, *operands: Any) -> None:
    """NotImplementedError if the common type of the operands is complex."""
    d = result_type(*operands)
    refuse(name, d.is_complex, d)


def half_refused(name: str, *operands: Any) -> None:
    """NotImplementedError if the common type of the operands is a half type or complex."""
    d = result_type(*operands)
    refuse(name, d.is_complex or d.compute is not d.numpy, d)


__all__ = [
    "NotImplementedBackward",
    "by_input",
    "by_result",
    "complex_refused",
    "flat",
    "floats",
    "half_refused",
    "integral",
    "refuse",
    "whole",
]
