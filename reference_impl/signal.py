"""The namespace `torch.signal`."""

from __future__ import annotations

from . import window as windows

__all__ = ["windows"]
