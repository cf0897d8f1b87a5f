"""The specification of PyTorch's eager behaviour, made executable."""

from __future__ import annotations

from conformance.backend import Backend

__version__ = "0.1.0"
SPECIFICATION_VERSION = "2026.1"

__all__ = ["SPECIFICATION_VERSION", "Backend", "__version__"]
