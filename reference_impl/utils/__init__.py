"""The namespace `torch.utils`."""

from __future__ import annotations

from .. import deterministic
from . import checkpoint, data, hooks

__all__ = ["checkpoint", "data", "deterministic", "hooks"]
