"""The namespace `torch.utils`."""

from __future__ import annotations

from .. import deterministic
from . import checkpoint, hooks

__all__ = ["checkpoint", "deterministic", "hooks"]
