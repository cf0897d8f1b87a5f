"""The text of a tensor: four digits, aligned columns, the middle left out of large tensors, and what differs from the
defaults."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .device import CPU
from .dtype import DEFAULT, bfloat16, bool, complex64, complex128, float64, int64
from .storage import Array
from .tensor import Tensor, attach

PRECISION = 4
THRESHOLD = 1000
EDGE = 3
WIDTH = 80

Format = Callable[[Any], str]


def _formatter(values: Array) -> Format:
    """How to write each of these numbers: as wide as the widest, zeros, infinities and NaN not counted."""
    write: Format = str
    if values.dtype.kind == "f":
        write = _floating(values)
        values = values[np.isfinite(values) & (values != 0)]
    width = max((len(write(v)) for v in values.tolist()), default=0)
    return lambda v: write(v).rjust(width)


def _floating(values: Array) -> Format:
    """Whole numbers as `1.`, others with four digits; in powers of ten where they are far apart or far from 1."""
    finite = np.abs(values[np.isfinite(values) & (values != 0)].astype(np.float64))
    if not finite.size:
        return _whole
    low, high = float(finite.min()), float(finite.max())
    if (finite == np.ceil(finite)).all():
        scientific = high / low > 1000.0 or high > 1.0e8
        plain = _whole
    else:
        scientific = high / low > 1000.0 or high > 1.0e8 or low < 1.0e-4
        plain = _fixed
    return _scientific if scientific else plain


def _whole(v: float) -> str:
    return f"{v:.0f}." if math.isfinite(v) else str(v)


def _fixed(v: float) -> str:
    return f"{v:.{PRECISION}f}"


def _scientific(v: float) -> str:
    return f"{v:.{PRECISION}e}"


def _number_format(shown: Array) -> Format:
    flat = shown.reshape(-1)
    if flat.dtype.kind != "c":
        return _formatter(flat)
    real, imag = _formatter(flat.real), _formatter(np.abs(flat.imag))
    return lambda v: f"{real(v.real)}{'-' if math.copysign(1, v.imag) < 0 else '+'}{imag(abs(v.imag)).strip()}j"


def _edges(array: Array, summary: Any) -> Array:
    """The elements that are written: without the middle of dimensions that are left out."""
    if summary:
        for dim, size in enumerate(array.shape):
            if size > 2 * EDGE:
                array = np.take(array, [*range(EDGE), *range(size - EDGE, size)], dim)
    return array


def _text(array: Array, indent: int, summary: Any, write: Format) -> str:
    if not array.ndim:
        return write(array.item())
    short = summary and len(array) > 2 * EDGE
    rows: list[Any] = [*array[:EDGE], None, *array[-EDGE:]] if short else list(array)
    if array.ndim == 1:
        words = [" ..." if v is None else write(v.item()) for v in rows]
        each = max(1, (WIDTH - indent) // (max((len(w) for w in words if w != " ..."), default=1) + 2))
        lines = [", ".join(words[i : i + each]) for i in range(0, len(words), each)]
        return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"
    parts = ["..." if row is None else _text(row, indent + 1, summary, write) for row in rows]
    return "[" + ("," + "\n" * (array.ndim - 1) + " " * (indent + 1)).join(parts) + "]"


def _suffixes(self: Tensor) -> list[str]:
    found = []
    if self._device is not CPU:
        found.append(f"device='{self._device}'")
    usual = (DEFAULT.floating, int64, bool, complex128 if DEFAULT.floating is float64 else complex64)
    if not self._array.size and self.ndim != 1:
        found.append(f"size={tuple(self._array.shape)}")
    if self._dtype not in usual or (not self._array.size and self._dtype is not DEFAULT.floating):
        found.append(f"dtype={self._dtype}")
    node = self.grad_fn
    if node is not None:
        found.append(f"grad_fn=<{node.name()}>")
    elif self.requires_grad:
        found.append("requires_grad=True")
    return found


def _repr(self: Tensor) -> str:
    array = self._array.astype(np.float32) if self._dtype is bfloat16 else self._array
    summary = array.size > THRESHOLD
    text = _text(array, 7, summary, _number_format(_edges(array, summary))) if array.size else "[]"
    result = f"tensor({text}"
    used = len(result) - result.rfind("\n") - 1
    for suffix in _suffixes(self):
        if used + len(suffix) + 2 > WIDTH:
            result, used = f"{result},\n       {suffix}", 7 + len(suffix)
        else:
            result, used = f"{result}, {suffix}", used + len(suffix) + 2
    return f"{result})"


attach("__repr__", _repr)
