"""Losses: a number for each pair of elements, and their mean or sum."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from ..activation import logsigmoid
from ..autocast import wider
from ..autograd.node import Gradients, Node
from ..choice import where
from ..derivative import floats, need_constant
from ..device import different
from ..dtype import bool as bool_
from ..exponential import logit, sigmoid
from ..fill import ones_like
from ..gradmode import no_grad
from ..op import binary, record
from ..promote import operand, result_type
from ..quiet import quiet
from ..shape import broadcast_shapes
from ..storage import Array
from ..tensor import Tensor

LOWEST = -100.0
"""Logarithms of probabilities are no lower than this."""


def reduced(loss: Tensor, reduction: str) -> Tensor:
    """The mean, the sum, or the elements themselves (`none`). ValueError for another word."""
    if reduction == "none":
        return loss
    if reduction == "mean":
        return loss.mean()  # type: ignore[no-any-return]
    if reduction == "sum":
        return loss.sum()
    raise ValueError(f"{reduction} is not a valid value for reduction")


def spelled(reduction: str, size_average: bool | None, reduce: bool | None) -> str:
    """The reduction, also where the two old switches ask for it, with a UserWarning. ValueError for another word."""
    if size_average is not None or reduce is not None:
        mean, reducing = (switch is None or bool(switch) for switch in (size_average, reduce))
        reduction = "none" if not reducing else "mean" if mean else "sum"
        warnings.warn(
            f"size_average and reduce args will be deprecated, please use reduction='{reduction}' instead.",
            UserWarning,
            stacklevel=4,
        )
    if reduction == "elementwise_mean":
        warnings.warn(
            "reduction='elementwise_mean' is deprecated. Please use reduction='mean' instead.",
            UserWarning,
            stacklevel=4,
        )
        return "mean"
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not a valid value for reduction")
    return reduction


class Loss(Node):
    """A loss of pairs of elements, with its reduction. `args` is by what the reduction divides, and what else the
    slopes need."""

    __slots__ = ()
    saves: ClassVar[tuple[str, ...]] = ("self", "target", "weight")

    def gradient(self, grad: Tensor) -> Gradients:
        x, y, weight, *others = self.tensors()
        y = y.to(x._dtype) if y._dtype is bool_ else y
        flow = grad / self.args[0]
        flow = flow if weight is None else flow * weight
        by_input, by_target = self.slopes(x, y, *others)
        return flow * by_input, flow * by_target if self.needs(1) else None

    def slopes(self, x: Tensor, y: Tensor, *others: Any) -> tuple[Tensor, Tensor]:
        """The derivatives of an element's loss by the input and by the target."""
        raise NotImplementedError


def _paired(
    kind: type[Loss],
    forward: Callable[[Tensor, Tensor], Tensor],
    input: Tensor,
    target: Tensor,
    reduction: str,
    weights: tuple[Tensor | None, ...] = (None,),
    parameter: Any = None,
) -> Tensor:
    """The losses of pairs of elements times the first of the weights, reduced: one node of torch's name."""
    with no_grad():
        loss = forward(input, target)
        loss = loss if weights[0] is None else loss * weights[0]
        result = reduced(loss, reduction)
    divisor = loss._array.size if reduction == "mean" else 1
    inputs, saved = (input, target), (input, target, *weights)
    return record(kind, result._array, result._dtype, result._device, inputs, saved, (divisor, parameter))


def _warn_sizes(input: Tensor, target: Tensor) -> None:
    if input._array.shape != target._array.shape:
        warnings.warn(
            f"Using a target size ({target.shape}) that is different to the input size ({input.shape}). This will "
            "likely lead to incorrect results due to broadcasting. Please ensure they have the same size.",
            UserWarning,
            stacklevel=4,
        )


def _weighed(loss: Tensor, weight: Tensor | None, reduction: str, input: Tensor) -> Tensor:
    """The mean is that of the weights. ValueError for a weight of another shape than the input's."""
    if weight is None:
        return reduced(loss, reduction)
    if weight._array.shape != input._array.shape:
        raise ValueError("Weights and input must have the same size.")
    loss = loss * weight
    return loss.sum() / weight.sum() if reduction == "mean" else reduced(loss, reduction)


class MseLossBackward0(Loss):
    __slots__ = ()

    def slopes(self, x: Tensor, y: Tensor, *others: Any) -> tuple[Tensor, Tensor]:
        """Twice the difference."""
        slope: Tensor = (x - y) * 2
        return slope, -slope


def _squared(x: Tensor, y: Tensor) -> Tensor:
    d = result_type(x, y)
    difference = (x if x._dtype is d else x.to(d)) - (y if y._dtype is d else y.to(d))
    return difference * difference


@wider
def mse_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """The squared difference. UserWarning for shapes that broadcast."""
    _warn_sizes(input, target)
    reduction = spelled(reduction, size_average, reduce)
    floats("mse_cpu", input, target)
    if weight is None:
        return _paired(MseLossBackward0, _squared, input, target, reduction)
    return _weighed(_squared(input, target), weight, reduction, input)


@wider
def l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """The absolute difference. UserWarning for shapes that broadcast."""
    _warn_sizes(input, target)
    reduction = spelled(reduction, size_average, reduce)
    return _weighed(abs(input - target), weight, reduction, input)


class HuberLossBackward0(Loss):
    __slots__ = ()

    def slopes(self, x: Tensor, y: Tensor, *others: Any) -> tuple[Tensor, Tensor]:
        """The difference below the width, and the width from there on."""
        difference, width = x - y, self.args[1]
        slope = where(difference.abs() >= width, difference.sign() * width, difference)
        return slope, -slope


class SmoothL1LossBackward0(HuberLossBackward0):
    __slots__ = ()

    def slopes(self, x: Tensor, y: Tensor, *others: Any) -> tuple[Tensor, Tensor]:
        """Those of the Huber loss over the width."""
        by_input, by_target = super().slopes(x, y)
        return by_input / self.args[1], by_target / self.args[1]


def _rounded(input: Tensor, target: Tensor, width: float) -> Tensor:
    """Half the square of the difference below `width`, and a line from there on. P. J. Huber, Annals of Mathematical
    Statistics 35 (1964)."""

    def forward(x: Array, y: Array) -> Any:
        size = np.abs(x - y)
        near = np.minimum(size, size.dtype.type(width))
        return near * (size - near / 2)

    return binary(forward, input, target, None)


@wider
def smooth_l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Tensor:
    """The absolute difference less `beta / 2`, and its square over `2 * beta` where it is below beta.

    RuntimeError for a negative beta, UserWarning for shapes that broadcast.
    """
    _warn_sizes(input, target)
    reduction = spelled(reduction, size_average, reduce)
    if beta < 0:
        raise RuntimeError("smooth_l1_loss does not support negative values for beta.")
    if beta == 0:
        return reduced(abs(input - target), reduction)
    floats("smooth_l1_cpu", input, target)

    def forward(x: Tensor, y: Tensor) -> Tensor:
        return _rounded(x, y, beta) / beta

    return _paired(SmoothL1LossBackward0, forward, input, target, reduction, parameter=beta)


@wider
def huber_loss(
    input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0, weight: Tensor | None = None
) -> Tensor:
    """Half the squared difference below `delta`, and `delta` times the difference less `delta / 2` from there on.

    RuntimeError for a delta that is not positive, UserWarning for shapes that broadcast.
    """
    _warn_sizes(input, target)
    reduction = spelled(reduction, None, None)
    if not delta > 0:
        raise RuntimeError("huber_loss does not support non-positive values for delta.")
    floats("huber_cpu", input, target)

    def forward(x: Tensor, y: Tensor) -> Tensor:
        return _rounded(x, y, delta)

    if weight is None:
        return _paired(HuberLossBackward0, forward, input, target, reduction, parameter=delta)
    if weight._array.shape != input._array.shape:
        raise ValueError("Weights and input must have the same size.")
    return reduced(_paired(HuberLossBackward0, forward, input, target, "none", parameter=delta) * weight, reduction)


@wider
def poisson_nll_loss(
    input: Tensor,
    target: Tensor,
    log_input: bool = True,
    full: bool = False,
    size_average: bool | None = None,
    eps: float = 1e-8,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Minus the logarithm of the Poisson probability of the target at the rate `input`, or `exp(input)`; `full` adds
    Stirling's approximation of the factorial where the target exceeds one."""
    reduction = spelled(reduction, size_average, reduce)
    loss = input.exp() - target * input if log_input else input - target * (input + eps).log()
    if full:
        rest = target * target.log() - target + (target * (2 * math.pi)).log() * 0.5
        loss = loss + rest.masked_fill(target <= 1, 0).to(loss._dtype)
    return reduced(loss, reduction)


@wider
def gaussian_nll_loss(
    input: Tensor, target: Tensor, var: Any, full: bool = False, eps: float = 1e-6, reduction: str = "mean"
) -> Tensor:
    """Minus the logarithm of the normal density of the target at mean `input` and variance `var`, which counts as `eps`
    where it is less; its gradient ignores that. ValueError for a negative variance, and one of another size."""
    if isinstance(var, float):
        if var < 0:
            raise ValueError("var has negative entry/entries")
        var = ones_like(input) * var
    elif not isinstance(var, Tensor):
        raise TypeError(f"any() received an invalid combination of arguments - got ({type(var < 0).__name__})")
    elif bool((var < 0).any()):
        raise ValueError("var has negative entry/entries")
    shape, found = input._array.shape, var._array.shape
    if found != shape:
        if found == shape[:-1]:
            var = var.unsqueeze(-1)
        elif len(shape) != len(found) or sum(b for a, b in zip(shape, found, strict=True) if a != b) != 1:
            raise ValueError("var is of incorrect size")
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not valid")
    var = var + (var.detach().clamp(min=eps) - var.detach())
    loss = (var.log() + (input - target).square() / var) * 0.5
    return reduced(loss + 0.5 * math.log(2 * math.pi) if full else loss, reduction)


@wider
def kl_div(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Tensor:
    """`target * (log(target) - input)`: the divergence of the distribution whose logarithm is `input` from the target.

    `batchmean` divides the sum by the first size; `mean` divides by the number of elements, with a UserWarning.
    """
    for d in (input._dtype, target._dtype):
        if not d.is_floating_point:
            raise RuntimeError(f"kl_div: {'Complex' if d.is_complex else 'Integral'} inputs not supported.")
    batch = reduction == "batchmean"
    if size_average is not None or reduce is not None or not batch:
        if reduction == "mean" and size_average is None and reduce is None:
            warnings.warn(
                "reduction: 'mean' divides the total loss by both the batch size and the support size.'batchmean' "
                "divides only by the batch size, and aligns with the KL div math definition.'mean' will be changed to "
                "behave the same as 'batchmean' in the next major release.",
                UserWarning,
                stacklevel=3,
            )
        reduction, batch = spelled(reduction, size_average, reduce), False
    loss = target.exp() * (target - input) if log_target else target.xlogy(target) - target * input
    if batch:
        return loss.sum() / (input._array.shape[0] if input.ndim else 1)  # type: ignore[no-any-return]
    return reduced(loss, reduction)


class SoftMarginLossBackward0(Loss):
    __slots__ = ()

    def slopes(self, x: Tensor, y: Tensor, *others: Any) -> tuple[Tensor, Tensor]:
        """Minus the target, times the logistic function of minus their product."""
        z = (-(x * y)).exp()
        share = z / (z + 1)
        return -(share * y), -(share * x)


def _soft_margin(x: Tensor, y: Tensor) -> Tensor:
    return (-(x * y)).exp().log1p()  # type: ignore[no-any-return]


@wider
def soft_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """`log(1 + exp(-target * input))`, for targets 1 and -1."""
    reduction = spelled(reduction, size_average, reduce)
    need_constant("soft_margin_loss", target=target)
    return _paired(SoftMarginLossBackward0, _soft_margin, input, target, reduction)


class BinaryCrossEntropyBackward0(Loss):
    __slots__ = ()

    def slopes(self, x: Tensor, y: Tensor, *others: Any) -> tuple[Tensor, Tensor]:
        """That by the input stays finite at 0 and 1."""
        return (x - y) / (x * (1 - x)).clamp_min(1e-12), -logit(x)


def _cross_entropy(x: Array, y: Array) -> Array:
    low, one = x.dtype.type(LOWEST), x.dtype.type(1)
    return (y - one) * np.maximum(np.log1p(-x), low) - y * np.maximum(np.log(x), low)  # type: ignore[no-any-return]


def binary_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Minus the logarithm of the probability that `input` gives to the target, at most 100.

    ValueError for shapes that differ, RuntimeError for an input outside of 0 to 1.
    """
    reduction = spelled(reduction, size_average, reduce)
    if input._array.shape != target._array.shape:
        raise ValueError(
            f"Using a target size ({target.shape}) that is different to the input size ({input.shape}) is deprecated. "
            "Please ensure they have the same size."
        )
    d = input._dtype
    if input._device is not target._device:
        raise different(input._device, target._device)
    if d is not target._dtype:
        raise RuntimeError(f"Found dtype {target._dtype.word} but expected {d.word}")
    x = operand(input, d)
    y = operand(target, d)
    for name, each in (("input", x), ("target", y)):
        if not (quiet(np.greater_equal, each, 0) & quiet(np.less_equal, each, 1)).all():
            raise RuntimeError(f"all elements of {name} should be between 0 and 1")
    need_constant("binary_cross_entropy", weight=weight)
    if weight is not None:
        broadcast_shapes(target.shape, weight.shape)

    def forward(x: Tensor, y: Tensor) -> Tensor:
        return binary(_cross_entropy, x, y, None)

    return _paired(BinaryCrossEntropyBackward0, forward, input, target, reduction, (weight,))


class BinaryCrossEntropyWithLogitsBackward0(Loss):
    __slots__ = ()
    saves = ("self", "target", "weight", "pos_weight")

    def slopes(self, x: Tensor, y: Tensor, *others: Any) -> tuple[Tensor, Tensor]:
        """Those of the sigmoid's binary cross entropy; the target's part is weighed by `pos_weight`."""
        (heavier,) = others
        probability = sigmoid(x)
        if heavier is None:
            return probability - y, -x
        return (y * heavier + 1 - y) * probability - y * heavier, logsigmoid(-x) - heavier * logsigmoid(x)


@wider
def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """The binary cross entropy of `sigmoid(input)`, computed so that nothing overflows. ValueError for shapes that
    differ."""
    reduction = spelled(reduction, size_average, reduce)
    if input._array.shape != target._array.shape:
        raise ValueError(f"Target size ({target.shape}) must be the same as input size ({input.shape})")
    need_constant("binary_cross_entropy_with_logits", weight=weight, pos_weight=pos_weight)
    if not target._dtype.is_floating_point and not target._dtype.is_complex:
        raise RuntimeError(
            f"result type {input._dtype.word} can't be cast to the desired output type {target._dtype.word}"
        )

    def forward(x: Tensor, y: Tensor) -> Tensor:
        log_probability = logsigmoid(x)
        if pos_weight is not None:
            log_probability = ((pos_weight - 1) * y + 1) * log_probability
        return (1 - y) * x - log_probability

    kind = BinaryCrossEntropyWithLogitsBackward0
    return _paired(kind, forward, input, target, reduction, (weight, pos_weight))
