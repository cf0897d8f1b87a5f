"""What stands beside torch as `torchvision`: the transforms that make tensors of images."""

from __future__ import annotations

from . import transforms

__all__ = ["transforms"]
