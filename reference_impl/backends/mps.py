"""The namespace `torch.backends.mps`: Apple's devices, of which there are none here."""

from __future__ import annotations


def is_available() -> bool:
    """Whether there is such a device: no."""
    return False


def is_built() -> bool:
    """Whether the library could use one: no."""
    return False
