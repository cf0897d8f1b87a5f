"""`torch.accelerator`: queries and the current device of the simulated accelerator."""

from __future__ import annotations

from types import TracebackType
from typing import Any

from .device import ACCELERATOR, CURRENT, ORDINALS, check_ordinal, device


def is_available() -> bool:
    """Whether there is an accelerator: always, since it is simulated."""
    return True


def device_count() -> int:
    """The number of accelerators."""
    return ORDINALS


def current_accelerator(check_available: bool = False) -> device | None:
    """The device type of the accelerator, without an ordinal."""
    return device(ACCELERATOR.name)


def current_device_index() -> int:
    """The ordinal that a device without one means in this thread."""
    return CURRENT.ordinal


current_device_idx = current_device_index


def _ordinal(d: Any) -> int:
    if isinstance(d, int):
        index = d
    else:
        d = device(d)
        if d.type != ACCELERATOR.name:
            raise ValueError(f"{d.type} doesn't match the current accelerator {ACCELERATOR.name}.")
        index = CURRENT.ordinal if d.index is None else d.index
    check_ordinal(index)
    return index


def set_device_index(device: Any) -> None:
    """Makes an ordinal the current one of this thread."""
    CURRENT.ordinal = _ordinal(device)


set_device_idx = set_device_index


def synchronize(device: Any = None) -> None:
    """Waits for the work of a device. The simulated one has always finished."""
    if device is not None:
        _ordinal(device)


class device_index:  # noqa: N801
    """A context manager that changes the current ordinal; None leaves it."""

    def __init__(self, device: int | None) -> None:
        self.index = device

    def __enter__(self) -> None:
        CURRENT.entered.append(CURRENT.ordinal)
        if self.index is not None:
            set_device_index(self.index)

    def __exit__(self, kind: Any, error: BaseException | None, trace: TracebackType | None) -> None:
        CURRENT.ordinal = CURRENT.entered.pop()
