"""A run of every clause in this process, without pytest, so that it takes seconds: the plan's own items.

Of the operations it takes one for each law and clause, with few cases, and all that a broken backend has broken. A
quick sweep starts no worker processes.
"""

from __future__ import annotations

import importlib
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from conformance import planning
from conformance.backend import Backend
from conformance.case import Trial
from conformance.example import run_example
from conformance.isolation import isolated
from conformance.meta.broken.sound import REPLACED
from conformance.planning import Plan, Slot
from conformance.status import Status, gravest

WAITING = "workers"  # processes take seconds to start and to end, and no broken backend is about them
LAWS = Path(planning.__file__).resolve().parent
Item = tuple[Slot, Callable[[Trial], None]]


def standings(backend: Backend, profile: str = "quick", select: Sequence[str] = ()) -> dict[str, Status]:
    """Clause → the gravest status of its items."""
    found: dict[str, list[Status]] = {}
    for slot, trial in trials(backend, profile, select):
        found.setdefault(slot.clause.id, []).append(trial.status if trial is not None else "unsupported")
    return {clause: gravest(statuses) for clause, statuses in found.items()}


def trials(backend: Backend, profile: str = "quick", select: Sequence[str] = ()) -> Iterator[tuple[Slot, Trial | None]]:
    """Every item with its trial once it has run; None where it is blocked or has nothing to run."""
    plan = planning.make(backend, select, profile)
    for slot, body in items(plan):
        if plan.is_quick and WAITING in slot.clause.requires:
            continue
        trial = None if slot.blocked else plan.trial(slot)
        if trial is not None and is_about(slot, REPLACED):
            trial.quick = False
        yield slot, trial if trial is None or run(trial, body) else None


def run(trial: Trial, body: Callable[[Trial], None]) -> bool:
    """Run one item. False where it skips itself."""
    try:
        with warnings.catch_warnings(), trial.whole(), isolated(trial):
            warnings.simplefilter("error")
            body(trial)
    except pytest.skip.Exception:
        return False
    return True


def items(plan: Plan) -> Iterator[Item]:
    """The examples, then the laws."""
    for clause in plan.clauses:
        for slot in plan.example_slots(clause) if clause.is_example else ():
            yield slot, example(slot)
    for file in sorted(LAWS.glob("test_*.py")):
        module = importlib.import_module(f"conformance.{file.stem}")
        yield from laws(plan, module, file.stem.removeprefix("test_"))


def example(slot: Slot) -> Callable[[Trial], None]:
    """The example of a clause."""
    return lambda trial: run_example(slot.clause, slot.row, trial)


def laws(plan: Plan, module: ModuleType, chapter: str) -> Iterator[Item]:
    """Every law of a chapter, for every row and place that the plan gives it."""
    for function in list(vars(module).values()):  # a warning given meanwhile adds to it
        for mark in getattr(function, "pytestmark", ()):
            fixtures = function.__code__.co_varnames[: function.__code__.co_argcount]
            slots = plan.law_slots(mark.args[0], chapter, fixtures, mark.kwargs.get("rows", ""))
            for slot in telling(slots) if plan.is_quick else slots:
                yield slot, law(plan, slot, function, fixtures)


def telling(slots: Iterable[Slot]) -> Iterator[Slot]:
    """Of a law's operations, the first of every clause and all that this process has broken."""
    met: set[str] = set()
    for slot in slots:
        if slot.operation is None or slot.clause.id not in met or is_about(slot, REPLACED):
            yield slot
        met.add(slot.clause.id)


def is_about(slot: Slot, names: Iterable[str]) -> bool:
    """Whether the slot's operation calls one of `names`."""
    words = "|".join(names)
    return bool(words and slot.operation and re.search(rf"\b({words})_?\(", slot.operation.call))


def law(plan: Plan, slot: Slot, function: Callable[..., None], fixtures: tuple[str, ...]) -> Callable[[Trial], None]:
    """One law with what its fixtures would give it."""

    def body(trial: Trial) -> None:
        known: dict[str, Any] = {
            "trial": trial,
            "backend": plan.backend,
            "device": slot.device,
            "pair": slot.pair,
            "operation": slot.operation,
            "row": row_of(slot),
        }
        function(**{name: known[name] for name in fixtures})

    return body


def row_of(slot: Slot) -> dict[str, str] | None:
    """Column → cell."""
    if slot.row is None:
        return None
    columns = next(table.columns for table in slot.clause.tables if slot.row in table.rows)
    return dict(zip(columns, slot.row.cells, strict=True))
