"""The namespace `torchvision.transforms.functional`: what the transforms do, as functions."""

from __future__ import annotations

from .geometry import InterpolationMode, center_crop, crop, hflip, pad, resize, vflip
from .image import (
    get_dimensions,
    get_image_num_channels,
    get_image_size,
    pil_to_tensor,
    to_grayscale,
    to_pil_image,
    to_tensor,
)
from .value import convert_image_dtype, normalize, rgb_to_grayscale

__all__ = [
    "InterpolationMode",
    "center_crop",
    "convert_image_dtype",
    "crop",
    "get_dimensions",
    "get_image_num_channels",
    "get_image_size",
    "hflip",
    "normalize",
    "pad",
    "pil_to_tensor",
    "resize",
    "rgb_to_grayscale",
    "to_grayscale",
    "to_pil_image",
    "to_tensor",
    "vflip",
]
