"""The namespace `torch.linalg`: products, solving and factoring, spectra, norms."""

# ruff: noqa: F401 -- this module is the namespace: all it does is to re-export

from __future__ import annotations

from ..norm import vector_norm
from .product import matmul, multi_dot, vecdot
