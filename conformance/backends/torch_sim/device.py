"""The device module ``torch.sim``: two ordinals, a current device, streams that do nothing."""

from __future__ import annotations

import threading
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

COUNT = 2


class _Current(threading.local):
    """The ordinal that is current in a thread."""

    index = 0


_current = _Current()


class _CurrentDevice(TorchFunctionMode):
    """Gives ``sim`` without an index the current index; PyTorch's guard for Python devices knows only index 0."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        return func(*map(_indexed, args), **{name: _indexed(value) for name, value in kwargs.items()})


_mode: Any = _CurrentDevice()


def _indexed(value: Any) -> Any:
    if (isinstance(value, str) and value == "sim") or (
        isinstance(value, torch.device) and value.type == "sim" and value.index is None
    ):
        return torch.device("sim", _current.index)
    return value


def _index(device: Any = None) -> int:
    """Return the ordinal of an int, a string or a torch.device; the current one for None or without an index."""
    if device is None:
        return _current.index
    if isinstance(device, int):
        return device
    device = torch.device(device)
    if device.type != "sim":
        raise ValueError(f"Expected a sim device, but got: {device}")
    return _current.index if device.index is None else int(device.index)


def checked_index(device: Any = None) -> int:
    """Return the ordinal of a device, or raise RuntimeError when there is no such device."""
    index = _index(device)
    if index >= COUNT:
        raise RuntimeError(f"invalid device ordinal: sim:{index}, there are {COUNT} devices")
    return index


def current_device() -> int:
    """Return the ordinal of the current device."""
    return _current.index


def set_device(device: Any) -> None:
    """Make a device the current one; a negative ordinal does nothing."""
    index = checked_index(device)
    if index < 0 or index == _current.index:
        return
    if _current.index == 0:
        _mode.__enter__()
    elif index == 0:
        _mode.__exit__(None, None, None)
    _current.index = index


def exchange_device(device: Any) -> int:
    """Make a device the current one and return the ordinal of the one before."""
    before = _current.index
    set_device(device)
    return before


@contextmanager
def device(index: Any) -> Iterator[None]:
    """Make a device the current one inside a ``with`` block."""
    before = exchange_device(index)
    try:
        yield
    finally:
        set_device(before)


def module(default_generator: Callable[[int], Any]) -> types.ModuleType:
    """Return the module that becomes ``torch.sim``, whose random numbers come from one generator for each ordinal."""
    sim = types.ModuleType("torch.sim")
    contents: dict[str, Any] = {
        "is_available": lambda: True,
        "is_initialized": lambda: True,
        "_initialized": True,  # torch.utils.checkpoint asks it whether there is a state of random numbers to keep
        "_is_in_bad_fork": lambda: False,
        "device_count": lambda: COUNT,
        "current_device": current_device,
        "set_device": set_device,
        "device": device,
        "synchronize": lambda device=None: None,
        "empty_cache": lambda: None,
        "manual_seed": lambda seed: default_generator(_current.index).manual_seed(int(seed)),
        "manual_seed_all": lambda seed: [default_generator(index).manual_seed(int(seed)) for index in range(COUNT)],
        "get_rng_state": lambda device="sim": default_generator(_index(device)).get_state(),
        "set_rng_state": lambda state, device="sim": default_generator(_index(device)).set_state(state),
        "get_amp_supported_dtype": lambda: [torch.float16, torch.bfloat16],
    }
    for name, value in contents.items():
        setattr(sim, name, value)
    return sim
