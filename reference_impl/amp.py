"""The namespace `torch.amp`."""

from __future__ import annotations

from .autocast import autocast

__all__ = ["autocast"]
