"""What the terminal says at the end: one failure of each kind in full, and how much of the specification holds."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Generator, Iterable, Sequence
from typing import Any

import pytest

from conformance.outcome import outcome_of
from conformance.planning import Plan

SHOWN_KINDS = 10


class Conclusion:
    """A pytest plugin of the process that reports; `plan` is asked for once an item of the specification has run."""

    def __init__(self, plan: Callable[[], Plan]) -> None:
        self.plan = plan

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> Generator[None, None, None]:
        """Ten kinds of failures, not ten thousand failures; `-v` shows them all, and so does the record."""
        stats = terminalreporter.stats
        failed = stats.get("failed", [])
        shown = failed if terminalreporter.config.option.verbose > 0 else one_of_each_kind(failed)
        hidden = len(failed) - len(shown)
        if hidden:
            stats["failed"] = shown
        try:
            yield
        finally:
            if hidden:
                stats["failed"] = failed
                told = f"{len(shown)} of {len(failed)} failures are shown, one of each kind; -v shows all of them"
                terminalreporter.write_line(told, yellow=True)
        self._verdict(terminalreporter, stats)

    def _verdict(self, reporter: pytest.TerminalReporter, stats: dict[str, list[Any]]) -> None:
        """One line: how many clauses hold."""
        statuses: dict[str, set[str]] = defaultdict(set)
        for report in (report for reports in stats.values() for report in reports):
            found = getattr(report, "conformance", None)
            if found:
                statuses[found["clause"]].add(found["status"])
        if not statuses:
            return
        plan = self.plan()
        backend = plan.backend
        held = sum(seen == {"pass"} for seen in statuses.values())
        told = f"{backend.name} {backend.version}: {held} of {len(plan.clauses)} clauses hold"
        if len(statuses) < len(plan.clauses):
            told += f" ({len(statuses)} were run)"
        edition = f"specification {plan.specification.version}, {plan.specification.hash}, profile {plan.profile}"
        reporter.write_line(f"{told} — {edition}", bold=True)


def one_of_each_kind(reports: Sequence[Any]) -> list[Any]:
    """The first report of each kind of failure, ten kinds at most; reports of other tests are all kept."""
    seen: set[str] = set()
    kept = []
    for report in reports:
        if outcome_of(report) is None:
            kept.append(report)
        elif len(seen) < SHOWN_KINDS and (kind := kind_of(report.conformance)) not in seen:
            seen.add(kind)
            kept.append(report)
    return kept


def kind_of(found: dict[str, Any]) -> str:
    """Failures of one kind raise the same thing, or fail the same checks of a law, or break the same clause."""
    first = found["failures"][0] if found["failures"] else {}
    exception = first.get("exception", "")
    if exception:
        return re.sub(r"\d+|'[^']*'", "…", exception)
    checks = sorted(_names(first.get("checks", ())))
    return "; ".join(checks) if checks and ".md:" not in checks[0] else str(found["clause"])


def _names(checks: Iterable[dict[str, Any]]) -> set[str]:
    return {check["check"] for check in checks if not check["ok"]}
