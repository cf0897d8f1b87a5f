"""The namespace `torch.backends`: the switches that programs set before they begin. Nothing here depends on them."""

from __future__ import annotations

from . import cuda, cudnn, mps

__all__ = ["cuda", "cudnn", "mps"]
