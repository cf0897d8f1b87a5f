"""Losses: a number for each pair of elements, and their mean or sum."""

from __future__ import annotations

import warnings

import numpy as np

from ..activation import logsigmoid
from ..autocast import wider
from ..autograd.node import Gradients, Node
from ..choice import where
from ..device import different
from ..exponential import logit
from ..op import record
from ..promote import cast, operand
from ..quiet import quiet
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


def _warn_sizes(input: Tensor, target: Tensor) -> None:
    if input._array.shape != target._array.shape:
        warnings.warn(
            f"Using a target size ({target.shape}) that is different to the input size ({input.shape}). This will "
            "likely lead to incorrect results due to broadcasting. Please ensure they have the same size.",
            UserWarning,
            stacklevel=3,
        )


@wider
def mse_loss(input: Tensor, target: Tensor, *, reduction: str = "mean") -> Tensor:
    """The squared difference. UserWarning for shapes that broadcast."""
    _warn_sizes(input, target)
    difference = input - target
    return reduced(difference * difference, reduction)


@wider
def l1_loss(input: Tensor, target: Tensor, *, reduction: str = "mean") -> Tensor:
    """The absolute difference. UserWarning for shapes that broadcast."""
    _warn_sizes(input, target)
    return reduced(abs(input - target), reduction)


@wider
def smooth_l1_loss(input: Tensor, target: Tensor, *, reduction: str = "mean", beta: float = 1.0) -> Tensor:
    """The absolute difference less `beta / 2`, and its square over `2 * beta` where it is below beta.

    RuntimeError for a negative beta, UserWarning for shapes that broadcast.
    """
    if beta < 0:
        raise RuntimeError("smooth_l1_loss does not support negative values for beta.")
    _warn_sizes(input, target)
    difference = input - target
    size = abs(difference)
    if beta == 0:
        return reduced(size, reduction)
    return reduced(where(size < beta, difference * difference * (0.5 / beta), size - 0.5 * beta), reduction)


class BinaryCrossEntropyBackward0(Node):
    __slots__ = ()
    saves = ("self", "target")

    def gradient(self, grad: Tensor) -> Gradients:
        x, y = self.tensors()
        by_input = grad * (x - y) / (x * (1 - x)).clamp_min(1e-12) if self.needs(0) else None
        return by_input, -grad * logit(x) if self.needs(1) else None


def _cross_entropy(x: Array, y: Array) -> Array:
    low, one = x.dtype.type(LOWEST), x.dtype.type(1)
    return (y - one) * np.maximum(np.log1p(-x), low) - y * np.maximum(np.log(x), low)  # type: ignore[no-any-return]


def binary_cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, *, reduction: str = "mean"
) -> Tensor:
    """Minus the logarithm of the probability that `input` gives to the target, at most 100.

    ValueError for shapes that differ, RuntimeError for an input outside of 0 to 1.
    """
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
    if not (quiet(np.greater_equal, x, 0) & quiet(np.less_equal, x, 1)).all():
        raise RuntimeError("all elements of input should be between 0 and 1")
    array = cast(quiet(_cross_entropy, x, operand(target, d)), d)
    loss = record(BinaryCrossEntropyBackward0, array, d, input._device, (input, target), (input, target))
    return reduced(loss if weight is None else loss * weight, reduction)


@wider
def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    *,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """The binary cross entropy of `sigmoid(input)`, computed so that nothing overflows. ValueError for shapes that
    differ."""
    if input._array.shape != target._array.shape:
        raise ValueError(f"Target size ({target.shape}) must be the same as input size ({input.shape})")
    log_probability = logsigmoid(input)
    if pos_weight is not None:
        log_probability = ((pos_weight - 1) * target + 1) * log_probability
    loss = (1 - target) * input - log_probability
    return reduced(loss if weight is None else loss * weight, reduction)
