"""The text of a tensor: four digits, aligned columns, the middle left out of large tensors, and what differs from the
defaults."""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .device import CPU, META
from .dtype import DEFAULT, bfloat16, bool, complex64, complex128, float64, int64
from .storage import Array
from .tensor import Tensor, attach

Format = Callable[[Any], str]


@dataclass
class Options:
    """How tensors are written; `set_printoptions` says what each option means."""

    precision: int = 4
    threshold: float = 1000
    edgeitems: int = 3
    linewidth: int = 80
    sci_mode: builtins.bool | None = None


OPTIONS = Options()
PROFILES: dict[str, dict[str, float]] = {
    "default": {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80},
    "short": {"precision": 2, "threshold": 1000, "edgeitems": 2, "linewidth": 80},
    "full": {"precision": 4, "threshold": math.inf, "edgeitems": 3, "linewidth": 80},
}


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: builtins.bool | None = None,
) -> None:
    """Changes how tensors are written, from here on.

    precision  digits after the point          threshold  more elements than this leave out the middle
    edgeitems  elements shown at either end    linewidth  characters on a line
    sci_mode   powers of ten always (True), never (False), or where needed (None; every call sets it)
    profile    `default`, `short` or `full`, which the other arguments then change
    """
    chosen = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth}
    given = {name: value for name, value in chosen.items() if value is not None}
    for name, value in (PROFILES.get(profile or "", {}) | given).items():
        setattr(OPTIONS, name, value)
    OPTIONS.sci_mode = sci_mode


def _formatter(values: Array) -> tuple[Format, int]:
    """How to write each of these numbers, and how wide: as the widest, zeros, infinities and NaN not counted."""
    write: Format = str
    if values.dtype.kind == "f":
        write = _floating(values)
        values = values[np.isfinite(values) & (values != 0)]
    width = max((len(write(v)) for v in values.tolist()), default=1)
    return lambda v: write(v).rjust(width), width


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
    if OPTIONS.sci_mode is not None:
        scientific = OPTIONS.sci_mode
    return _scientific if scientific else plain


def _whole(v: float) -> str:
    return f"{v:.0f}." if math.isfinite(v) else str(v)


def _fixed(v: float) -> str:
    return f"{v:.{OPTIONS.precision}f}"


def _scientific(v: float) -> str:
    return f"{v:.{OPTIONS.precision}e}"


def _number_format(shown: Array) -> tuple[Format, int]:
    flat = shown.reshape(-1)
    if flat.dtype.kind != "c":
        return _formatter(flat)
    real, wide = _formatter(flat.real)
    imag, high = _formatter(flat.imag)

    def write(v: complex) -> str:
        second = imag(v.imag).strip()
        return f"{real(v.real)}{second if second[0] == '-' else '+' + second}j"

    return write, wide + high + 1


def _edges(array: Array, summary: Any) -> Array:
    """The elements that are written: without the middle of dimensions that are left out."""
    if summary:
        for dim, size in enumerate(array.shape):
            if size > 2 * OPTIONS.edgeitems:
                array = np.take(array, [*range(OPTIONS.edgeitems), *range(size - OPTIONS.edgeitems, size)], dim)
    return array


def _text(array: Array, indent: int, summary: Any, write: Format, width: int) -> str:
    if not array.ndim:
        return write(array.item())
    short = summary and len(array) > 2 * OPTIONS.edgeitems
    last = len(array) - OPTIONS.edgeitems
    rows: list[Any] = [*array[: OPTIONS.edgeitems], None, *array[last:]] if short else list(array)
    if array.ndim == 1:
        words = (
            [" ..." if v is None else write(v.item()) for v in rows] if OPTIONS.edgeitems or not summary else ["..."]
        )
        each = max(1, (OPTIONS.linewidth - indent) // (width + 2))
        lines = [", ".join(words[i : i + each]) for i in range(0, len(words), each)]
        return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"
    parts = ["..." if row is None else _text(row, indent + 1, summary, write, width) for row in rows]
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
        found.append(f"grad_fn=<{node.name().rpartition('::')[2]}>")
    elif self.requires_grad:
        found.append("requires_grad=True")
    return found


def _repr(self: Tensor) -> str:
    if self._device is META:
        return _without_values(self)
    array = self._array.astype(np.float32) if self._dtype is bfloat16 else self._array
    summary = array.size > OPTIONS.threshold
    text = _text(array, 7, summary, *_number_format(_edges(array, summary))) if array.size else "[]"
    result = f"tensor({text}"
    used = len(result) - result.rfind("\n") + 1  # torch counts two more than there are
    for suffix in _suffixes(self):
        if used + len(suffix) + 2 > OPTIONS.linewidth:
            result, used = f"{result},\n       {suffix}", 7 + len(suffix)
        else:
            result, used = f"{result}, {suffix}", used + len(suffix) + 2
    return f"{result})"


def _without_values(self: Tensor) -> str:
    parts = ["...", "device='meta'", f"size={tuple(self._array.shape)}"]
    parts += [] if self._dtype is DEFAULT.floating else [f"dtype={self._dtype}"]
    parts += [part for part in _suffixes(self) if not part.startswith(("device", "size", "dtype"))]
    result, used = f"tensor({parts[0]}", 10
    for part in parts[1:]:
        breaks = used + len(part) + 2 > OPTIONS.linewidth
        result = f"{result},\n       {part}" if breaks else f"{result}, {part}"
        used = 7 + len(part) if breaks else used + len(part) + 2
    return f"{result})"


attach("__repr__", _repr)
