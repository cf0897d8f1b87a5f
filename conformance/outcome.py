"""From a trial to what pytest reports: plain data for the record, text for the terminal, letter and word."""

from __future__ import annotations

from typing import Any

import pytest

from conformance import failure
from conformance.case import Case, Trial, false_claim
from conformance.compare import Check
from conformance.planning import Slot
from conformance.status import LETTERS, Status

ALIKE = 12
CATEGORIES: dict[Status, str] = {
    "pass": "passed",
    "missing": "missing",
    "unsupported": "unsupported",
    "skip": "skipped",
}


def outcome_of(report: pytest.TestReport) -> Status | None:
    """The status that a report carries, if it is of a conformance item."""
    found = getattr(report, "conformance", None)
    status: Status | None = found["status"] if found else None
    return status


def status_letter(status: Status) -> tuple[str, str, str]:
    """Category, letter and word; failures stay in pytest's category `failed`, which shows their text."""
    return CATEGORIES.get(status, "failed"), LETTERS[status], status.upper()


def describe(slot: Slot, trial: Trial | None, report: pytest.TestReport, again: str) -> dict[str, Any]:
    """The item's result line as plain data, and `text` for the terminal; `again` is the command that repeats it."""
    status = _status(slot, trial, report)
    failures = [_failure(cases) for cases in trial.failures()] if trial is not None else []
    if status == "error" and not failures:
        failures = [{"case": "", "status": "error", "exception": str(report.longrepr)[-2000:]}]
    if trial is not None and trial.claim_is_false:
        failures = [_false_claim(trial)]
    return {
        "clause": slot.clause.id,
        "item": slot.item,
        "device": slot.device,
        "status": status,
        "cases": trial.counts if trial is not None else {},
        "failures": failures,
        "seconds": report.duration,
        "text": failure.text(slot.clause, failures, slot.device, len(trial.cases), again)
        if trial is not None and status not in ("pass", "unsupported", "skip")
        else "",
    }


def _status(slot: Slot, trial: Trial | None, report: pytest.TestReport) -> Status:
    if slot.blocked:
        return "unsupported"
    if report.skipped:
        return "unsupported" if trial is not None and trial.status == "unsupported" else "skip"
    if trial is None or (report.failed and trial.status == "pass"):
        return "error"
    return trial.status


def _failure(cases: list[Case]) -> dict[str, Any]:
    case = cases[0]
    return {
        "case": case.name,
        "call": case.call,
        "inputs": case.told,
        "status": case.status,
        "count": len(cases),
        "checks": [_finding(check) for check in case.checks],
        "exception": case.exception,
        "where": case.where,
        "origin": case.origin,
        "alike": [other.name for other in cases[:ALIKE]] + ["…"] * (len(cases) > ALIKE) if len(cases) > 1 else [],
    }


def _finding(check: Check) -> dict[str, Any]:
    return {"check": check.name, "want": check.want, "got": check.got, "ok": check.ok}


def _false_claim(trial: Trial) -> dict[str, Any]:
    first, checks = trial.cases[0], [_finding(false_claim(trial.lacking))]
    return {"case": "claim", "call": first.call, "inputs": first.told, "status": "fail", "checks": checks}
