"""The namespace `torch.utils.hooks`."""

from __future__ import annotations

from ..autograd.handle import RemovableHandle

__all__ = ["RemovableHandle"]
