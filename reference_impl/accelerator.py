"""`torch.accelerator`: queries, the current device and the streams of the simulated accelerator."""

from __future__ import annotations

import warnings
from collections import OrderedDict
from types import TracebackType
from typing import Any

from .device import ACCELERATOR, CURRENT, ORDINALS, check_ordinal, device, resolve


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


def current_device_idx() -> int:
    """The older name of `current_device_index`."""
    warnings.warn("Use `current_device_index` instead.", FutureWarning, stacklevel=2)
    return current_device_index()


def ordinal_of(d: Any) -> int:
    """The ordinal of an accelerator, given as such, as a text or as a device; negative numbers as they are. ValueError
    for another type of device or one without an ordinal, RuntimeError for one that does not exist."""
    if isinstance(d, int):
        if d >= 0:
            check_ordinal(d)
        return d
    found = None if d is None else device(d)
    if found is not None and found.type != ACCELERATOR.name:
        raise ValueError(f"{found.type} doesn't match the current accelerator {ACCELERATOR.name}.")
    if found is None or found.index is None:
        raise ValueError(f"Expected a torch.device with a specified index or an integer, but got:{d}")
    check_ordinal(found.index)
    return found.index


def set_device_index(device: Any) -> None:
    """Makes an ordinal the current one of this thread; a negative one changes nothing."""
    index = ordinal_of(device)
    if index >= 0:
        CURRENT.ordinal = index


def set_device_idx(device: Any) -> None:
    """The older name of `set_device_index`."""
    warnings.warn("Use `set_device_index` instead.", FutureWarning, stacklevel=2)
    set_device_index(device)


def _or_current(d: Any) -> int:
    if d is None or (not isinstance(d, int) and device(d) == current_accelerator()):
        return CURRENT.ordinal
    return ordinal_of(d)


def synchronize(device: Any = None) -> None:
    """Waits for the work of a device. The simulated one has always finished."""
    _or_current(device)


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


class Stream:
    """A queue of operations on an accelerator. The simulated one works at once, so there is never anything in it."""

    def __init__(self, device: Any = None, *, priority: int = 0) -> None:
        self.device = resolve(ACCELERATOR.name if device is None else device)
        self.stream_id = 0

    def query(self) -> bool:
        """Whether everything in the queue is done."""
        return True

    def synchronize(self) -> None:
        """Waits until everything in the queue is done."""

    def wait_stream(self, stream: Stream) -> None:
        """Lets what comes after wait for what is in another queue."""

    def __enter__(self) -> Stream:
        CURRENT.entered.append(CURRENT.ordinal)
        CURRENT.ordinal = self.device.index or 0
        return self

    def __exit__(self, *error: object) -> None:
        CURRENT.ordinal = CURRENT.entered.pop()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Stream) and self.device is other.device

    def __hash__(self) -> int:
        return hash(self.device)

    def __repr__(self) -> str:
        return f"torch.Stream device_type={self.device.type}, device_index={self.device.index}, stream_id=0"


def current_stream(device: Any = None) -> Stream:
    """The stream of a device, by default of the current one."""
    return Stream(f"{ACCELERATOR.name}:{_or_current(device)}")


def set_stream(stream: Stream) -> None:
    """Makes a stream the current one, and its device as well."""
    set_device_index(stream.device)


def empty_cache() -> None:
    """Gives cached memory back. There is none."""


def memory_allocated(device_index: Any = None) -> int:
    """The bytes that tensors take on a device. The simulated one keeps no count: 0."""
    _or_current(device_index)
    return 0


max_memory_allocated = memory_reserved = max_memory_reserved = memory_allocated


def memory_stats(device_index: Any = None) -> OrderedDict[str, Any]:
    """Statistics of a device's memory: none."""
    _or_current(device_index)
    return OrderedDict()


def reset_peak_memory_stats(device_index: Any = None) -> None:
    """Begins to count the largest use of memory anew."""
    _or_current(device_index)
