"""Writes the record while the run goes on, in the process that reports (under xdist, the controller)."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence

import msgspec
import pytest

from conformance import record
from conformance.items import SLOT
from conformance.planning import Plan
from conformance.status import Status


class Recorder:
    """A pytest plugin that turns reports into result lines."""

    def __init__(self, config: pytest.Config, plan: Callable[[], Plan]) -> None:
        self.config, self.plan = config, plan
        self.writer: record.Writer | None = None
        self.planned = 0
        self.counts: Counter[Status] = Counter()
        self.began = time.monotonic()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """The header is written once it is known how many items there are."""
        if not hasattr(self.config, "workerinput") and session.items:
            self.planned = sum(SLOT in item.stash for item in session.items)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: object, ids: Sequence[str]) -> None:
        """Under xdist only the workers collect; tests of the harness itself are no items of the specification."""
        self.planned = sum("/meta/" not in name for name in ids)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """One line per item, as it ends."""
        found = getattr(report, "conformance", None)
        if not found:
            return
        result = msgspec.convert({key: value for key, value in found.items() if key != "text"}, record.Result)
        self._open().result(result)
        self.counts[result.status] += 1

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """The end line; a run that was broken off has none."""
        if exitstatus in record.FINISHED:
            seconds = time.monotonic() - self.began
            end = record.End(dict(self.counts), sum(self.counts.values()), round(seconds, 3), int(exitstatus))
            self._open().end(end)
        elif self.writer is not None:
            self.writer.close()

    def _open(self) -> record.Writer:
        if self.writer is None:
            plan = self.plan()
            self.writer = record.Writer(self.config.option.records, header_of(plan, self.planned, self.config))
        return self.writer


def header_of(plan: Plan, items: int, config: pytest.Config) -> record.Header:
    """The header of a run of `plan`."""
    option = config.option
    narrowed = [f"-k {option.keyword}"] if option.keyword else []
    narrowed += [f"--device {plan.device}"] if plan.device else []
    narrowed += [f"--dtype {plan.dtype}"] if plan.dtype else []
    narrowed += ["--lf"] if getattr(option, "lf", False) else []
    backend = plan.backend
    return record.header(
        specification=record.Edition(plan.specification.version, plan.specification.hash),
        plan=record.Plan(tuple(c.id for c in plan.clauses), items, plan.profile, plan.select, tuple(narrowed)),
        backend=record.Claims(
            backend.name, str(backend.version), tuple(backend.devices), backend.accelerator, dict(plan.lacks)
        ),
        seed=plan.seed,
    )
