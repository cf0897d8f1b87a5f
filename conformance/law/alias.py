"""Parts of a larger tensor beside the same parts of an array: one write shows in both bases, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from conformance.case import Case, Trial
from conformance.sample import stored, tensor

SHAPE = (3, 4, 5)
Part = Callable[[Any], Any]

BASES: dict[str, tuple[tuple[int, ...], Part]] = {
    "contiguous": ((3, 4, 5), lambda base: base),
    "sliced": ((5, 4, 8), lambda base: base[1:4, :, 2:7]),
    "stepped": ((3, 8, 11), lambda base: base[:, ::2, 1::2]),
    "transposed": ((5, 4, 3), lambda base: base.swapaxes(0, 2)),
    "turned": ((4, 6, 5), lambda base: base.swapaxes(0, 1)[::2]),
}


@dataclass(frozen=True)
class Place:
    """A part of shape (3, 4, 5) of a larger tensor, and the same part of an array of the same numbers."""

    base: Any
    part: Any
    array: np.ndarray
    mirror: np.ndarray

    def check(self, case: Case, name: str) -> None:
        """The whole of the memory, around the part as well, holds what the array holds."""
        case.same(self.base, self.array, name)


def place(trial: Trial, layout: str, dtype: str = "int64") -> Place:
    """The part `layout` of a base that counts from one."""
    shape, part = BASES[layout]
    array = np.arange(1, 1 + np.prod(shape)).reshape(shape).astype(stored(dtype))
    base = tensor(trial, array, dtype)
    return Place(base, part(base), array, part(array))
