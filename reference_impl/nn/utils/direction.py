"""The norm of a weight apart from its direction."""

from __future__ import annotations

from typing import Any

from ...layout import wrap_dim
from ...norm import vector_norm
from ...tensor import Tensor


def norm_except_dim(v: Tensor, pow: Any = 2, dim: int = 0) -> Tensor:
    """The norms over all dimensions but one, which stay as sizes of one; over all with `dim=-1`."""
    if dim == -1:
        return vector_norm(v, pow)
    kept = wrap_dim(dim, v.ndim)
    others = [d for d in range(v.ndim) if d != kept]
    return vector_norm(v, pow, others, True) if others else v.abs()


def directed(v: Tensor, g: Tensor, dim: int = 0) -> Tensor:
    """`g * v / |v|`."""
    return v * (g / norm_except_dim(v, 2, dim))
