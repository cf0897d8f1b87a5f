"""Activations that bend a line: kinks, and what their slope is in them, follow torch element by element."""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import activation
from ..arguments import spoken
from ..autograd.node import Gradients, Node
from ..blocks import by_blocks
from ..choice import chosen, where
from ..derivative import floats
from ..dtype import bool as bool_
from ..exponential import sigmoid
from ..fill import empty_like, zeros_like
from ..inplace_rules import overwriting
from ..layout import wrap_dim
from ..op import operation, record, unary
from ..promote import cast, operand, same_device
from ..quiet import quiet
from ..sampling import rand
from ..storage import Array
from ..tensor import Tensor

SELU_ALPHA, SELU_SCALE = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946
"""G. Klambauer et al., Self-normalizing neural networks, arXiv:1706.02515."""

Pass = Callable[..., Tensor]


def bent(name: str, flow: Pass) -> type[Node]:
    """The node of a function of one variable: `flow(grad, x, *args)` is the gradient that it passes on."""

    def gradient(self: Node, grad: Tensor) -> Gradients:
        (x,) = self.tensors()
        return flow(grad, x, *self.args)

    return type(f"{name}Backward0", (Node,), {"__slots__": (), "saves": ("self",), "gradient": gradient})


def _apply(kind: type[Node], forward: Callable[..., Any], input: Tensor, *args: float) -> Tensor:
    """Element by element with numbers beside it, in the type that the dtype computes in."""

    @by_blocks
    def array(a: Array) -> Any:
        numbers = [a.dtype.type(value) for value in args] if a.dtype.kind == "f" else args
        return forward(a, *numbers)

    return unary(array, input, kind, saved=(input,), args=args)


def overwritable(function: Callable[..., Tensor]) -> Any:
    """The function with a last parameter `inplace`, which overwrites the input; `function.writer` does nothing else."""
    count = len(inspect.signature(function).parameters)
    writer = overwriting(function, function.__name__)

    @functools.wraps(function)
    def wrapper(*args: Any, inplace: bool = False, **kwargs: Any) -> Tensor:
        if len(args) > count:
            *args, inplace = args  # type: ignore[assignment]
        if not inplace:
            return function(*args, **kwargs)
        first = (kwargs.pop("input"),) if "input" in kwargs else ()
        return writer(*first, *args, **kwargs)  # type: ignore[no-any-return]

    wrapper.writer = writer  # type: ignore[attr-defined]
    return spoken(wrapper)


HardtanhBackward0 = bent("Hardtanh", lambda grad, x, low, high: where((x <= low) | (x >= high), 0, grad))
ThresholdBackward0 = bent("Threshold", lambda grad, x, bound: where(x <= bound, 0, grad))
HardshrinkBackward0 = bent("Hardshrink", lambda grad, x, bound: where((x >= -bound) & (x <= bound), 0, grad))
SoftshrinkBackward0 = bent("Softshrink", lambda grad, x, bound: where((x >= -bound) & (x <= bound), 0, grad))
HardsigmoidBackward0 = bent("Hardsigmoid", lambda grad, x: where((x > -3) & (x < 3), grad / 6, 0))
HardswishBackward0 = bent(
    "Hardswish", lambda grad, x: where(x <= -3, 0, where(x < 3, grad * (x.clamp(-3, 3) / 3 + 0.5), grad))
)
LeakyReluBackward0 = bent("LeakyRelu", lambda grad, x, slope: where(x > 0, grad, grad * slope))


def _exponential_slope(grad: Tensor, x: Tensor, alpha: float, scale: float, rate: float) -> Tensor:
    below = where(x < 0, x * rate, 0).exp() * (alpha * scale * rate)
    return where(x > 0, grad * scale, grad * below)  # type: ignore[no-any-return]


EluBackward0 = bent("Elu", _exponential_slope)
CeluBackward0 = bent("Celu", _exponential_slope)


def _mish_slope(grad: Tensor, x: Tensor) -> Tensor:
    t = activation.softplus(x).tanh()
    return grad * (t + x * sigmoid(x) * (1 - t * t))  # type: ignore[no-any-return]


MishBackward0 = bent("Mish", _mish_slope)


def _mish_weight(a: Array) -> Any:
    """`tanh(log(1 + n))` with `n = exp(a)`, which is `n (n + 2) / (n (n + 2) + 2)`, and one from 20 on."""
    n = np.exp(np.minimum(a, a.dtype.type(20)))
    n *= n + 2
    return n / (n + 2)


def _limits(input: Tensor, low: float) -> None:
    if input._dtype is bool_:
        raise RuntimeError("Bool inputs not supported for hardtanh")
    if input._dtype.is_complex:
        raise NotImplementedError("clamp is not supported for complex types")
    if input._dtype.word == "Byte" and low < 0:
        raise RuntimeError("cannot do hardtanh on an unsigned type with negative limits")


@overwritable
def hardtanh(input: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """The element between two bounds, else the bound. ValueError for bounds in the wrong order."""
    if min_val > max_val:
        raise ValueError("min_val cannot be greater than max_val")
    _limits(input, min_val)
    return _apply(HardtanhBackward0, lambda a, low, high: np.clip(a, low, high), input, min_val, max_val)


@overwritable
def relu6(input: Tensor) -> Tensor:
    """The element between 0 and 6, else the bound."""
    return hardtanh(input, 0, 6)  # type: ignore[no-any-return]


@overwritable
def threshold(input: Tensor, threshold: float, value: float) -> Tensor:
    """The element where it exceeds the threshold, else a value; NaN stays."""
    d = input._dtype
    if d is bool_ or d.is_complex:
        raise NotImplementedError(f"\"threshold_cpu\" not implemented for '{d.word}'")

    @by_blocks
    def forward(a: Array) -> Any:
        return chosen(a <= threshold, a.dtype.type(value), a)

    return unary(forward, input, ThresholdBackward0, saved=(input,), args=(threshold,))


@operation()
def hardshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """Zero from `-lambd` to `lambd`, else the element."""
    floats("hardshrink_cpu", input)
    return _apply(HardshrinkBackward0, lambda a, b: chosen((a >= -b) & (a <= b), a.dtype.type(0), a), input, lambd)


@operation(method=False)
def softshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """The element brought nearer to zero by `lambd`, and zero where it is nearer already. RuntimeError for a negative
    `lambd`."""
    floats("softshrink_check", input)
    if not lambd >= 0:
        raise RuntimeError(
            f"lambda must be in range [0, 3.40282e+38] for input dtype {input._dtype.word}, but found {lambd:g}"
        )
    return _apply(SoftshrinkBackward0, lambda a, b: chosen(a > b, a - b, chosen(a < -b, a + b, a * 0)), input, lambd)


@overwritable
def hardsigmoid(input: Tensor) -> Tensor:
    """`x / 6 + 1 / 2` between 0 and 1."""
    floats("hardsigmoid_cpu", input)
    return _apply(HardsigmoidBackward0, lambda a: np.clip(a + 3, 0, 6) / 6, input)


@overwritable
def hardswish(input: Tensor) -> Tensor:
    """The element weighed by its `hardsigmoid`. A. Howard et al., Searching for MobileNetV3, arXiv:1905.02244."""
    floats("hardswish_cpu", input)
    return _apply(HardswishBackward0, lambda a: a * np.clip(a + 3, 0, 6) / 6, input)


def _leaky(a: Array, slope: Any) -> Any:
    return np.maximum(a, a * slope) if 0 < slope <= 1 else chosen(a > 0, a, a * slope)


@overwritable
def leaky_relu(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    """The element where it is positive, else a multiple of it."""
    floats("leaky_relu_cpu", input)
    return _apply(LeakyReluBackward0, _leaky, input, negative_slope)


def _exponential_unit(
    input: Tensor, alpha: float, scale: float, rate: float, kind: type[Node] = EluBackward0
) -> Tensor:
    """`scale * x` where x is positive, else `alpha * scale * expm1(rate * x)`."""
    floats("elu_cpu", input)

    def forward(a: Array, alpha: Any, scale: Any, rate: Any) -> Any:
        return chosen(a > 0, a * scale, alpha * scale * np.expm1(np.minimum(a * rate, 0)))

    return _apply(kind, forward, input, alpha, scale, rate)


@overwritable
def elu(input: Tensor, alpha: float = 1.0) -> Tensor:
    """The element where it is positive, else `alpha * (exp(x) - 1)`. D.-A. Clevert et al., arXiv:1511.07289."""
    return _exponential_unit(input, alpha, 1.0, 1.0)


@overwritable
def selu(input: Tensor) -> Tensor:
    """`elu` with the alpha and the scale that keep mean and variance as they are."""
    return _exponential_unit(input, SELU_ALPHA, SELU_SCALE, 1.0)


@overwritable
def celu(input: Tensor, alpha: float = 1.0) -> Tensor:
    """`elu` with a slope that is continuous at zero. J. T. Barron, arXiv:1704.07483. RuntimeError for a zero alpha."""
    if alpha == 0:
        raise RuntimeError("ZeroDivisionError: alpha cannot be 0 for CELU")
    return _exponential_unit(input, alpha, 1.0, 1.0 / alpha, CeluBackward0)


@overwritable
def mish(input: Tensor) -> Tensor:
    """The element weighed by `tanh(softplus(x))`. D. Misra, arXiv:1908.08681."""
    floats("mish_cpu", input)
    return _apply(MishBackward0, lambda a: a * _mish_weight(a), input)


@overwritable
def rrelu(input: Tensor, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False) -> Tensor:
    """`leaky_relu` with slopes drawn evenly between two bounds, or with the middle of them outside of training."""
    if not training:
        return leaky_relu(input, (lower + upper) / 2)  # type: ignore[no-any-return]
    floats("rrelu_with_noise_out_cpu", input)
    slopes = rand(*input._array.shape, dtype=input._dtype, device=input._device) * (upper - lower) + lower
    return input * where(input.detach() <= 0, slopes, 1)  # type: ignore[no-any-return]


class PreluKernelBackward0(Node):
    """The weight's own slope at zero."""

    __slots__ = ()
    saves = ("self", "weight")

    def gradient(self, grad: Tensor) -> Gradients:
        x, weight = self.tensors()
        to_weight = where(x > 0, 0, x * grad) if self.needs(1) else None
        return where(x > 0, grad, grad * weight), to_weight


def _prelu(a: Array, w: Array) -> Any:
    return np.where(a > 0, a, a * w)


@operation(out=False)
def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """The element where it is positive, else a multiple of it that is learned: one number, or one for each channel
    (dimension 1). K. He et al., Delving deep into rectifiers, arXiv:1502.01852.

    RuntimeError for a weight of another dtype, of several dimensions, or of another size than the channels.
    """
    d = input._dtype
    floats("prelu_cpu", input)
    if weight._dtype is not d:
        raise RuntimeError(f"prelu: Type promoting not supported. Got {d.word} and {weight._dtype.word}")
    same_device(input, weight)
    if weight.ndim > 1:
        raise RuntimeError(f"prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = {weight.ndim}")
    count = weight.numel()
    if count != 1:
        if not input.ndim:
            raise RuntimeError("Not allow zero-dim input tensor.")
        channels = input._array.shape[1] if input.ndim > 1 else 1
        if channels != count:
            raise RuntimeError(
                f"Mismatch of parameter numbers and input channel size. Found parameter numbers = {count} and channel "
                f"size = {channels}."
            )
    weight = weight.reshape([count if i == 1 else 1 for i in range(input.ndim)] if count != 1 else [1] * input.ndim)
    array = cast(quiet(_prelu, operand(input, d), operand(weight, d)), d)
    return record(PreluKernelBackward0, array, d, input._device, (input, weight), saved=(input, weight))


def glu(input: Tensor, dim: int = -1) -> Tensor:
    """One half of the dimension weighed by the sigmoid of the other. Y. N. Dauphin et al., arXiv:1612.08083.

    RuntimeError for an odd size, and for a tensor without dimensions.
    """
    if not input.ndim:
        raise RuntimeError("glu does not support scalars because halving size must be even")
    floats("glu_cpu", input)
    dim = wrap_dim(dim, input.ndim)
    size = input._array.shape[dim]
    if size % 2:
        raise RuntimeError(f"Halving dimension must be even, but dimension {dim} is size {size}")
    return input.narrow(dim, 0, size // 2) * sigmoid(input.narrow(dim, size // 2, size // 2))  # type: ignore[no-any-return]


def tanhshrink(input: Tensor) -> Tensor:
    """What `tanh` takes away."""
    return input - input.tanh()  # type: ignore[no-any-return]


def softsign(input: Tensor) -> Tensor:
    """`x / (1 + abs(x))`."""
    return input / (input.abs() + 1)  # type: ignore[no-any-return]


def gumbel_softmax(logits: Tensor, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1) -> Tensor:
    """A draw from the categories with these logarithms of weights, softened by the temperature tau; `hard`: one of
    them, with the gradient of the soft draw. E. Jang et al., arXiv:1611.01144."""
    if eps != 1e-10:
        warnings.warn("`eps` parameter is deprecated and has no effect.", UserWarning, stacklevel=2)
    soft = ((logits - empty_like(logits).exponential_().log()) / tau).softmax(dim)
    if not hard:
        return soft  # type: ignore[no-any-return]
    chosen = zeros_like(logits).scatter_(dim, soft.max(dim, keepdim=True)[1], 1.0)
    return chosen - soft.detach() + soft  # type: ignore[no-any-return]


@overwritable
def silu(input: Tensor) -> Tensor:
    """The element weighed by its sigmoid."""
    return activation.silu(input)


celu_, elu_, hardtanh_, leaky_relu_ = celu.writer, elu.writer, hardtanh.writer, leaky_relu.writer
rrelu_, selu_, threshold_ = rrelu.writer, selu.writer, threshold.writer
