"""How far apart vectors are, and how much they point the same way."""

from __future__ import annotations

from typing import Any

from ..distance import cdist
from ..layout import wrap_dim
from ..norm import vector_norm
from ..promote import result_type
from ..range import triu_indices
from ..shape import broadcast_tensors
from ..tensor import Tensor


def pairwise_distance(x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Tensor:
    """The norm of `x1 - x2 + eps` along the last dimension."""
    return vector_norm(x1 - x2 + eps, p, -1, keepdim)


def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """The scalar product along a dimension over the product of the lengths, each of which counts as `eps` where it is
    less; the gradient is that of the quotient as it stands."""
    d = result_type(x1, x2)
    if not d.is_floating_point:
        raise RuntimeError("expected common dtype to be floating point, yet common dtype is " + d.word)
    x, y = broadcast_tensors(x1.to(d), x2.to(d))
    dim = wrap_dim(dim, x.ndim)
    lengths = [vector_norm(each, 2, dim, True) for each in (x, y)]
    safe = [each + (each.detach().clamp(min=eps) - each.detach()) for each in lengths]
    return (x / safe[0] * (y / safe[1])).sum(dim)  # type: ignore[no-any-return]


def normalize(input: Tensor, p: float = 2.0, dim: Any = 1, eps: float = 1e-12, out: Tensor | None = None) -> Tensor:
    """The input over its norm along a dimension, which counts as `eps` where it is less."""
    length = vector_norm(input, p, dim, True).clamp_min(eps)
    return (input / length) if out is None else out.copy_(input / length)  # type: ignore[no-any-return]


def pdist(input: Tensor, p: float = 2.0) -> Tensor:
    """The distances of all pairs of rows, the first with the others, then the second with the later ones."""
    if input.ndim != 2:
        raise RuntimeError(f"pdist only supports 2D tensors, got: {input.ndim}D")
    if not input._dtype.is_floating_point:
        raise RuntimeError("pdist only supports floating-point dtypes")
    if p < 0:
        raise RuntimeError("pdist only supports non-negative p values")
    rows = input._array.shape[0]
    first, second = triu_indices(rows, rows, 1).to(input._device).unbind(0)
    x, y = input.index_select(0, first), input.index_select(0, second)
    return cdist(x.unsqueeze(1), y.unsqueeze(1), p).reshape(len(first))
