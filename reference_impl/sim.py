"""`torch.sim`: answers for the simulated accelerator under its own name, as `torch.cuda` does for GPUs."""

from __future__ import annotations

from typing import Any

from . import accelerator
from .accelerator import current_device_index as current_device
from .accelerator import device_count, is_available, synchronize
from .device import ACCELERATOR, resolve
from .device import device as _device
from .random import Generator, generator_of
from .tensor import Tensor

__all__ = [
    "current_device",
    "device",
    "device_count",
    "get_rng_state",
    "is_available",
    "manual_seed",
    "manual_seed_all",
    "set_device",
    "set_rng_state",
    "synchronize",
]


def set_device(device: Any) -> None:
    """Makes an ordinal the current one of this thread; a device without ordinal, or a negative one, changes nothing."""
    found = device if isinstance(device, int) else _device(device)
    if not isinstance(found, int) and found.type != ACCELERATOR.name:
        raise ValueError(f"Expected a {ACCELERATOR.name} device, but got: {found}")
    if isinstance(found, int) or found.index is not None:
        accelerator.set_device_index(found)


def _generator(device: Any) -> Generator:
    """The generator of a device, an ordinal, or (None) the current device."""
    if device is None or isinstance(device, int):
        device = f"{ACCELERATOR.name}:{current_device() if device is None else device}"
    return generator_of(resolve(device))


def manual_seed(seed: int) -> None:
    """Seeds the generator of the current device."""
    _generator(None).manual_seed(int(seed))


def manual_seed_all(seed: int) -> None:
    """Seeds the generators of all devices of this kind."""
    for index in range(device_count()):
        _generator(index).manual_seed(int(seed))


def get_rng_state(device: Any = None) -> Tensor:
    """The state of a device's generator, on the CPU."""
    return _generator(device).get_state()


def set_rng_state(new_state: Tensor, device: Any = None) -> None:
    """Sets the state of a device's generator."""
    _generator(device).set_state(new_state)


class device:  # noqa: N801
    """A context manager that changes the current ordinal; it does nothing for None or a negative ordinal."""

    def __init__(self, device: Any) -> None:
        index = device if isinstance(device, int) or device is None else _device(device).index
        self._inner = accelerator.device_index(index if index is not None and index >= 0 else None)

    def __enter__(self) -> None:
        self._inner.__enter__()

    def __exit__(self, *exc: Any) -> None:
        self._inner.__exit__(*exc)
