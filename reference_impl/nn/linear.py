"""Linear layers, and layers without parameters."""

from __future__ import annotations

import math
from typing import Any

from ..gradmode import no_grad
from ..sampling import rand
from ..tensor import Tensor
from . import functional
from .module import Module
from .parameter import Parameter


def uniform(shape: tuple[int, ...], bound: float, device: Any, dtype: Any) -> Parameter:
    """A parameter with values drawn evenly from `-bound` to `bound`."""
    with no_grad():
        return Parameter((rand(*shape, device=device, dtype=dtype) * 2 - 1) * bound)


class Linear(Module):
    """`input @ weight.T + bias`, for inputs of shape `(*, in_features)`."""

    bias: Parameter | None

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.in_features = in_features
        self.out_features = out_features
        bound = 1 / math.sqrt(in_features) if in_features else 0.0
        self.weight = uniform((out_features, in_features), bound, device, dtype)
        self.register_parameter("bias", uniform((out_features,), bound, device, dtype) if bias else None)

    def forward(self, input: Tensor) -> Tensor:
        """The layer's outputs, of shape `(*, out_features)`."""
        return functional.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        """The sizes."""
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"


class Identity(Module):
    """The input itself, whatever the arguments."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Any) -> Any:
        """The input itself."""
        return input


class ReLU(Module):
    """The input where it is positive, else zero."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """The positive part."""
        return functional.relu(input, inplace=self.inplace)

    def extra_repr(self) -> str:
        """Whether the input is overwritten."""
        return "inplace=True" if self.inplace else ""


class Sigmoid(Module):
    """The logistic function of each element."""

    def forward(self, input: Tensor) -> Tensor:
        """The logistic function."""
        return functional.sigmoid(input)


class Tanh(Module):
    """The hyperbolic tangent of each element."""

    def forward(self, input: Tensor) -> Tensor:
        """The hyperbolic tangent."""
        return functional.tanh(input)
