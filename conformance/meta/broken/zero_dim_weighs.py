"""`add` promotes a zero-dimensional tensor as one with dimensions, as NumPy does."""

from __future__ import annotations

from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, forms, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "complex.arithmetic.real",
        "device.zero-dim.host",
        "device.zero-dim.single",
        "dtype.promote.levels",
        "dtype.promote.one-element",
        "dtype.promote.zero-dim",
        "dtype.promote.zero-dim-half",
        "pointwise.dtype",
    ),
}


def broken(sound: Call) -> Call:
    """A zero-dimensional operand is given a dimension, beside one that has some."""

    def call(x: Any, y: Any, *args: Any, **kwargs: Any) -> Any:
        ranks = [getattr(operand, "ndim", None) for operand in (x, y)]
        if 0 in ranks and any(ranks):
            x, y = (operand if rank != 0 else operand.reshape(1) for operand, rank in zip((x, y), ranks, strict=True))
        return sound(x, y, *args, **kwargs)

    return call


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_calls(found, (*forms("add"), "Tensor.__add__", "Tensor.__radd__"), broken)
    return found
