"""What a run checks: which clauses, on which devices, and what the backend declares that it lacks."""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any

from conformance import specification
from conformance.backend import COMPANIONS, Backend, device_types
from conformance.case import Trial
from conformance.document import Clause, Row, SpecificationError
from conformance.operation import Operation, OperationError, read_row
from conformance.specification import Specification

ANY_OPERATION = "@operation"


@dataclass(frozen=True)
class Slot:
    """One item's parameters: the clause, a row of a table or an operation, and where it runs."""

    clause: Clause
    item: str
    row_name: str
    device: str
    row: Row | None = None
    operation: Operation | None = None
    pair: tuple[str, str] | None = None
    blocked: str = ""


@dataclass(frozen=True)
class Plan:
    """One backend against the chosen clauses of one specification."""

    backend: Backend
    specification: Specification
    clauses: Sequence[Clause]
    profile: str = "full"
    select: tuple[str, ...] = ()
    device: str | None = None
    dtype: str | None = None
    seed: int = 0

    @functools.cached_property
    def chosen(self) -> frozenset[str]:
        """The ids of the chosen clauses."""
        return frozenset(clause.id for clause in self.clauses)

    @functools.cached_property
    def lacks(self) -> Mapping[str, str]:
        """Capability → reason; a backend that names no accelerator lacks one, and so with companions."""
        found = dict(self.backend.lacks)
        if self.backend.accelerator is None:
            found.setdefault("accelerator", "the backend names none")
        for name in COMPANIONS:
            if name not in self.backend.companions:
                found.setdefault(name, "the backend names no such companion")
        return found

    def devices(self, clause: Clause) -> list[str]:
        """Where the clause runs: the first device of each type, or the cpu alone where a capability says so."""
        found = device_types(self.backend)
        if any(self.specification.capabilities[name].devices == "cpu" for name in clause.requires):
            found = [name for name in found if name.split(":")[0] == "cpu"] or found[:1]
        found = [name for name in found if self.device in (None, name, name.split(":")[0])]
        return found[:1] if self.is_quick else found

    @property
    def is_quick(self) -> bool:
        """Whether each clause runs once: on one device, for the first row of its table, with few cases."""
        return self.profile == "quick"

    def pairs(self) -> list[tuple[str, str]]:
        """Every ordered pair of distinct devices, with the chosen device in it."""
        chosen = [
            pair
            for pair in permutations(self.backend.devices, 2)
            if self.device is None or any(self.device in (name, name.split(":")[0]) for name in pair)
        ]
        return chosen[:1] if self.is_quick else chosen

    def lacking(self, clause: Clause) -> dict[str, str]:
        """What the clause requires and the backend declares that it lacks, with the reasons."""
        return {name: self.lacks[name] for name in clause.requires if name in self.lacks}

    def example_slots(self, clause: Clause) -> list[Slot]:
        """The items of a clause with examples: its rows on its devices."""
        rows: list[Row | None] = list(clause.tables[0].rows) if clause.tables else [None]
        rows = rows[:1] if self.is_quick else rows
        names = _distinct(" ".join(row.cells) if row else "" for row in rows)
        blocked = self._blocked(clause)
        return [
            Slot(clause, _item(clause, name, device), name, device, row, blocked=blocked)
            for row, name in zip(rows, names, strict=True)
            for device in self.devices(clause)
        ]

    def law_slots(self, target: str, chapter: str, wanted: Iterable[str], rows: str = "") -> Iterator[Slot]:
        """The items of a law of `chapter` tied to `target`, for the fixtures it asks for.

        `rows` names a property of operations (`differentiable`): the law speaks of those that have it.
        """
        wanted = set(wanted)
        for clause, row_name, row, found in self._law_rows(target, chapter, wanted):
            if clause.id not in self.chosen or (rows and not getattr(found, rows)):
                continue
            blocked = self._blocked(clause)
            for device, pair in self._places(clause, "pair" in wanted):
                place = "->".join(pair) if pair else device
                slot_item = _item(clause, row_name, place)
                absent = "" if pair or "pair" not in wanted else self.lacks.get("accelerator", "one device only")
                yield Slot(clause, slot_item, row_name, device, row, found, pair, blocked or absent)

    def _places(self, clause: Clause, in_pairs: bool) -> Iterator[tuple[str, tuple[str, str] | None]]:
        if not in_pairs:
            yield from ((device, None) for device in self.devices(clause))
        elif self.pairs():
            yield from ((pair[0], pair) for pair in self.pairs())
        elif self.device is None:
            yield self.backend.devices[0], None

    def _law_rows(
        self, target: str, chapter: str, wanted: set[str]
    ) -> Iterator[tuple[Clause, str, Row | None, Operation | None]]:
        if "operation" in wanted:
            found = operations(self.specification, chapter)
            names = _distinct(entry.call for entry in found)
            for entry, name in zip(found, names, strict=True):
                owner = entry.clause if target == ANY_OPERATION else target
                yield self.specification.clauses[owner], name, None, entry
        elif "row" in wanted:
            clause = self.specification.clauses[target]
            rows = [row for table in clause.tables for row in table.rows]
            for row, name in zip(rows, _distinct(" ".join(row.cells) for row in rows), strict=True):
                yield clause, name, row, None
        else:
            yield self.specification.clauses[target], "", None, None

    def _blocked(self, clause: Clause) -> str:
        """Why the clause cannot even be tried: it speaks of an accelerator or a companion, and there is none."""
        there = {"accelerator": self.backend.accelerator, **dict.fromkeys(COMPANIONS), **self.backend.companions}
        absent = [name for name in clause.requires if name in there and there[name] is None]
        return f"{absent[0]}: {self.lacks[absent[0]]}" if absent else ""

    def trial(self, slot: Slot, *, debugging: bool = False) -> Trial:
        """A fresh trial for the item of `slot`."""
        return Trial(
            backend=self.backend,
            clause=slot.clause.id,
            item=slot.item,
            device=slot.device,
            seed_name=f"{slot.clause.id}[{slot.row_name}]",
            lacking=self.lacking(slot.clause),
            seed=self.seed,
            dtype=self.dtype,
            quick=self.is_quick,
            debugging=debugging,
        )


def make(backend: Backend, select: Sequence[str] = (), profile: str = "full", **options: Any) -> Plan:
    """The plan of `backend` against the shipped specification.

    Raises:
        SelectionError: a selector or the profile names nothing.
    """
    whole = specification.load()
    return Plan(backend, whole, whole.select(select, profile), profile, tuple(select), **options)


@functools.cache
def operations(whole: Specification, chapter: str) -> tuple[Operation, ...]:
    """Every row of the operation tables of `chapter`, in order.

    Raises:
        SpecificationError: a row departs from the grammar of operation tables.
    """
    return tuple(
        _operation(clause, table.columns, row) for clause, table in whole.parameters(chapter) for row in table.rows
    )


def _operation(clause: Clause, columns: Sequence[str], row: Row) -> Operation:
    try:
        return read_row(clause.id, columns, row.cells, row.line)
    except OperationError as error:
        raise SpecificationError(clause.path, row.line, str(error)) from error


def _item(clause: Clause, row: str, place: str) -> str:
    return f"{clause.id}[{row}-{place}]" if row else f"{clause.id}[{place}]"


def _distinct(names: Iterable[str]) -> list[str]:
    """`names` in one line each; a repeated one gets its count."""
    seen: Counter[str] = Counter()
    distinct = []
    for name in names:
        name = re.sub(r"\s+", " ", name.replace("::", ": :"))
        seen[name] += 1
        distinct.append(name if seen[name] == 1 else f"{name} #{seen[name]}")
    return distinct
