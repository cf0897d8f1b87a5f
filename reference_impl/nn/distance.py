"""Distances as modules."""

from __future__ import annotations

from ..tensor import Tensor
from .module import Module
from .similarity import pairwise_distance


class PairwiseDistance(Module):
    """The norm of `x1 - x2 + eps` along the last dimension: `(N, D)` or `(D)` gives `(N)` or `()`."""

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> None:
        super().__init__()
        self.norm = p
        self.eps = eps
        self.keepdim = keepdim

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        """The distances of the rows."""
        return pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)
