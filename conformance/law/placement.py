"""Tensors on devices: making them where a law wants them, and looking where they lie."""

from __future__ import annotations

from typing import Any

import numpy as np

from conformance.case import Case, Trial

Pair = tuple[str, str]

DTYPES = ("bool", "uint8", "int8", "int16", "int32", "int64", "float32", "float64")
GATED = {"float16": "half", "bfloat16": "bf16", "complex64": "complex", "complex128": "complex"}


def floats(values: Any) -> np.ndarray:
    """`values` as a float32 array."""
    return np.asarray(values, dtype=np.float32)


def made(trial: Trial, values: Any, place: str, dtype: str = "float32") -> Any:
    """A tensor of `values` on the device `place`."""
    torch = trial.namespace
    return torch.tensor(values, dtype=getattr(torch, dtype), device=place)


def lies_on(case: Case, tensor: Any, place: str, name: str = "device") -> None:
    """Check that the tensor reports the device called `place`, with its index where `place` has one."""
    want = case.trial.namespace.device(place)
    if want.index is None:
        case.equal(name, tensor.device.type, want.type)
    else:
        case.equal(name, tensor.device, want)


def is_host(place: str) -> bool:
    """Whether `place` is the CPU."""
    return place.split(":")[0] == "cpu"


def accelerators(trial: Trial) -> list[str]:
    """Every device of the accelerator's type."""
    kind = str(trial.backend.accelerator).split(":")[0]
    return [name for name in trial.backend.devices if name.split(":")[0] == kind]


def dtypes_of(trial: Trial) -> list[str]:
    """Every dtype that the backend does not declare to lack."""
    gated = [dtype for dtype, need in GATED.items() if need not in trial.backend.lacks]
    return [dtype for dtype in (*DTYPES, *gated) if trial.dtype in (None, dtype)]
