"""The namespace `torch.utils`."""

from __future__ import annotations

from .. import deterministic

__all__ = ["deterministic"]
