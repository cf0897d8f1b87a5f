"""Clauses with examples as pytest items."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.case import Trial
from conformance.document import SpecificationError
from conformance.example import run_example
from conformance.isolation import isolated
from conformance.planning import Plan, Slot
from conformance.statement import compile_clause

SLOT = pytest.StashKey[Slot]()
TRIAL = pytest.StashKey[Trial]()


def judge(trial: Trial) -> None:
    """Turn the status of a trial into pytest's outcome. The report tells what it found: no traceback is formatted."""
    status = trial.status
    if status == "unsupported":
        reasons = [f"{name}: {reason}" for name, reason in trial.lacking.items()]
        pytest.skip("; ".join(reasons) or "declared as lacking")
    if status != "pass":
        pytest.fail(f"{status}: {trial.item}", pytrace=False)


class ChapterFile(pytest.File):
    """A chapter of the specification."""

    def __init__(self, *, plan: Plan, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.plan = plan

    def collect(self) -> Iterator[pytest.Item]:
        """The items of every chosen clause of the chapter that carries an example."""
        for clause in self.plan.clauses:
            if clause.chapter != self.path.stem or not clause.is_example:
                continue
            try:
                compile_clause(clause)
            except SpecificationError as error:
                raise self.CollectError(str(error)) from error
            for slot in self.plan.example_slots(clause):
                yield ExampleItem.from_parent(self, name=slot.item, slot=slot, plan=self.plan)


class ExampleItem(pytest.Item):
    """The example of one clause, for one row of its table, on one device."""

    def __init__(self, *, slot: Slot, plan: Plan, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.slot, self.plan = slot, plan
        self.stash[SLOT] = slot

    def runtest(self) -> None:
        """Run the statements and record them."""
        trial = self.stash[TRIAL] = self.plan.trial(self.slot, debugging=bool(self.config.option.usepdb))
        with isolated(trial):
            run_example(self.slot.clause, self.slot.row, trial)

    def reportinfo(self) -> tuple[Path, int, str]:
        """The clause's heading, and the headline of a failure."""
        return self.path, self.slot.clause.line - 1, self.name
