"""Losses of pairs and triplets: how near, in which order, on which side of a margin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..autocast import wider
from ..choice import minimum, where
from ..tensor import Tensor
from .loss import reduced, spelled
from .similarity import pairwise_distance

EPSILON = 1e-12


@wider
def margin_ranking_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """`max(0, -target * (input1 - input2) + margin)`. RuntimeError for different numbers of dimensions."""
    reduction = spelled(reduction, size_average, reduce)
    if input1.ndim != input2.ndim or input1.ndim != target.ndim:
        raise RuntimeError(
            "margin_ranking_loss : All input tensors should have same dimension but got sizes: "
            f"input1: {input1.shape}, input2: {input2.shape}, target: {target.shape} "
        )
    return reduced((-target * (input1 - input2) + float(margin)).clamp_min(0), reduction)


@wider
def hinge_embedding_loss(
    input: Tensor,
    target: Tensor,
    margin: float = 1.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The input where the target is 1, `max(0, margin - input)` where it is -1, and both at other targets."""
    reduction = spelled(reduction, size_average, reduce)
    apart = where(target != 1, (margin - input).clamp_min(0), 0)
    return reduced(apart + where(target != -1, input, 0), reduction)


def _check_pairs(x: Tensor, y: Tensor, target: Tensor) -> None:
    """Torch's demands on sizes."""
    if target.ndim > 1:
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    wanted = target.ndim + 1
    if x.ndim != wanted or y.ndim != wanted:
        raise RuntimeError(
            f"{target.ndim}D target tensor expects {wanted}D input tensors, but found inputs with sizes "
            f"{list(x._array.shape)} and {list(y._array.shape)}."
        )


@wider
def cosine_embedding_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """One less the cosine of the angle where the target is 1, `max(0, cosine - margin)` where it is -1."""
    reduction = spelled(reduction, size_average, reduce)
    _check_pairs(input1, input2, target)
    lengths = ((input1 * input1).sum(-1) + EPSILON) * ((input2 * input2).sum(-1) + EPSILON)
    cosine = (input1 * input2).sum(-1) / lengths.sqrt()
    loss = where(target == 1, 1 - cosine, 0) + where(target == -1, (cosine - margin).clamp_min(0), 0)
    return reduced(loss, reduction)


def _triplet(
    distance: Callable[[Tensor, Tensor], Any], triple: tuple[Tensor, Tensor, Tensor], margin: float, swap: bool
) -> Tensor:
    anchor, positive, negative = triple
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = minimum(far, distance(positive, negative))
    return (near - far + margin).clamp_min(0)  # type: ignore[no-any-return]


def _check_triple(anchor: Tensor, positive: Tensor, negative: Tensor, margin: float) -> None:
    """ValueError for a margin that is not positive, RuntimeError for different numbers of dimensions."""
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    if not anchor.ndim == positive.ndim == negative.ndim:
        raise RuntimeError(
            f"The anchor, positive, and negative tensors are expected to have the same number of dimensions, but got: "
            f"anchor {anchor.ndim}D, positive {positive.ndim}D, and negative {negative.ndim}D inputs"
        )


@wider
def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """By how much the positive is not nearer to the anchor than the negative by the margin; `swap` takes the lesser of
    the negative's distances. V. Balntas et al., BMVC 2016. ValueError for a margin that is not positive."""
    reduction = spelled(reduction, size_average, reduce)
    _check_triple(anchor, positive, negative, margin)
    triple = (anchor, positive, negative)
    return reduced(_triplet(lambda x, y: pairwise_distance(x, y, p, eps), triple, margin, swap), reduction)


def triplet_margin_with_distance_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    *,
    distance_function: Callable[[Tensor, Tensor], Any] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """`triplet_margin_loss` with a distance of one's own."""
    reduction = spelled(reduction, None, None)
    _check_triple(anchor, positive, negative, margin)
    distance = distance_function or pairwise_distance
    return reduced(_triplet(distance, (anchor, positive, negative), margin, swap), reduction)
