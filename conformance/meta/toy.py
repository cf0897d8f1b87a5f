"""A toy library on NumPy, just large enough to tell the harness's statuses apart: no library is needed to test it."""

from __future__ import annotations

import types
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from conformance.backend import Backend
from conformance.case import Trial
from conformance.document import Block, Clause, Row, Table
from conformance.example import run_example


class ToyError(Exception):
    """An exception of the library's own."""


class Tensor:
    """An array with a dtype, a shape and a device."""

    device = "cpu"

    def __init__(self, values: Any, dtype: Any = None) -> None:
        self.array = np.array(values, dtype or (np.float32 if np.array(values).dtype.kind == "f" else None))

    @property
    def dtype(self) -> Any:
        """NumPy's."""
        return self.array.dtype

    @property
    def shape(self) -> tuple[int, ...]:
        """NumPy's."""
        return self.array.shape

    def __add__(self, other: Any) -> Tensor:
        return Tensor(self.array + getattr(other, "array", other))

    def __neg__(self) -> Tensor:
        return Tensor(-self.array)


def refuse(words: str = "no such thing") -> None:
    """Raise a RuntimeError."""
    raise RuntimeError(words)


def warn(words: str = "take care") -> int:
    """Warn and return 3."""
    warnings.warn(words, UserWarning, stacklevel=2)
    return 3


def namespace() -> types.ModuleType:
    """The library."""
    found = types.ModuleType("toy")
    vars(found).update(
        tensor=Tensor, Tensor=Tensor, refuse=refuse, warn=warn, ToyError=ToyError, float32=np.dtype("float32")
    )
    return found


def backend(**fields: Any) -> Backend:
    """The toy as a backend; `fields` replace those of the record."""
    given: dict[str, Any] = {"to_numpy": lambda tensor: tensor.array, **fields}
    return Backend("toy", "1", namespace(), **given)


def trial(lacking: Mapping[str, str] | None = None, **fields: Any) -> Trial:
    """A trial of an item on the toy."""
    return Trial(backend(**fields), "toy.clause", "toy.clause[cpu]", "cpu", "toy.clause[]", lacking or {})


def example(source: str, columns: str = "", cells: str = "", requires: tuple[str, ...] = (), **fields: Any) -> Trial:
    """The trial of an example once it has run; `columns` and `cells` are a table of one row, parted by bars."""
    rows = (Row(tuple(cells.split("|")), 1),) if columns else ()
    tables = (Table(tuple(columns.split("|")), rows, 1),) if columns else ()
    clause = Clause("toy.clause", "toy.md", 1, "A fact.", requires, (Block(source, 1),), tables)
    found = trial(dict.fromkeys(requires, "never built") if fields.pop("lacking", False) else None, **fields)
    run_example(clause, rows[0] if rows else None, found)
    return found
