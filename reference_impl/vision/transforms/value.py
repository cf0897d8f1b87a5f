"""What becomes of an image's values: other dtypes, mean and spread, no colours."""

from __future__ import annotations

from typing import Any

from ...create import as_tensor
from ...division import div
from ...dtype import bool as bool_
from ...dtype import dtype as dtype_
from ...dtype import float32, float64, int32, int64
from ...tensor import Tensor
from ...typeinfo import iinfo
from .image import get_dimensions, to_grayscale


def largest(dtype: dtype_) -> float:
    """The value that stands for the most light: 1 but for integers."""
    return 1.0 if dtype.is_floating_point or dtype == bool_ else float(iinfo(dtype).max)


def convert_image_dtype(image: Tensor, dtype: dtype_ = float32) -> Tensor:
    """An image in another dtype, its values scaled so that they fill the new range as they filled the old one.

    Integers range to their largest value, floating numbers to 1.

    Raises:
        TypeError: no tensor. RuntimeError: a floating dtype that has not every integer of the new range.
    """
    if not isinstance(image, Tensor):
        raise TypeError("Input img should be Tensor Image")
    old = image.dtype
    if old == dtype or (old.is_floating_point and dtype.is_floating_point):
        return image.to(dtype)
    if dtype.is_floating_point:
        return image.to(dtype) / largest(old)
    if old.is_floating_point:
        if (old == float32 and dtype in (int32, int64)) or (old == float64 and dtype == int64):
            raise RuntimeError(f"The cast from {old} to {dtype} cannot be performed safely.")
        return (image * (largest(dtype) + 1.0 - 1e-3)).to(dtype)  # not only 1.0 gives the largest value
    before, after = largest(old), largest(dtype)
    if before > after:
        return div(image, int((before + 1) // (after + 1)), rounding_mode="floor").to(dtype)
    return image.to(dtype) * int((after + 1) // (before + 1))


def normalize(tensor: Tensor, mean: Any, std: Any, inplace: bool = False) -> Tensor:
    """``(tensor - mean) / std`` for each channel of an image of (..., channels, height, width).

    Raises:
        TypeError: no tensor, or not a floating one. ValueError: fewer than three dimensions, or a `std` of zero.
    """
    if not isinstance(tensor, Tensor):
        raise TypeError(f"img should be Tensor Image. Got {type(tensor)}")
    get_dimensions(tensor)
    if not tensor.is_floating_point():
        raise TypeError(f"Input tensor should be a float tensor. Got {tensor.dtype}.")
    if tensor.dim() < 3:
        raise ValueError(
            f"Expected tensor to be a tensor image of size (..., C, H, W). Got tensor.size() = {tensor.size()}"
        )
    centre, spread = (as_tensor(value, dtype=tensor.dtype, device=tensor.device) for value in (mean, std))
    if (spread == 0).any():
        told = f"std evaluated to zero after conversion to {tensor.dtype}, leading to division by zero."
        raise ValueError(told)
    centre, spread = (value.view(-1, 1, 1) if value.dim() == 1 else value for value in (centre, spread))
    result = tensor if inplace else tensor.clone()
    result.sub_(centre).div_(spread)
    return result


def rgb_to_grayscale(img: Any, num_output_channels: int = 1) -> Any:
    """An image without colours, in one channel or three times the same.

    The weights of red, green and blue are those of ITU-R recommendation BT.601.
    """
    if not isinstance(img, Tensor):
        return to_grayscale(img, num_output_channels)
    if img.dim() < 3:
        raise TypeError(f"Input image tensor should have at least 3 dimensions, but found {img.dim()}")
    if img.shape[-3] not in (1, 3):
        raise TypeError(f"Input image tensor permitted channel values are [1, 3], but found {img.shape[-3]}")
    if num_output_channels not in (1, 3):
        raise ValueError("num_output_channels should be either 1 or 3")
    gray = img.clone()
    if img.shape[-3] == 3:
        red, green, blue = img.unbind(-3)
        gray = (0.2989 * red + 0.587 * green + 0.114 * blue).to(img.dtype).unsqueeze(-3)
    return gray.expand(img.shape) if num_output_channels == 3 else gray
