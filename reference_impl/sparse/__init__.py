"""Sparse tensors, and the namespace `torch.sparse`: only some of the elements are kept, the others are zero."""

from __future__ import annotations

from . import compressed
from .coordinate import sparse_coo_tensor
from .product import addmm, mm, sum

__all__ = ["addmm", "mm", "sparse_coo_tensor", "sum"]

sparse_csr_tensor = compressed.sparse_csr_tensor
