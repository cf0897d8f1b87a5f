"""Losses of classes that keep a distance: by how much wrong ones come nearer than a margin."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..activation import logsigmoid
from ..autocast import wider
from ..autograd.node import Gradients, Node
from ..choice import where
from ..derivative import refuse
from ..dtype import bool as bool_
from ..dtype import float32, float64, int64
from ..hollow import has_values
from ..op import record
from ..promote import same_device
from ..quiet import quiet
from ..storage import Array
from ..tensor import Tensor, wrap
from .loss import reduced, spelled


def _reduce(loss: Array, reduction: str, single: bool) -> tuple[Any, int]:
    """The losses of rows, reduced, and by what the gradient is divided; over no rows the mean is zero too."""
    if reduction == "none":
        return (loss[0] if single else loss), 1
    summed = np.add.reduce(loss)
    rows = max(len(loss), 1) if reduction == "mean" else 1
    return summed / summed.dtype.type(rows), rows


class MultiMarginLossBackward0(Node):
    """`args` is the power, the margin, and by what the sum was divided."""

    __slots__ = ()
    saves = ("self", "target", "weight")

    def gradient(self, grad: Tensor) -> Gradients:
        input, target, weight = self.tensors()
        p, margin, divisor = self.args
        classes = _classes(input)
        x, index = input.reshape(-1, classes), target.reshape(-1, 1)
        near = x - x.gather(1, index) + margin
        right = wrap(index._array == np.arange(classes), bool_, x._device)
        slope = near * 2 if p == 2 else near * 0 + 1
        slope = where((near > 0) & ~right, slope, 0) / (classes * divisor)
        slope = slope if weight is None else slope * weight[index]
        slope = where(right, -slope.sum(1, keepdim=True), slope)
        flow = grad if not grad.ndim else grad.unsqueeze(-1)
        return (slope * flow).reshape(input.shape)


@wider
def multi_margin_loss(
    input: Tensor,
    target: Tensor,
    p: int = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """By how much each wrong class comes nearer to the right one than the margin, to the power p, over the number of
    classes: `(N, C)` against `(N)`, or `(C)` against `()`. ValueError for a p that is neither 1 nor 2."""
    reduction = spelled(reduction, size_average, reduce)
    if p not in (1, 2):
        raise ValueError("only p == 1 and p == 2 supported")
    if weight is not None and weight.ndim != 1:
        raise ValueError("weight must be one-dimensional")
    d = input._dtype
    refuse("multi_margin_loss_cpu_kernel", d not in (float32, float64), d)
    classes = _classes(input)
    x, index = input._array.reshape(-1, classes), target._array.reshape(-1, 1)
    _check_margins(input, target, weight, len(x))
    if has_values(index) and not (index.min(initial=0) >= 0 and index.max(initial=0) < classes):
        raise RuntimeError("target out of range")
    near = x - np.take_along_axis(x, index, 1) + x.dtype.type(margin)
    near = np.where((near > 0) & (index != np.arange(classes)), near, x.dtype.type(0))
    near = near * near if p == 2 else near
    near = near if weight is None else near * weight._array[index]
    loss, divisor = _reduce(near.sum(1) / x.dtype.type(classes), reduction, input.ndim < 2)
    args, saved = (p, margin, divisor), (input, target, weight)
    return record(MultiMarginLossBackward0, loss, d, input._device, (input,), saved, args)


def _classes(input: Tensor) -> int:
    """How many classes a row has; RuntimeError for what has none, and for more than rows of them."""
    shape = input._array.shape
    if len(shape) > 2 or (shape and shape[-1] == 0):
        raise RuntimeError(
            f"Expected non-empty vector or matrix with optional 0-dim batch size, but got: {list(shape)}"
        )
    return shape[-1] if shape else 1


def _check_margins(input: Tensor, target: Tensor, weight: Tensor | None, rows: int) -> None:
    """RuntimeError for sizes and dtypes that do not go together."""
    if target.ndim > 1 or target._array.size != rows:
        raise RuntimeError(
            "multi_margin_loss: target tensor should be 1-D with size equal to the number of input samples (batch "
            f"size). Expected target size [{rows}], but got {list(target._array.shape)}. Input has shape "
            f"{list(input._array.shape)}."
        )
    classes = _classes(input)
    if weight is not None and len(weight._array) != classes:
        raise RuntimeError(f"inconsistent weight size, expected {classes} but got {list(weight._array.shape)}")
    if target._dtype is not int64:
        raise RuntimeError(f"expected scalar type Long but found {target._dtype.word}")
    if weight is not None and weight._dtype is not input._dtype:
        raise RuntimeError(f"expected scalar type {input._dtype.word} but found {weight._dtype.word}")
    same_device(input, target, *(() if weight is None else (weight,)))


def _named(target: Array) -> Array:
    """Which places of each row come before its first -1."""
    return np.logical_and.accumulate(target != -1, axis=1)


class MultilabelMarginLossBackward0(Node):
    """`args` is how often each class counts, and by what the sum was divided."""

    __slots__ = ()
    saves = ("self",)

    def gradient(self, grad: Tensor) -> Gradients:
        (x,) = self.tensors()
        slope, divisor = self.args
        flow = grad if not grad.ndim or x.ndim < 2 else grad.unsqueeze(-1)
        return wrap(slope, x._dtype, x._device) * (flow / divisor)


@wider
def multilabel_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """By how much each class that is not named comes nearer than 1 to each that is, over the number of classes. A row
    of the target names classes up to the first -1. RuntimeError for a target of another size, or out of range."""
    reduction = spelled(reduction, size_average, reduce)
    d = input._dtype
    refuse("multilabel_margin_loss_forward_out_frame", d not in (float32, float64), d)
    if input._array.shape != target._array.shape:
        raise RuntimeError(
            f"inconsistent target size: {list(target._array.shape)} for input of size: {list(input._array.shape)}"
        )
    if target._dtype is not int64:
        raise RuntimeError(f"expected scalar type Long but found {target._dtype.word}")
    same_device(input, target)
    classes = _classes(input)
    x, labels = input._array.reshape(-1, classes), target._array.reshape(-1, classes)
    if has_values(labels) and not (labels.min(initial=-1) >= -1 and labels.max(initial=-1) < classes):
        raise RuntimeError("argument #2 'target' is out of range")
    losses, slope = quiet(_multilabel, x, labels)
    loss, divisor = _reduce(losses, reduction, input.ndim < 2)
    args = (slope.reshape(input._array.shape), divisor)
    return record(MultilabelMarginLossBackward0, loss, d, input._device, (input,), (input,), args)


def _multilabel(x: Array, labels: Array) -> tuple[Array, Array]:
    """The loss of each row, and its slope."""
    rows, classes = x.shape
    named = _named(labels)
    index = np.where(named, labels, 0)
    right = np.zeros(x.shape, bool)
    row, place = np.nonzero(named)
    right[row, index[row, place]] = True
    near = 1 - x[row, index[row, place]][:, None] + x[row]  # of each named class to all
    active = (near > 0) & ~right[row]
    losses, slope = np.zeros(rows, x.dtype), np.zeros_like(x)
    np.add.at(losses, row, np.where(active, near, 0).sum(1) / classes)
    np.add.at(slope, row, active / classes)
    np.add.at(slope, (row, index[row, place]), -active.sum(1) / classes)
    return losses, slope


@wider
def multilabel_soft_margin_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The mean over the classes (the last dimension) of the binary cross entropy of `sigmoid(input)`."""
    if size_average is not None or reduce is not None:
        reduction = spelled(reduction, size_average, reduce)
    loss = -(target * logsigmoid(input) + (1 - target) * logsigmoid(-input))
    if weight is not None:
        loss = loss * weight
    loss = loss.sum(-1) / input._array.shape[-1]
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not valid")
    return reduced(loss, reduction)
