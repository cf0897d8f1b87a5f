"""Device names, the default device, and the simulated accelerator.

The accelerator keeps its tensors in memory of its own, refuses to mix with the CPU and to hand its memory to NumPy, and
computes with NumPy like the CPU. Its type is called `sim`; `set_accelerator_name("cuda")`, or
REFERENCE_IMPL_ACCELERATOR=cuda in the environment, lets programs written for a GPU run where there is none.
"""

from __future__ import annotations

import os
import re
import threading
from types import TracebackType
from typing import Any

TYPES = (
    "cpu, cuda, ipu, xpu, mkldnn, opengl, opencl, ideep, hip, ve, fpga, maia, xla, lazy, vulkan, mps, meta, hpu, "
    "mtia, privateuseone"
)
"""The device types torch knows, in its own order."""

ORDINALS = 2
"""How many simulated accelerators there are."""

_NAME = re.compile(r"([a-zA-Z_]+)(?::(0|[1-9]\d*))?")


class _Accelerator:
    """The type name of the simulated accelerator."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


ACCELERATOR = _Accelerator(os.environ.get("REFERENCE_IMPL_ACCELERATOR") or "sim")


class _Current(threading.local):
    """What is current in a thread: the accelerator's ordinal, the default device (None: the CPU), and the devices of
    open `with` blocks."""

    def __init__(self) -> None:
        self.ordinal = 0
        self.default: device | None = None
        self.stack: list[device] = []
        self.entered: list[int] = []


CURRENT = _Current()
_MISSING: Any = object()
_INTERNED: dict[tuple[str, int | None], device] = {}


class device:  # noqa: N801
    """A device type and an optional ordinal: `device("cpu")`, `device("sim:1")`, `device("sim", 1)`, `device(1)`.

    Equal devices are one object. As a context manager it is the default device of factory calls.
    """

    __slots__ = ("index", "type")
    type: str
    index: int | None

    def __new__(cls, type: Any = _MISSING, index: int | None = None) -> device:
        """RuntimeError for an unknown type or a bad ordinal, TypeError for something that is no device."""
        if isinstance(type, device):
            return type
        if isinstance(type, int) and not isinstance(type, bool):
            return _intern(ACCELERATOR.name, type)
        if not isinstance(type, str):
            got = "" if type is _MISSING else type.__class__.__name__
            raise TypeError(
                f"device() received an invalid combination of arguments - got ({got}), but expected one of:\n"
                " * (torch.device device)\n * (str type, int index = -1)\n"
            )
        name, parsed = _parse(type)
        if index is None:
            return _intern(name, parsed)
        if parsed is not None:
            raise RuntimeError(f"type (string) must not include an index because index was passed explicitly: {type}")
        if not isinstance(index, int):
            raise TypeError(f"device(): argument 'index' (position 2) must be int, not {index.__class__.__name__}")
        if index < 0:
            raise RuntimeError("Device index must not be negative")
        return _intern(name, index)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self.__slots__:
            raise AttributeError(f"attribute '{name}' of 'torch.device' objects is not writable")
        raise AttributeError(f"'torch.device' object has no attribute '{name}'")

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __repr__(self) -> str:
        return (
            f"device(type={self.type!r})" if self.index is None else f"device(type={self.type!r}, index={self.index})"
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) and self.type == other.type and self.index == other.index

    def __hash__(self) -> int:
        return hash((self.type, self.index))

    def __reduce__(self) -> tuple[Any, ...]:
        return device, (self.type,) if self.index is None else (self.type, self.index)

    def __enter__(self) -> device:
        CURRENT.stack.append(self)
        return self

    def __exit__(self, kind: Any, error: BaseException | None, trace: TracebackType | None) -> None:
        CURRENT.stack.pop()


def _intern(name: str, index: int | None) -> device:
    found = _INTERNED.get((name, index))
    if found is None:
        made = object.__new__(device)
        object.__setattr__(made, "type", name)
        object.__setattr__(made, "index", index)
        found = _INTERNED.setdefault((name, index), made)
    return found


def _parse(text: str) -> tuple[str, int | None]:
    if not text:
        raise RuntimeError("Device string must not be empty")
    match = _NAME.fullmatch(text)
    if match is None:
        raise RuntimeError(f"Invalid device string: '{text}'")
    name, index = match.groups()
    if name not in TYPES.split(", ") and name != ACCELERATOR.name:
        raise RuntimeError(f"Expected one of {TYPES} device type at start of device string: {name}")
    return name, None if index is None else int(index)


CPU = device("cpu")
META = device("meta")
"""The device of tensors without values."""


def set_accelerator_name(name: str) -> None:
    """Names the device type of the simulated accelerator (`sim`, `cuda`). Tensors made before keep the old name."""
    if not name.isidentifier():
        raise ValueError(f"not a device type: {name!r}")
    ACCELERATOR.name = name


def resolve(d: Any) -> device:
    """The device on which a tensor lies that is made for `d`: the CPU without ordinal, an accelerator with one.

    None is the default device. Raises where there is no such device.
    """
    if d is None:
        d = CURRENT.stack[-1] if CURRENT.stack else CURRENT.default
        if d is None:
            return CPU
    wanted: device = device(d)
    if wanted.type == "cpu":
        return CPU
    if wanted.type == ACCELERATOR.name:
        index = CURRENT.ordinal if wanted.index is None else wanted.index
        check_ordinal(index)
        return _intern(wanted.type, index)
    if wanted.type == "meta":
        return META
    if wanted.type == "cuda":
        raise AssertionError("Torch not compiled with CUDA enabled")
    raise RuntimeError(
        f"the device type {wanted.type} is not available here: the devices are cpu and {ACCELERATOR.name}"
    )


def check_ordinal(index: int) -> None:
    """RuntimeError for an accelerator that does not exist."""
    if not 0 <= index < ORDINALS:
        raise RuntimeError(f"{ACCELERATOR.name} error: invalid device ordinal")


def get_default_device() -> device:
    """The device of factory calls that name none."""
    return resolve(None)


def default_or(other: device) -> device:
    """The default device where one is set, and otherwise this one."""
    return resolve(None) if CURRENT.stack or CURRENT.default is not None else other


def set_default_device(d: Any) -> None:
    """Sets the device of this thread's factory calls that name none; None is the CPU."""
    CURRENT.default = None if d is None else device(d)


def different(a: device, b: device) -> RuntimeError:
    """The error for operands on two devices; it names the accelerator first, as torch does."""
    if META in (a, b):
        return RuntimeError(f"Tensor on device {b} is not on the expected device {a}!")
    if a is CPU:
        a, b = b, a
    return RuntimeError(f"Expected all tensors to be on the same device, but found at least two devices, {a} and {b}!")
