"""The specification of PyTorch's eager behaviour, made executable."""

from __future__ import annotations

__version__ = "0.1.0"
SPECIFICATION_VERSION = "2026.1"
