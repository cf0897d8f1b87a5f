"""`torch.cpu`: the answers that `torch.cuda` gives for GPUs, for the CPU."""

from __future__ import annotations

from typing import Any

__all__ = ["current_device", "device_count", "is_available", "is_initialized", "set_device", "synchronize"]


def is_available() -> bool:
    """Whether there is a CPU."""
    return True


def is_initialized() -> bool:
    """Whether the CPU is in use."""
    return True


def device_count() -> int:
    """The number of CPUs, which count as one."""
    return 1


def current_device() -> str:
    """The name of the one CPU."""
    return "cpu"


def set_device(device: Any) -> None:
    """Makes the one CPU the current one: nothing changes."""


def synchronize(device: Any = None) -> None:
    """Waits for the CPU, which has always finished."""
