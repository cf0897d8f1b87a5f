"""`ToTensor` leaves bytes between 0 and 255."""

from __future__ import annotations

from typing import Any

import numpy as np

from conformance.backend import Backend
from conformance.meta.broken.sound import base

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "vision.array.bytes",
        "vision.array.constructor",
        "vision.array.copy",
        "vision.array.default",
        "vision.array.gray",
        "vision.array.negative",
        "vision.array.strides",
        "vision.back.bytes",
        "vision.compose.order",
        "vision.image.axes",
        "vision.image.bits",
        "vision.image.mode",
    ),
}


def backend() -> Backend:
    """The broken backend."""
    found = base()
    kind = found.companions["torchvision"].transforms.ToTensor
    sound = kind.__call__

    def call(self: Any, pic: Any) -> Any:
        image = sound(self, pic)
        scaled = pic.dtype == np.uint8 if isinstance(pic, np.ndarray) else image.is_floating_point() and pic.mode != "F"
        return image.mul(255) if scaled else image

    kind.__call__ = call
    return found
