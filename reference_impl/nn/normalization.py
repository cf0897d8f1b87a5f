"""Normalisation: less the mean, over the standard deviation, along some dimensions; then a weight and a bias."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arguments import spoken
from ..autocast import wider
from ..autograd.node import Gradients, Node
from ..derivative import need_constant, refuse
from ..dtype import float32
from ..gradmode import MODE, no_grad
from ..op import record
from ..promote import cast, operand, same_device
from ..quiet import quiet
from ..storage import Array
from ..tensor import Tensor, wrap
from .averaging import avg_pool2d, avg_pool3d
from .padding import pad

Shape = tuple[int, ...]
PART = 1 << 16
"""So many elements are normalised at a time, where they can be."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is normalised together."""

    view: Shape
    """The shape in which the input is looked at."""
    dims: Shape
    """The dimensions of the view along which mean and deviation are taken."""
    parameters: Shape
    """The shape of weight and bias, which broadcasts with the input's own."""
    eps: float

    def count(self, shape: Shape) -> int:
        """How many elements of such a view are normalised together."""
        return math.prod([shape[i] for i in self.dims])

    def others(self, ndim: int) -> Shape:
        """The dimensions of the input that weight and bias do not have."""
        lead = ndim - len(self.parameters)
        return tuple([i for i in range(ndim) if i < lead or self.parameters[i - lead] == 1])

    def parts(self, shape: Shape) -> list[slice]:
        """Parts of the first dimension that are normalised apart from each other, and stay in the cache."""
        if 0 in self.dims:
            return [slice(None)]
        step = max(1, PART // max(1, math.prod(shape[1:])))
        return [slice(i, i + step) for i in range(0, shape[0], step)]


def _wide(t: Tensor) -> Tensor:
    return t.to(float32) if t._dtype.compute is not t._dtype.numpy else t


class NormalizeBackward(Node):
    """With `n` the normalised input and `g` what arrives at it: `(g - mean(g) - n * mean(g * n)) / deviation`; running
    statistics are constants, and it is `g / deviation`.

    Mean and deviation are taken of the input once more, so that the gradient can be differentiated.
    """

    __slots__ = ()
    saves = ("input", "weight", "running_mean", "running_var")

    def gradient(self, grad: Tensor) -> Gradients:
        x, weight, *running = self.tensors()
        plan, shape = self.args
        if not MODE.grad and running[0] is None:
            return self.plainly(grad, x, weight)
        dims = list(plan.dims)
        x, grad = _wide(x).reshape(plan.view), _wide(grad)
        if running[0] is None:
            centred = x - x.mean(dims, True)
            variance = (centred * centred).mean(dims, True)
        else:
            mean, variance = (_wide(t).reshape(plan.parameters) for t in running)
            centred = x - mean
        scale = (variance + plan.eps).rsqrt()
        normal = centred * scale
        by_input = by_weight = by_bias = None
        if self.needs(0):
            g = grad if weight is None else grad * _wide(weight).reshape(plan.parameters)
            g = g.reshape(plan.view)
            flow = g if running[0] is not None else g - g.mean(dims, True) - normal * (g * normal).mean(dims, True)
            by_input = (flow * scale).reshape(grad._array.shape)
        over = list(plan.others(grad.ndim))
        if self.needs(1):
            by_weight = _summed(grad * normal.reshape(grad._array.shape), over, shape)
        if self.needs(2):
            by_bias = _summed(grad, over, shape)
        return by_input, by_weight, by_bias

    def plainly(self, grad: Tensor, x: Tensor, weight: Tensor | None) -> Gradients:
        """The same in arrays and part by part, for a gradient that is not differentiated again."""
        plan, shape = self.args
        d, over = x._dtype, plan.others(x.ndim)
        a, g = operand(x, d), operand(grad, d)
        w = None if weight is None else operand(weight, d).reshape(plan.parameters)
        found = np.empty(a.shape, a.dtype) if self.needs(0) else None
        by_weight, by_bias = (np.zeros((), a.dtype) if self.needs(i) else None for i in (1, 2))
        for part in plan.parts(a.shape):
            normal, scale = quiet(_brought, a[part], plan)
            flow = g[part]
            if by_weight is not None:
                by_weight = by_weight + np.add.reduce(flow * normal.reshape(flow.shape), over)
            if by_bias is not None:
                by_bias = by_bias + np.add.reduce(flow, over)
            if found is not None:
                found[part] = quiet(_back, flow if w is None else flow * w, normal, scale, plan).reshape(flow.shape)
        results = [found, *[None if t is None else np.asarray(t).reshape(shape) for t in (by_weight, by_bias)]]
        return tuple([None if t is None else wrap(cast(t, d), d, grad._device) for t in results])


def _back(flow: Array, normal: Array, scale: Array, plan: Plan) -> Array:
    """What arrives at the input of a part; overwrites the normalised part."""
    flow = flow.reshape(normal.shape)
    count = flow.dtype.type(plan.count(flow.shape))
    normal *= np.add.reduce(flow * normal, plan.dims, keepdims=True) / count
    normal += np.add.reduce(flow, plan.dims, keepdims=True) / count
    np.subtract(flow, normal, out=normal)
    normal *= scale
    return normal


def _summed(t: Tensor, dims: list[int], shape: Shape) -> Tensor:
    return (t.sum(dims) if dims else t).reshape(shape)


NODES = {
    name: type(f"{name}Backward0", (NormalizeBackward,), {"__slots__": ()})
    for name in ("NativeBatchNorm", "NativeLayerNorm", "NativeGroupNorm")
}


def moments(x: Array, dims: Shape) -> tuple[Array, Array]:
    """Mean and biased variance along dimensions, which stay with size one."""
    count = x.dtype.type(math.prod([x.shape[i] for i in dims]))
    mean = np.add.reduce(x, dims, keepdims=True) / count
    centred = x - mean
    return mean, np.add.reduce(np.multiply(centred, centred, out=centred), dims, keepdims=True) / count


def _brought(x: Array, plan: Plan) -> tuple[Array, Array]:
    """A part of the input less its mean and over its deviation, in the shape of the view, and one over the
    deviation."""
    seen = x.reshape(len(x), *plan.view[1:])
    count = x.dtype.type(plan.count(seen.shape))
    result = seen - np.add.reduce(seen, plan.dims, keepdims=True) / count
    variance = np.add.reduce(result * result, plan.dims, keepdims=True) / count
    scale = (1 / np.sqrt(variance + x.dtype.type(plan.eps))).astype(x.dtype)
    result *= scale
    return result, scale


def _normal(x: Array, weight: Any, bias: Any, plan: Plan) -> Array:
    w, b = (None if t is None else t.reshape(plan.parameters) for t in (weight, bias))
    result = np.empty(x.shape, x.dtype)
    for part in plan.parts(x.shape):
        normal = _brought(x[part], plan)[0].reshape(x[part].shape)
        if w is not None:
            normal *= w
        if b is None:
            result[part] = normal
        else:
            np.add(normal, b, out=result[part])
    return result


def normalized(name: str, input: Tensor, weight: Tensor | None, bias: Tensor | None, plan: Plan) -> Tensor:
    """The normalised input times the weight plus the bias, computed in float32 for the half types."""
    d = input._dtype
    w, b = (None if t is None else operand(t, d) for t in (weight, bias))
    array = cast(quiet(_normal, operand(input, d), w, b, plan), d)
    same_device(input, *[t for t in (weight, bias) if t is not None])
    return _recorded(name, array, input, (weight, bias), (None, None), plan)


def _recorded(
    name: str,
    array: Array,
    input: Tensor,
    affine: tuple[Tensor | None, Tensor | None],
    running: tuple[Tensor | None, Tensor | None],
    plan: Plan,
) -> Tensor:
    shape = next((t._array.shape for t in affine if t is not None), ())
    saved = (input, affine[0], *running)
    return record(NODES[name], array, input._dtype, input._device, (input, *affine), saved, (plan, shape))


def _floating(name: str, input: Tensor, *others: Tensor | None) -> None:
    """The input is real floating, the others have its dtype; those of a half input are float32 where they like."""
    d = input._dtype
    refuse(name, not d.is_floating_point, d)
    half = d.compute is not d.numpy
    for t in others:
        if t is not None and t._dtype is not d and not (half and t._dtype is float32):
            raise RuntimeError(f"mixed dtype (CPU): expect parameter to have scalar type of {d.word}")


def _check_parameters(channels: int, **named: Tensor | None) -> None:
    for name, t in named.items():
        if t is not None and t._array.size != channels:
            raise RuntimeError(f"{name} should contain {channels} elements not {t._array.size}")


def _by_running(
    input: Tensor, running: tuple[Tensor, Tensor], weight: Tensor | None, bias: Tensor | None, plan: Plan
) -> Tensor:
    shape = plan.parameters
    with no_grad():
        mean, variance = (_wide(t).reshape(shape) for t in running)
        result = (_wide(input) - mean) * (variance + plan.eps).rsqrt()
        if weight is not None:
            result = result * _wide(weight).reshape(shape)
        if bias is not None:
            result = result + _wide(bias).reshape(shape)
        result = result.to(input._dtype)
        kept = running[0].clone(), running[1].clone()  # training moves them before the gradient is asked for
    return _recorded("NativeBatchNorm", result._array, input, (weight, bias), kept, plan)


def _follow(running: Tensor, new: Array, momentum: float) -> None:
    """Moves the running statistic towards the new one, in place."""
    with no_grad():
        there = running._from_numpy(np.ascontiguousarray(new)).to(running._device)
        running.copy_(running * (1 - momentum) + there * momentum)


def _check_batch(
    input: Tensor, training: bool, momentum: Any, eps: float, running: tuple[Tensor | None, Tensor | None]
) -> None:
    """Torch's demands on what `batch_norm` is asked for."""
    shape = input._array.shape
    if training and math.prod((*shape[:1], *shape[2:])) == 1:
        raise ValueError(f"Expected more than 1 value per channel when training, got input size {input.shape}")
    if training and eps <= 0:
        raise ValueError(f"batch_norm eps must be positive during training, but got {eps}")
    if eps < 0:
        raise ValueError(f"batch_norm eps must be non-negative, but got {eps}")
    if not isinstance(momentum, (int, float)):
        kind = type(momentum).__name__
        raise TypeError(f"batch_norm(): argument 'momentum' (position 7) must be float, not {kind}")
    for name, t in zip(("running_mean", "running_var"), running, strict=True):
        if t is None and not training:
            raise RuntimeError(f"{name} must be defined in evaluation mode")
    if (running[0] is None) != (running[1] is None):
        raise ValueError("running_mean and running_var must either both be None or neither be None")


def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Each channel (dimension 1) normalised over the batch in training, by the running statistics otherwise (Ioffe and
    Szegedy 2015, arXiv:1502.03167). Training moves the running statistics, the variance by its unbiased estimate.

    ValueError for one value per channel in training; RuntimeError for parameters of another size, and without running
    statistics outside of training.
    """
    shape = input._array.shape
    _check_batch(input, training, momentum, eps, (running_mean, running_var))
    channels = shape[1] if len(shape) > 1 else 0
    _check_parameters(channels, running_mean=running_mean, running_var=running_var, weight=weight, bias=bias)
    need_constant("native_batch_norm", running_mean=running_mean, running_var=running_var)
    _floating("batch_norm", input, running_mean, running_var, weight, bias)
    plan = Plan(shape, (0, *range(2, len(shape))), (1, channels, *(1,) * (len(shape) - 2)), eps)
    if not training and running_mean is not None and running_var is not None:
        return _by_running(input, (running_mean, running_var), weight, bias, plan)
    if input._array.size:
        _learn(input, shape, plan.dims, running_mean, running_var, momentum)
    return normalized("NativeBatchNorm", input, weight, bias, plan)


def _learn(
    input: Tensor, view: Shape, dims: Shape, running_mean: Tensor | None, running_var: Tensor | None, momentum: float
) -> None:
    """The running statistics follow those of the input; of several instances of a channel, their means."""
    if running_mean is None or running_var is None:
        return
    mean, variance = quiet(moments, operand(input, input._dtype).reshape(view), dims)
    count = math.prod([view[i] for i in dims])
    if 0 not in dims:
        mean, variance = mean.mean(0), variance.mean(0)
    _follow(running_mean, mean.reshape(-1), momentum)
    _follow(running_var, variance.reshape(-1) * variance.dtype.type(count / (count - 1)), momentum)


def instance_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Each channel of each sample normalised by itself (Ulyanov and others 2016, arXiv:1607.08022).

    ValueError for one element to each, RuntimeError without running statistics where they are to be used.
    """
    shape = input._array.shape
    if use_input_stats and math.prod(shape[2:]) == 1:
        raise ValueError(f"Expected more than 1 spatial element when training, got input size {input.shape}")
    if not use_input_stats:
        if running_mean is None or running_var is None:
            raise RuntimeError("Expected running_mean and running_var to be defined when use_input_stats is false")
        return batch_norm(input, running_mean, running_var, weight, bias, False, momentum, eps)
    channels = shape[1]
    _check_parameters(channels, weight=weight, bias=bias)
    need_constant("native_batch_norm", running_mean=running_mean, running_var=running_var)
    _floating("batch_norm", input, running_mean, running_var, weight, bias)
    view = (*shape[:2], math.prod(shape[2:]))
    if input._array.size:
        _learn(input, view, (2,), running_mean, running_var, momentum)
    plan = Plan(view, (2,), (1, channels, *(1,) * (len(shape) - 2)), eps)
    return normalized("NativeBatchNorm", input, weight, bias, plan)


def _check_shape(name: str, input: Tensor, shape: Shape, **named: Tensor | None) -> None:
    if not shape:
        raise RuntimeError(
            "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one element, but got "
            "normalized_shape = []"
        )
    for word, t in named.items():
        if t is not None and t._array.shape != shape:
            raise RuntimeError(
                f"Expected {word} to be of same shape as normalized_shape, but got {word} of shape "
                f"{list(t._array.shape)} and normalized_shape = {list(shape)}"
            )
    if input._array.shape[-len(shape) :] != shape:
        wanted = ", ".join(map(str, ("*", *shape)))
        raise RuntimeError(
            f"Given normalized_shape={list(shape)}, expected input with shape [{wanted}], but got input of size"
            f"{list(input._array.shape)}"
        )
    if not (name == "rms_norm" and input._dtype.is_complex):
        _floating(name, input, *named.values())


def _listed(name: str, value: Any) -> Shape:
    if isinstance(value, int):
        raise TypeError(f"{name}(): argument 'normalized_shape' (position 2) must be tuple of ints, not int")
    return tuple(value)


@spoken
@wider
def layer_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """The last dimensions, whose sizes are given, normalised together (Ba, Kiros and Hinton 2016, arXiv:1607.06450)."""
    shape = _listed("layer_norm", normalized_shape)
    _check_shape("LayerNormKernelImpl", input, shape, weight=weight, bias=bias)
    whole = input._array.shape
    dims = tuple(range(len(whole) - len(shape), len(whole)))
    return normalized("NativeLayerNorm", input, weight, bias, Plan(whole, dims, shape, eps))


@spoken
def rms_norm(
    input: Tensor, normalized_shape: Sequence[int], weight: Tensor | None = None, eps: float | None = None
) -> Tensor:
    """The last dimensions over the root of their mean square (Zhang and Sennrich 2019, arXiv:1910.07467); of complex
    numbers the squares themselves, not those of the magnitudes. ValueError for fewer dimensions than that."""
    shape = _listed("rms_norm", normalized_shape)
    if input.ndim < len(shape):
        raise ValueError(f"Input tensor must have at least {len(shape)} dimensions, but got {input.ndim}")
    _check_shape("rms_norm", input, shape, weight=weight)
    x = _wide(input)
    small = float(np.finfo(x._dtype.numpy).eps) if eps is None else eps
    result = x * ((x * x).mean(list(range(-len(shape), 0)), True) + small).rsqrt()
    if weight is not None:
        result = result * _wide(weight)
    return result.to(input._dtype)  # type: ignore[no-any-return]


@wider
def group_norm(
    input: Tensor, num_groups: int, weight: Tensor | None = None, bias: Tensor | None = None, eps: float = 1e-5
) -> Tensor:
    """The channels of each sample normalised in groups (Wu and He 2018, arXiv:1803.08494).

    RuntimeError for channels that do not divide into the groups, ValueError for one value per group.
    """
    shape = input._array.shape
    if input.ndim < 2:
        raise RuntimeError(f"Expected at least 2 dimensions for input tensor but received {input.ndim}")
    if math.prod((shape[0] * shape[1] // num_groups, *shape[2:])) == 1:
        sizes = [shape[0] * shape[1] // num_groups, num_groups, *shape[2:]]
        raise ValueError(f"Expected more than 1 value per channel when training, got input size {sizes}")
    if num_groups <= 0:
        raise RuntimeError(f"Expected num groups to be greater than 0, got {num_groups}")
    if shape[1] % num_groups:
        raise RuntimeError(
            "Expected number of channels in input to be divisible by num_groups, but got input of shape "
            f"{list(shape)} and num_groups={num_groups}"
        )
    for name, t in (("weight", weight), ("bias", bias)):
        if t is not None and t._array.shape != (shape[1],):
            raise RuntimeError(
                f"Expected {name} to be a vector of size equal to the number of channels in input, but got {name} of "
                f"shape {list(t._array.shape)} and input of shape {list(shape)}"
            )
    _floating("GroupNormKernelImpl", input, weight, bias)
    view = (shape[0], num_groups, math.prod(shape[1:]) // num_groups)
    plan = Plan(view, (2,), (shape[1], *(1,) * (len(shape) - 2)), eps)
    return normalized("NativeGroupNorm", input, weight, bias, plan)


def local_response_norm(input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Tensor:
    """`x / (k + alpha * mean of the squares of neighbouring channels) ** beta` (Krizhevsky and others 2012).

    ValueError for fewer than three dimensions.
    """
    if input.ndim < 3:
        raise ValueError(f"Expected 3D or higher dimensionality input (got {input.ndim} dimensions)")
    if not input._array.size:
        return input
    squares, shape = input * input, input._array.shape
    if input.ndim == 3:
        wide = pad(squares.unsqueeze(1), (0, 0, size // 2, (size - 1) // 2))
        mean = avg_pool2d(wide, (size, 1), stride=1).squeeze(1)
    else:
        wide = pad(squares.reshape(shape[0], 1, shape[1], shape[2], -1), (0, 0, 0, 0, size // 2, (size - 1) // 2))
        mean = avg_pool3d(wide, (size, 1, 1), stride=1).squeeze(1).reshape(shape)
    return input / (mean * alpha + k).pow(beta)  # type: ignore[no-any-return]
