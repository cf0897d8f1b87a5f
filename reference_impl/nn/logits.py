"""The cross entropy of a linear layer's outputs."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import Any

from ..dtype import bfloat16, float16, float32, float64, int64
from ..tensor import Tensor
from .affine import linear
from .classes import cross_entropy


@dataclass(slots=True, frozen=True)
class LinearCrossEntropyOptions:
    """How a large batch would be cut into pieces. Here it is computed in one; the settings are checked.

    ValueError for settings that do not exist.
    """

    allow_retain_graph: bool = False
    batch_chunk_size: int | None = None
    chunking_method: str | None = "auto"
    acc_policy: str = "auto"
    acc_dtype: Any = None

    def __post_init__(self) -> None:
        if self.acc_policy not in ("auto", "accurate", "balanced", "compact"):
            raise ValueError(f"invalid acc_policy: {self.acc_policy!r}")
        if self.chunking_method not in (None, "auto"):
            name, colon, pieces = str(self.chunking_method).partition(":")
            pieces = pieces if colon else "1"
            if name != "aspect_ratio" or not pieces.isdigit() or int(pieces) < 1:
                raise ValueError(f"invalid chunking_method: {self.chunking_method!r}")
        size = self.batch_chunk_size
        if size is not None and not (isinstance(size, int) and size > 0):
            raise ValueError(f"batch_chunk_size must be positive int or None, got {size!r}")
        if self.acc_dtype not in (None, float16, bfloat16, float32, float64):
            raise ValueError(
                "acc_dtype must be one of {None, torch.float16, torch.bfloat16, torch.float32, torch.float64}, got "
                f"{self.acc_dtype!r}. Pass acc_dtype=None to let the op pick automatically."
            )


def _check(input: Tensor, weight: Tensor, bias: Tensor | None) -> None:
    """RuntimeError for shapes that do not go together."""
    if input.ndim not in (1, 2):
        raise RuntimeError(f"expected input with dimensionality 1 or 2, got {input.ndim}")
    if weight.ndim < 2:
        raise RuntimeError(f"expected linear_weight with dimensionality at least 2, got {weight.ndim}")
    shape, rows = weight._array.shape, input._array.shape
    if rows[-1] != shape[-1]:
        raise RuntimeError(
            "expected equal input and linear_weight last dimensions (in_features), got "
            f"{rows[-1]} and {shape[-1]}, respectively"
        )
    if bias is not None and bias._array.shape != shape[:-1]:
        raise RuntimeError(f"expected linear_bias shape {shape[:-1]}, got {bias._array.shape}")
    if len(shape) > 2 and len(rows) == 1:
        raise RuntimeError(
            f"K-dimensional loss defined by linear_weight shape {shape} requires batched input, (N, {rows[-1]}), got "
            f"unbatched input with shape {rows}"
        )


def linear_cross_entropy(
    input: Tensor,
    linear_weight: Tensor,
    target: Tensor,
    *,
    linear_bias: Tensor | None = None,
    weight: Tensor | None = None,
    reduction: str = "mean",
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
    options: LinearCrossEntropyOptions | None = None,
) -> Tensor:
    """`cross_entropy(linear(input, linear_weight, linear_bias), target)`; the weight is of shape `(C, ..., D)`.

    RuntimeError for shapes that do not go together, and for an `ignore_index` beside probabilities. UserWarning where
    options have no effect.
    """
    _check(input, linear_weight, linear_bias)
    classes, *others, features = linear_weight._array.shape
    shape = (*input._array.shape[:-1], classes, *others)
    if target._array.shape == shape and ignore_index is not None:
        raise RuntimeError("ignore_index cannot be specified when target contains probabilities")
    if options is not None:
        _weigh_options(target, reduction, label_smoothing, tuple(others), linear_bias)
    outputs = math.prod(others, start=classes)
    bias = None if linear_bias is None else linear_bias.reshape(outputs)
    logits = linear(input, linear_weight.reshape(outputs, features), bias).reshape(shape)
    return cross_entropy(
        logits,
        target,
        weight=weight,
        reduction=reduction,
        ignore_index=-100 if ignore_index is None else ignore_index,
        label_smoothing=label_smoothing,
    )


def _weigh_options(
    target: Tensor, reduction: str, smoothing: float, others: tuple[int, ...], bias: Tensor | None
) -> None:
    known = reduction in ("mean", "sum", "none") and smoothing == 0 and target._dtype is int64 and not others
    if not known:
        warnings.warn(
            "linear_cross_entropy: ``options`` ignored; chunked path needs reduction in {'mean','sum','none'}, "
            "label_smoothing == 0, target.dtype == int64, out_features == (). Got "
            f"reduction={reduction!r}, label_smoothing={smoothing}, target.dtype={target._dtype}, "
            f"out_features={others}, tracing=False, "
            f"linear_bias.shape={None if bias is None else tuple(bias.shape)}.",
            UserWarning,
            stacklevel=3,
        )
