"""Connectionist temporal classification: the probability of a sequence of labels, whatever its alignment in time.

A. Graves, S. Fernández, F. Gomez, J. Schmidhuber, ICML 2006.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..autograd.node import Gradients, Node
from ..choice import where
from ..derivative import NotImplementedBackward, refuse
from ..dtype import float32, float64, int64
from ..op import record
from ..promote import operand
from ..quiet import quiet
from ..storage import Array
from ..tensor import Tensor, wrap
from .loss import reduced

NEVER = -np.inf


class Paths(NamedTuple):
    """The labels of each sequence with blanks between them, the lengths in time, and at which labels a path ends."""

    labels: Array
    times: Array
    lengths: Array
    skips: Array


def _lengths(name: str, value: Any, batch: int) -> Array:
    """The lengths as integers. RuntimeError for numbers that are none, or not one for each sequence."""
    if isinstance(value, Tensor):
        if value._dtype.is_floating_point or value._dtype.is_complex:
            raise RuntimeError(f"{name} must be integral")
        found = value._array.reshape(-1).astype(np.int64)
    else:
        found = np.array([int(each) for each in value], np.int64)
    if len(found) != batch:
        raise RuntimeError(f"{name} must be of size batch_size")
    return found


def _rows(targets: Array, lengths: Array) -> Array:
    """The targets as one row for each sequence; given in one row, they follow each other. RuntimeError where they are
    too few."""
    source = "(while checking arguments for ctc_loss_allocate_outputs)"
    longest = int(lengths.max(initial=0))
    if targets.ndim == 2:
        if targets.shape[1] < longest:
            raise RuntimeError(
                f"Expected tensor to have size at least {longest} at dimension 1, but got size {targets.shape[1]} for "
                f"argument #2 'targets' {source}"
            )
        return targets[:, :longest].astype(np.int64)
    if len(targets) != lengths.sum():
        raise RuntimeError(
            f"Expected tensor to have size {lengths.sum()} at dimension 0, but got size {len(targets)} for argument #2 "
            f"'targets' {source}"
        )
    result = np.zeros((len(lengths), longest), np.int64)
    ends = lengths.cumsum()
    for row, length, end in zip(result, lengths, ends, strict=True):
        row[:length] = targets[end - length : end]
    return result


def _paths(rows: Array, times: Array, lengths: Array, blank: int) -> Paths:
    labels = np.full((len(rows), 2 * rows.shape[1] + 1), blank, np.int64)
    labels[:, 1::2] = rows
    skips = np.zeros(labels.shape, bool)  # a blank between two labels that differ may be left out
    skips[:, 2:] = (labels[:, 2:] != blank) & (labels[:, 2:] != labels[:, :-2])
    return Paths(labels, times, lengths, skips)


def _shifted(values: Array, by: int) -> Array:
    """The values `by` places to the right, or to the left where it is negative."""
    result = np.full_like(values, NEVER)
    if by > 0:
        result[:, by:] = values[:, :-by]
    else:
        result[:, :by] = values[:, -by:]
    return result


def _forward(emitted: Array, paths: Paths) -> Array:
    """The logarithms of the probabilities of all beginnings of paths, of shape `(T, N, 2 S + 1)`."""
    alpha = np.full_like(emitted, NEVER)
    if len(emitted):
        alpha[0, :, 0] = emitted[0, :, 0]
        alpha[0, :, 1:2] = np.where(paths.lengths[:, None] > 0, emitted[0, :, 1:2], NEVER)
    for t in range(1, len(emitted)):
        before = alpha[t - 1]
        arrived = np.logaddexp(before, _shifted(before, 1))
        arrived = np.logaddexp(arrived, np.where(paths.skips, _shifted(before, 2), NEVER))
        alpha[t] = arrived + emitted[t]
    return alpha


def _backward(emitted: Array, paths: Paths) -> Array:
    """The logarithms of the probabilities of all ends of paths, with their first label."""
    beta = np.full_like(emitted, NEVER)
    place = np.arange(emitted.shape[2])
    ends = (place == 2 * paths.lengths[:, None]) | (place == 2 * paths.lengths[:, None] - 1)
    skips = np.zeros_like(paths.skips)
    skips[:, :-2] = paths.skips[:, 2:]
    for t in range(len(emitted) - 1, -1, -1):
        left = np.where(ends & (paths.times[:, None] == t + 1), 0.0, NEVER).astype(emitted.dtype)
        if t + 1 < len(emitted):
            after = beta[t + 1]
            left = np.logaddexp(left, np.logaddexp(after, _shifted(after, -1)))
            left = np.logaddexp(left, np.where(skips, _shifted(after, -2), NEVER))
        beta[t] = left + emitted[t]
    return beta


def _losses(alpha: Array, paths: Paths) -> Array:
    """Minus the logarithm of the probability of each sequence."""
    batch = np.arange(len(paths.times))
    if not len(alpha):
        return np.where(paths.lengths == 0, 0.0, np.inf).astype(alpha.dtype)
    last = alpha[np.maximum(paths.times - 1, 0), batch]
    end = last[batch, 2 * paths.lengths]
    before = np.where(paths.lengths > 0, last[batch, np.maximum(2 * paths.lengths - 1, 0)], NEVER)
    result = -np.logaddexp(end, before)
    nothing = np.where(paths.lengths == 0, 0.0, np.inf)
    return np.where(paths.times == 0, nothing, result).astype(alpha.dtype)


def _emitted(logs: Array, paths: Paths) -> Array:
    return np.take_along_axis(logs, np.broadcast_to(paths.labels, (len(logs), *paths.labels.shape)), 2)


def _slope(logs: Array, paths: Paths, losses: Array, zero_infinity: bool) -> Array:
    """The probability of each class, less how often paths of the sequence pass it: the gradient for logarithms of
    probabilities that sum to one."""
    emitted = _emitted(logs, paths)
    through = np.exp(_forward(emitted, paths) + _backward(emitted, paths) - emitted + losses[:, None])
    passed = np.zeros_like(logs)
    for place in range(paths.labels.shape[1]):
        label = np.broadcast_to(paths.labels[:, place], logs.shape[:2])[..., None]
        share = np.take_along_axis(passed, label, 2) + through[:, :, place, None]
        np.put_along_axis(passed, label, share, 2)
    result = np.exp(logs) - passed
    impossible = np.isinf(losses)[:, None]
    result = np.where(impossible, 0.0 if zero_infinity else np.nan, result)
    late = np.arange(len(logs))[:, None, None] >= paths.times[:, None]
    return np.where(late, 0.0, result).astype(logs.dtype)


class CtcLossBackward0(Node):
    """`args` is the paths, the losses, and whether impossible ones count as nothing."""

    __slots__ = ()
    saves = ("log_probs",)

    def gradient(self, grad: Tensor) -> Gradients:
        (logs,) = self.tensors()
        paths, losses, zero_infinity = self.args
        slope = quiet(_slope, logs._array, paths, losses, zero_infinity)
        flow = quiet(np.multiply, slope, grad._array[:, None])
        name = "aten::_ctc_loss_backward"
        return record(NotImplementedBackward, flow, logs._dtype, logs._device, (grad, logs), args=name)


def _checked(log_probs: Tensor, targets: Tensor, input_lengths: Any, target_lengths: Any, blank: int) -> Paths:
    steps, batch, classes = log_probs._array.shape
    refuse("ctc_loss_cpu", log_probs._dtype not in (float32, float64), log_probs._dtype)
    if targets._dtype.is_complex:
        raise RuntimeError("targets must be integral")
    if not 0 <= blank < classes:
        raise RuntimeError("blank must be in label range")
    times = _lengths("input_lengths", input_lengths, batch)
    lengths = _lengths("target_lengths", target_lengths, batch)
    source = "(while checking arguments for ctc_loss_allocate_outputs)"
    for name, found in (("input_lengths", times), ("target_lengths", lengths)):
        if found.min(initial=0) < 0:
            raise RuntimeError(f"Expected {name} to have value at least 0, but got value {found.min()} {source}")
    if times.max(initial=0) > steps:
        raise RuntimeError(
            f"Expected input_lengths to have value at most {steps}, but got value {times.max()} {source}"
        )
    return _paths(_rows(targets._array, lengths), times, lengths, blank)


def ctc_loss(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """Minus the logarithm of the probability of each sequence of labels: the sum over all ways to say it in the time
    there is, where labels may last and blanks may stand between them.

    `log_probs` is of shape `(T, N, C)` or `(T, C)`, `targets` `(N, S)` or all labels in one row. The mean divides each
    loss by its number of labels first. RuntimeError for lengths that do not fit. A sequence that does not fit into its
    time has an infinite loss, zero with `zero_infinity`.
    """
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not a valid value for reduction")
    alone = log_probs.ndim == 2
    batch = log_probs.unsqueeze(1) if alone else log_probs
    loss = _each(batch, targets, input_lengths, target_lengths, blank, zero_infinity)
    if reduction == "mean":
        count = _lengths("target_lengths", target_lengths, loss._array.size)
        loss = loss / wrap(np.maximum(count, 1), int64, loss._device)
        return loss.mean()  # type: ignore[no-any-return]
    return reduced(loss.squeeze(0) if alone and reduction == "none" else loss, reduction)


def _each(
    log_probs: Tensor, targets: Tensor, input_lengths: Any, target_lengths: Any, blank: int, zero_infinity: bool
) -> Tensor:
    """The loss of each sequence of the batch."""
    paths = _checked(log_probs, targets, input_lengths, target_lengths, blank)
    logs = operand(log_probs, log_probs._dtype)
    losses = quiet(lambda: _losses(_forward(_emitted(logs, paths), paths), paths))
    args = (paths, losses, zero_infinity)
    loss = record(CtcLossBackward0, losses, log_probs._dtype, log_probs._device, (log_probs,), (log_probs,), args)
    return where(loss == np.inf, 0, loss) if zero_infinity else loss
