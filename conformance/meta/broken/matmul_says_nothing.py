"""Operands of `matmul` that do not fit raise the right class without its words."""

from __future__ import annotations

from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, forms, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "broadcast.matmul.inner",
        "broadcast.matmul.mismatch",
        "device.mix.every",
        "device.mix.out",
        "device.mix.refused",
        "dtype.autocast.double",
        "dtype.autocast.exit",
        "error.dtype",
        "error.shape",
        "error.state.out",
        "linalg.matmul.bool",
        "linalg.matmul.dtypes",
        "linalg.matmul.dtypes.every",
        "linalg.matmul.mismatch",
        "linalg.matmul.zero-dim",
    ),
}


def broken(sound: Call) -> Call:
    """The same class, another message."""

    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return sound(*args, **kwargs)
        except RuntimeError:
            raise RuntimeError("error") from None

    return call


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_calls(found, (*forms("matmul"), "Tensor.__matmul__"), broken)
    return found
