"""Layers that make channels of pixels, and pixels of channels."""

from __future__ import annotations

from ...tensor import Tensor
from .. import functional
from ..module import Module


class PixelShuffle(Module):
    """Images `(*, c * r * r, h, w)` as `(*, c, h * r, w * r)`."""

    def __init__(self, upscale_factor: int) -> None:
        super().__init__()
        self.upscale_factor = upscale_factor

    def forward(self, input: Tensor) -> Tensor:
        return functional.pixel_shuffle(input, self.upscale_factor)

    def extra_repr(self) -> str:
        return f"upscale_factor={self.upscale_factor}"


class PixelUnshuffle(Module):
    """Images `(*, c, h * r, w * r)` as `(*, c * r * r, h, w)`."""

    def __init__(self, downscale_factor: int) -> None:
        super().__init__()
        self.downscale_factor = downscale_factor

    def forward(self, input: Tensor) -> Tensor:
        return functional.pixel_unshuffle(input, self.downscale_factor)

    def extra_repr(self) -> str:
        return f"downscale_factor={self.downscale_factor}"
