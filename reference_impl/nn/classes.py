"""Losses of classification: the logarithms of probabilities of classes against the right ones."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..autocast import wider
from ..autograd.node import Gradients, Node
from ..choice import where
from ..derivative import floats, need_constant
from ..dtype import int64, uint8
from ..hollow import has_values
from ..op import record
from ..promote import cast, operand, same_device
from ..quiet import quiet
from ..softmax import log_softmax
from ..storage import Array
from ..tensor import Tensor
from .loss import reduced, spelled


def _class_dim(input: Tensor) -> int:
    return 0 if input.ndim == 1 else 1


def _check_classes(input: Tensor, target: Tensor, weight: Tensor | None) -> None:
    """Torch's demands on classes given by index."""
    if not input.ndim > 0:
        raise ValueError("Expected 1 or more dimensions (got 0)")
    dim, shape, found = _class_dim(input), input._array.shape, target._array.shape
    rest = shape[:dim] + shape[dim + 1 :]
    if input.ndim > 1 and (not found or found[0] != shape[0]):
        raise ValueError(
            f"Expected input batch_size ({shape[0]}) to match target batch_size ({found[0] if found else 0})."
        )
    if len(found) > 1 and len(shape) < 3:
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    if found != rest and not (len(shape) == 1 and found == (1,)):
        raise RuntimeError(f"Expected target size {list(rest)}, got {list(found)}")
    if target._dtype not in (int64, uint8):
        raise RuntimeError(f"expected target dtype to be Long or Byte, but got {target._dtype.word}")
    same_device(input, target, *(() if weight is None else (weight,)))
    classes = shape[dim]
    if weight is not None and weight._array.shape != (classes,):
        raise RuntimeError(
            f"weight tensor should be defined either for all {classes} classes or no classes but got weight tensor of "
            f"shape: {list(weight._array.shape)}"
        )
    if weight is not None and weight._dtype is not input._dtype:
        raise RuntimeError(f"expected scalar type {input._dtype.word} but found {weight._dtype.word}")


def _weights(input: Tensor, target: Tensor, weight: Tensor | None, ignored: int) -> tuple[Tensor, Tensor]:
    """The weight of each target, zero for those that are ignored; and the targets, class 0 in place of those."""
    counts = target != ignored
    index = where(counts, target, 0)
    return counts.to(input._dtype) if weight is None else where(counts, weight[index], 0), index


class Choice(NamedTuple):
    """What `nll_loss` does: in a tensor of this shape it takes what lies at `places`, one for each target, where
    `counts` (everywhere if None), times `weights` (one if None), and divides by `total`, if that is not None."""

    shape: tuple[int, ...]
    places: tuple[Array, ...]
    counts: Array | None
    weights: Array | None
    total: Any
    reduction: str


def _choice(shape: tuple[int, ...], target: Array, weight: Any, ignored: int, reduction: str) -> Choice:
    """IndexError for a target out of bounds."""
    classes, counts = shape[0 if len(shape) == 1 else 1], None
    if target.size and has_values(target):
        inside = target.view(np.uint64) < classes  # negative ones are very large then
        if 0 <= ignored < classes or not np.logical_and.reduce(inside, axis=None):
            counts = target != ignored
            wrong = target[counts & ~inside]
            if wrong.size:
                raise IndexError(f"Target {wrong.flat[0]} is out of bounds.")
            target = np.where(counts, target, 0)
    weights = counts if weight is None else weight[target] if counts is None else np.where(counts, weight[target], 0)
    total = None
    if reduction == "mean":
        total = target.size if weights is None else np.add.reduce(weights, axis=None, dtype=None)
    return Choice(shape, _places(target, len(shape)), counts, None if weight is None else weights, total, reduction)


def _places(target: Array, ndim: int) -> tuple[Array, ...]:
    """The index of each target's class in a tensor of `ndim` dimensions."""
    if ndim == 1:
        return (target,)
    if ndim == 2:
        return np.arange(len(target)), target
    rows = np.ogrid[tuple(slice(n) for n in target.shape)]
    return (rows[0], target, *rows[1:])


def _over(array: Any, total: Any) -> Any:
    divisor = array.dtype.type(total)
    return array / divisor if total else quiet(np.divide, array, divisor)


def _taken(x: Array, choice: Choice) -> Any:
    """Minus the weighted elements, reduced."""
    loss = -np.asarray(x[choice.places])
    if choice.weights is not None:
        loss = loss * choice.weights
    if choice.counts is not None:
        loss = np.where(choice.counts, loss, loss.dtype.type(0))
    if choice.reduction == "none":
        return loss
    summed = np.add.reduce(loss, axis=None)
    return summed if choice.total is None else _over(summed, choice.total)


def _put(grad: Array, choice: Choice) -> Array:
    """The gradient of `_taken`, which is linear."""
    flow = -grad if choice.total is None else _over(-grad, choice.total)
    if choice.weights is not None:
        flow = flow * choice.weights
    result = np.zeros(choice.shape, grad.dtype)
    if choice.counts is not None:
        flow = np.where(choice.counts, flow, flow.dtype.type(0))
    result[choice.places] = flow
    return result


class NllLossBackward0(Node):
    """Minus the weight over the divisor, at the class that is named. `args` is the choice that was made."""

    __slots__ = ()
    saves = ("self", "target", "weight")
    args: Choice

    def gradient(self, grad: Tensor) -> Gradients:
        x, target, weight = self.tensors()
        d = x._dtype
        array = cast(_put(operand(grad, d), self.args), d)
        return record(NllLossBackwardBackward0, array, d, grad._device, (grad,), (target, weight), self.args)


class NllLoss2DBackward0(NllLossBackward0):
    __slots__ = ()


class NllLossBackwardBackward0(Node):
    """The loss once more, which is linear."""

    __slots__ = ()
    saves = ("target", "weight")
    args: Choice

    def gradient(self, grad: Tensor) -> Gradients:
        target, weight = self.tensors()
        return _chosen(grad, target, weight, self.args)


def _chosen(input: Tensor, target: Tensor, weight: Tensor | None, choice: Choice) -> Tensor:
    d = input._dtype
    array = cast(np.asarray(_taken(operand(input, d), choice)), d)
    kind = NllLossBackward0 if len(choice.shape) < 3 else NllLoss2DBackward0
    return record(kind, array, d, input._device, (input,), (input, target, weight), choice)


@wider
def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Minus the logarithm of the probability (`input`, of shape `(C)` or `(N, C, ...)`) of the class that is named;
    the mean is weighed. IndexError for a target out of bounds, ValueError for another batch size."""
    reduction = spelled(reduction, size_average, reduce)
    floats("nll_loss_out_frame", input)
    _check_classes(input, target, weight)
    need_constant("nll_loss_forward", weight=weight)
    weights = None if weight is None else operand(weight, input._dtype)
    index = target._array.astype(np.int64, copy=False)
    index = index.reshape(()) if input.ndim == 1 else index
    choice = _choice(input._array.shape, index, weights, ignore_index, reduction)
    return _chosen(input, target, weight, choice)


def _by_probabilities(logs: Tensor, target: Tensor, weight: Tensor | None, reduction: str, smoothing: float) -> Tensor:
    """The target gives a probability to each class."""
    dim = _class_dim(logs)
    classes = logs._array.shape[dim]
    if smoothing:
        target = target * (1 - smoothing) + smoothing / classes
    loss = -(logs * target)
    if weight is not None:
        loss = loss * weight.reshape([classes if i == dim else 1 for i in range(logs.ndim)])
    if reduction == "none":
        return loss.sum(dim)
    total = loss.sum()
    return total / (logs.numel() / classes) if reduction == "mean" else total


def _smoothed(logs: Tensor, target: Tensor, weight: Tensor | None, reduction: str, ignored: int) -> Tensor:
    """The loss of a target that is spread evenly over the classes, times their number."""
    dim = _class_dim(logs)
    loss = -logs
    if weight is not None:
        loss = loss * weight.reshape([-1 if i == dim else 1 for i in range(logs.ndim)])
    weights, _ = _weights(logs, target, weight, ignored)
    loss = where(target != ignored, loss.sum(dim), 0)
    return loss.sum() / weights.sum() if reduction == "mean" else reduced(loss, reduction)


@wider
def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """`nll_loss` of the `log_softmax` over the classes (dimension 1, or the only one). A target of the input's shape
    gives probabilities. RuntimeError for a smoothing outside 0 to 1, and for such a target of integers."""
    reduction = spelled(reduction, size_average, reduce)
    same = input._array.shape == target._array.shape
    if not same or target._dtype.is_floating_point:
        label_smoothing = max(label_smoothing, 0.0)
        if not label_smoothing <= 1.0:
            raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing:g}")
    else:
        raise RuntimeError(
            f"Expected floating point type for target with class probabilities, got {target._dtype.word}"
        )
    if same and ignore_index >= 0:
        raise RuntimeError("ignore_index is not supported for floating point target")
    logs = log_softmax(input, _class_dim(input))
    if same:
        return _by_probabilities(logs, target, weight, reduction, label_smoothing)
    loss: Tensor = nll_loss(logs, target, weight, ignore_index=ignore_index, reduction=reduction)
    if not label_smoothing:
        return loss
    even = _smoothed(logs, target, weight, reduction, ignore_index)
    return loss * (1 - label_smoothing) + even * (label_smoothing / logs._array.shape[_class_dim(logs)])  # type: ignore[no-any-return]
