"""`torch.cuda`: there is a GPU exactly when the simulated accelerator bears the name `cuda`."""

from __future__ import annotations

import sys
from typing import Any

from . import accelerator, cpu, sim
from .device import ACCELERATOR, CURRENT
from .device import device as _device
from .sim import device, manual_seed, manual_seed_all
from .tensor import Tensor

__all__ = [
    "current_device",
    "device",
    "device_count",
    "empty_cache",
    "get_device_name",
    "get_rng_state",
    "is_available",
    "is_initialized",
    "manual_seed",
    "manual_seed_all",
    "memory_allocated",
    "set_device",
    "set_rng_state",
    "synchronize",
]


def is_available() -> bool:
    """Whether there is a `cuda` device. Never raises."""
    return ACCELERATOR.name == "cuda"


def device_count() -> int:
    """The number of `cuda` devices; 0 where there are none."""
    return accelerator.device_count() if is_available() else 0


def is_initialized() -> bool:
    """Whether CUDA is in use."""
    return is_available()


def memory_allocated(device: Any = None) -> int:
    """The bytes that tensors take on a device: the simulated one keeps no count."""
    return 0


def get_device_module(device: Any = None) -> Any:
    """The module that answers for a type of device: `torch.cpu`, `torch.cuda`, the accelerator's by default.
    RuntimeError for a type that has none."""
    kind = ACCELERATOR.name if device is None else _device(device).type
    modules = {"sim": sim, "cpu": cpu, "cuda": sys.modules[__name__]}
    if kind not in modules:
        raise RuntimeError(f"Device '{kind}' does not have a corresponding module registered as 'torch.{kind}'.")
    return modules[kind]


def _require() -> None:
    if not is_available():
        raise AssertionError("Torch not compiled with CUDA enabled")


def current_device() -> int:
    """The current ordinal; AssertionError where there is no CUDA."""
    _require()
    return CURRENT.ordinal


def set_device(device: Any) -> None:
    """Makes an ordinal the current one; AssertionError where there is no CUDA."""
    _require()
    sim.set_device(device)


def synchronize(device: Any = None) -> None:
    """Waits for the device; AssertionError where there is no CUDA."""
    _require()
    accelerator.synchronize(device)


def get_device_name(device: Any = None) -> str:
    """The device's name; AssertionError where there is no CUDA."""
    _require()
    return "simulated accelerator"


def empty_cache() -> None:
    """Gives cached memory back. There is none."""


def get_rng_state(device: Any = None) -> Tensor:
    """The state of a device's generator; AssertionError where there is no CUDA."""
    _require()
    return sim.get_rng_state(device)


def set_rng_state(new_state: Tensor, device: Any = None) -> None:
    """Sets the state of a device's generator; AssertionError where there is no CUDA."""
    _require()
    sim.set_rng_state(new_state, device)
