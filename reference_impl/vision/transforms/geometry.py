"""Where an image's elements lie: other sizes, parts, borders, mirrors. Images are Pillow's, or tensors (..., H, W)."""

from __future__ import annotations

import warnings
from enum import Enum
from typing import Any

import numpy as np

from ...dtype import bool as bool_
from ...dtype import float32, float64, uint8
from ...nn.functional import interpolate
from ...nn.functional import pad as constant_pad
from ...numpy import from_numpy
from ...tensor import Tensor
from .image import get_dimensions, image_of, is_pil


class InterpolationMode(Enum):
    """How values between elements are made; the last three are for Pillow's images alone."""

    NEAREST = "nearest"
    NEAREST_EXACT = "nearest-exact"
    BILINEAR = "bilinear"
    BICUBIC = "bicubic"
    BOX = "box"
    HAMMING = "hamming"
    LANCZOS = "lanczos"


PILLOW = {
    InterpolationMode.NEAREST: 0,
    InterpolationMode.LANCZOS: 1,
    InterpolationMode.BILINEAR: 2,
    InterpolationMode.BICUBIC: 3,
    InterpolationMode.BOX: 4,
    InterpolationMode.HAMMING: 5,
    InterpolationMode.NEAREST_EXACT: 0,
}
"""Pillow's numbers of the modes."""
PADDING_MODES = ("constant", "edge", "reflect", "symmetric")


def interpolation_of(mode: Any) -> InterpolationMode:
    """The mode that is meant, also by Pillow's number. TypeError for anything else."""
    if isinstance(mode, InterpolationMode):
        return mode
    if isinstance(mode, int):
        return {number: each for each, number in reversed(PILLOW.items())}[mode]
    raise TypeError("Argument interpolation should be a InterpolationMode or a corresponding Pillow integer constant")


def resize(
    img: Any,
    size: Any,
    interpolation: Any = InterpolationMode.BILINEAR,
    max_size: int | None = None,
    antialias: bool | None = True,
) -> Any:
    """The image in another size: (height, width), or that of its shorter edge, which keeps the shape.

    With antialias an image that shrinks is averaged over all it had; Pillow always does that. Integers are rounded.

    Raises:
        ValueError: a size of more than two numbers, a `max_size` beside two or below the size of the shorter edge.
        TypeError: no interpolation, neither an image nor a tensor.
    """
    mode = interpolation_of(interpolation)
    if isinstance(size, list | tuple):
        if len(size) not in (1, 2):
            told = f"Size must be an int or a 1 or 2 element tuple/list, not a {len(size)} element tuple/list"
            raise ValueError(told)
        if max_size is not None and len(size) != 1:
            raise ValueError(
                "max_size should only be passed if size specifies the length of the smaller edge, "
                "i.e. size should be an int or a sequence of length 1 in torchscript mode."
            )
    _, height, width = get_dimensions(img)
    new = _new_size(height, width, [size] if isinstance(size, int) else list(size), max_size)
    if new == [height, width]:
        return img
    if isinstance(img, Tensor):
        return _resized(img, new, mode.value, bool(antialias))
    if antialias is False:
        told = "Anti-alias option is always applied for PIL Image input. Argument antialias is ignored."
        warnings.warn(told, stacklevel=2)
    return img.resize((new[1], new[0]), PILLOW[mode])


def _new_size(height: int, width: int, size: list[int], max_size: int | None) -> list[int]:
    if len(size) == 2:
        return size
    short, long = sorted((height, width))
    new_short, new_long = size[0], int(size[0] * long / short)
    if max_size is not None:
        if max_size <= size[0]:
            raise ValueError(
                f"max_size = {max_size} must be strictly greater than the requested "
                f"size for the smaller edge size = {size}"
            )
        if new_long > max_size:
            new_short, new_long = int(max_size * new_short / new_long), max_size
    return [new_long, new_short] if width <= height else [new_short, new_long]


def _resized(img: Tensor, size: list[int], mode: str, antialias: bool) -> Tensor:
    smooth = mode in ("bilinear", "bicubic")
    image = img if img.dim() >= 4 else img.unsqueeze(0)
    if img.dtype not in (float32, float64):
        image = image.to(float32)
    options: dict[str, Any] = {"align_corners": False, "antialias": antialias} if smooth else {}
    image = interpolate(image, size=size, mode=mode, **options)
    if mode == "bicubic" and img.dtype == uint8:
        image = image.clamp(min=0, max=255)
    if not img.dtype.is_floating_point and img.dtype != bool_:
        image = image.round()
    return (image if img.dim() >= 4 else image.squeeze(0)).to(img.dtype)


def crop(img: Any, top: int, left: int, height: int, width: int) -> Any:
    """The part of an image from a corner on; zeros where it reaches beyond the image."""
    if not isinstance(img, Tensor):
        _demand_pil(img)
        return img.crop((left, top, left + width, top + height))
    _, h, w = get_dimensions(img)
    bottom, right = top + height, left + width
    part = img[..., max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
    beyond = [max(-left, 0), max(right - w, 0), max(-top, 0), max(bottom - h, 0)]
    return constant_pad(part, beyond) if any(beyond) else part


def center_crop(img: Any, output_size: Any) -> Any:
    """The part in the middle of an image, with zeros around it where the image is smaller."""
    height, width = sides(output_size, "")
    _, h, w = get_dimensions(img)
    dx, dy = max(width - w, 0), max(height - h, 0)
    if dx or dy:
        img = pad(img, [dx // 2, dy // 2, (dx + 1) // 2, (dy + 1) // 2])
        h, w = h + dy, w + dx
    return crop(img, round((h - height) / 2.0), round((w - width) / 2.0), height, width)


def sides(size: Any, refusal: str) -> Any:
    """Height and width: two numbers, or one for both. ValueError with the refusal for more."""
    if isinstance(size, int | float):
        return int(size), int(size)
    if len(size) not in (1, 2):
        raise ValueError(refusal)
    return size if len(size) == 2 else (size[0], size[0])


def borders(padding: Any) -> tuple[int, int, int, int]:
    """Left, top, right and bottom: four numbers, two (left and right, top and bottom), or one.

    Raises:
        TypeError, ValueError: what is no number and no sequence of so many.
    """
    if not isinstance(padding, int | list | tuple):
        raise TypeError("Got inappropriate padding arg")
    numbers = [padding] if isinstance(padding, int) else list(padding)
    if len(numbers) not in (1, 2, 4):
        told = f"Padding must be an int or a 1, 2, or 4 element tuple, not a {len(numbers)} element tuple"
        raise ValueError(told)
    left, top, right, bottom = numbers * (4 // len(numbers))
    return left, top, right, bottom


def pad(img: Any, padding: Any, fill: Any = 0, padding_mode: str = "constant") -> Any:
    """The image with a border: a constant, its edge again, its mirror image with the edge (symmetric) or without."""
    left, top, right, bottom = borders(padding)
    if padding_mode not in PADDING_MODES:
        raise ValueError("Padding mode should be either constant, edge, reflect or symmetric")
    _, height, width = get_dimensions(img)
    if padding_mode != "constant":
        mode: Any = padding_mode
        rows = np.pad(np.arange(height), (top, bottom), mode=mode)
        columns = np.pad(np.arange(width), (left, right), mode=mode)
        if isinstance(img, Tensor):
            r, c = (from_numpy(index).to(img.device) for index in (rows, columns))
            return img.index_select(-2, r).index_select(-1, c)
        return image_of(np.asarray(img)[rows][:, columns], img.mode)
    if isinstance(img, Tensor):
        if not isinstance(fill, int | float):
            raise TypeError("Got inappropriate fill arg")
        return constant_pad(img, [left, right, top, bottom], value=float(fill))
    from PIL import ImageOps

    bands = len(img.getbands())
    colour: Any = (fill,) * bands if isinstance(fill, int | float) and bands > 1 else fill
    return ImageOps.expand(img, border=(left, top, right, bottom), fill=tuple(colour) if bands > 1 else colour)


def hflip(img: Any) -> Any:
    """Left and right exchanged."""
    return img.flip(-1) if isinstance(img, Tensor) else _demand_pil(img).transpose(0)


def vflip(img: Any) -> Any:
    """Top and bottom exchanged."""
    return img.flip(-2) if isinstance(img, Tensor) else _demand_pil(img).transpose(1)


def _demand_pil(img: Any) -> Any:
    if not is_pil(img):
        raise TypeError(f"img should be PIL Image. Got {type(img)}")
    return img
