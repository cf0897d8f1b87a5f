"""`torch.sim`: answers for the simulated accelerator under its own name, as `torch.cuda` does for GPUs."""

from __future__ import annotations

from typing import Any

from . import accelerator
from .accelerator import current_device_index as current_device
from .accelerator import device_count, is_available, synchronize
from .accelerator import set_device_index as set_device
from .device import device as _device

__all__ = ["current_device", "device", "device_count", "is_available", "set_device", "synchronize"]


class device:  # noqa: N801
    """A context manager that changes the current ordinal; it does nothing for None or a negative ordinal."""

    def __init__(self, device: Any) -> None:
        index = device if isinstance(device, int) or device is None else _device(device).index
        self._inner = accelerator.device_index(index if index is not None and index >= 0 else None)

    def __enter__(self) -> None:
        self._inner.__enter__()

    def __exit__(self, *exc: Any) -> None:
        self._inner.__exit__(*exc)
