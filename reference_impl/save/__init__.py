"""Saving and loading: `save` writes what torch's `load` reads, and the other way round."""

from __future__ import annotations

from .reading import load
from .writing import save

__all__ = ["load", "save"]
