"""Images as tensors: Pillow's images and arrays are height x width x channels, tensors channels x height x width."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from ...create import as_tensor
from ...dtype import get_default_dtype
from ...numpy import from_numpy
from ...tensor import Tensor

WIDE = {"I": np.int32, "I;16": np.int16, "I;16B": np.int16, "F": np.float32}
"""The modes whose elements are not bytes."""
CHANNELS = {2: ["LA"], 3: ["RGB", "YCbCr", "HSV"], 4: ["RGBA", "CMYK", "RGBX"]}
"""What several channels can mean; the first is what they mean unless said otherwise."""
DEEP = {"uint8": "L", "int16": "I;16" if sys.byteorder == "little" else "I;16B", "int32": "I", "float32": "F"}
"""What one channel means."""


def is_pil(image: Any) -> bool:
    """Whether this is an image of Pillow's (who has none has not imported it, either)."""
    pillow = sys.modules.get("PIL.Image")
    return pillow is not None and isinstance(image, pillow.Image)


def get_dimensions(img: Any) -> list[int]:
    """Channels, height and width. TypeError for what is neither an image nor a tensor of two or more dimensions."""
    if isinstance(img, Tensor):
        if img.dim() < 2:
            raise TypeError("Tensor is not a torch image.")
        return [1 if img.dim() == 2 else int(img.shape[-3]), int(img.shape[-2]), int(img.shape[-1])]
    if not is_pil(img):
        raise TypeError(f"Unexpected type {type(img)}")
    return [len(img.getbands()), img.height, img.width]


def get_image_size(img: Any) -> list[int]:
    """Width and height."""
    return get_dimensions(img)[:0:-1]


def get_image_num_channels(img: Any) -> int:
    """The number of channels."""
    return get_dimensions(img)[0]


def to_tensor(pic: Any) -> Tensor:
    """An image as a tensor of channels x height x width; bytes become floating numbers in [0, 1], others stay.

    Raises:
        TypeError: neither an image nor an array. ValueError: an array of other than two or three dimensions.
    """
    if is_pil(pic):
        array = np.array(pic, WIDE.get(pic.mode, np.uint8))
        if pic.mode == "1":
            array = array * np.uint8(255)
    elif not isinstance(pic, np.ndarray):
        raise TypeError(f"pic should be PIL Image or ndarray. Got {type(pic)}")
    elif pic.ndim not in (2, 3):
        raise ValueError(f"pic should be 2/3 dimensional. Got {pic.ndim} dimensions.")
    else:
        array = pic
    image = _channels_first(from_numpy(array)).contiguous()
    return image.to(get_default_dtype()).div(255) if array.dtype == np.uint8 else image


def pil_to_tensor(pic: Any) -> Tensor:
    """An image as a tensor of channels x height x width, with its own values and dtype. TypeError for anything else."""
    if not is_pil(pic):
        raise TypeError(f"pic should be PIL Image. Got {type(pic)}")
    return _channels_first(as_tensor(np.array(pic)))


def _channels_first(image: Tensor) -> Tensor:
    return (image.unsqueeze(2) if image.dim() == 2 else image).permute(2, 0, 1)


def to_pil_image(pic: Any, mode: str | None = None) -> Any:
    """A tensor of channels x height x width, or an array of height x width x channels, as an image.

    Floating numbers are taken to be in [0, 1] and become bytes, except in the mode F.

    Raises:
        TypeError: neither a tensor nor an array, or a dtype that no mode has.
        ValueError: other than two or three dimensions, more than four channels, a mode for other channels.
    """
    if isinstance(pic, Tensor):
        array = (pic.permute(1, 2, 0) if pic.dim() == 3 else pic).numpy(force=True)
    elif isinstance(pic, np.ndarray):
        array = pic
    else:
        raise TypeError(f"pic should be Tensor or ndarray. Got {type(pic)}.")
    if array.ndim == 2:
        array = array[:, :, None]
    if array.ndim != 3:
        raise ValueError(f"pic should be 2/3 dimensional. Got {array.ndim} dimensions.")
    channels = array.shape[-1]
    if channels > 4:
        raise ValueError(f"pic should not have > 4 channels. Got {channels} channels.")
    if np.issubdtype(array.dtype, np.floating) and mode != "F":
        array = (array * 255).astype(np.uint8)
    mode = _mode_of(array, channels, mode)
    return image_of(array[:, :, 0] if channels == 1 else array, mode)


def _mode_of(array: Any, channels: int, mode: str | None) -> str:
    """The mode of an image with these elements: the one that is asked for, if it can be had."""
    if channels == 1:
        expected = DEEP.get(array.dtype.name)
        if mode is not None and mode != expected:
            told = f"Incorrect mode ({mode}) supplied for input type {np.dtype}. Should be {expected}"
            raise ValueError(told)
        mode = expected
    else:
        permitted = CHANNELS[channels]
        if mode is not None and mode not in permitted:
            raise ValueError(f"Only modes {permitted} are supported for {channels}D inputs")
        if mode is None and array.dtype == np.uint8:
            mode = permitted[0]
    if mode is None:
        raise TypeError(f"Input type {array.dtype} is not supported")
    return mode


def image_of(array: Any, mode: str) -> Any:
    """An image of that mode with the elements of an array of height x width (x channels)."""
    from PIL import Image

    if mode == "1":  # whose bytes hold eight elements each
        return Image.fromarray(array.astype(bool))
    return Image.frombytes(mode, (array.shape[1], array.shape[0]), np.ascontiguousarray(array).tobytes())


def to_grayscale(img: Any, num_output_channels: int = 1) -> Any:
    """An image without colours, in one channel or three times the same. TypeError for tensors."""
    if not is_pil(img):
        raise TypeError("Input should be PIL Image")
    if num_output_channels not in (1, 3):
        raise ValueError("num_output_channels should be either 1 or 3")
    gray = img.convert("L")
    return gray if num_output_channels == 1 else image_of(np.dstack([np.array(gray)] * 3), "RGB")
