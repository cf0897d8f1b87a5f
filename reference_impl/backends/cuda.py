"""The namespace `torch.backends.cuda`. There is no CUDA here; its switches keep what they are set to."""

from __future__ import annotations

from types import SimpleNamespace

matmul = SimpleNamespace(allow_tf32=False)


def is_built() -> bool:
    """Whether the library could use CUDA: no."""
    return False
