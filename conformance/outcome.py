"""From a trial to what pytest reports: plain data for the record, text for the terminal, letter and word."""

from __future__ import annotations

import textwrap
from typing import Any

import pytest

from conformance.case import Case, Trial
from conformance.planning import Slot
from conformance.status import LETTERS, Status

CHECK_WIDTH, WANT_WIDTH = 14, 40
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


def describe(slot: Slot, trial: Trial | None, report: pytest.TestReport) -> dict[str, Any]:
    """The item's result line as plain data, and `text` for the terminal."""
    status = _status(slot, trial, report)
    failures = [_failure(case, count) for case, count in trial.failures()] if trial is not None else []
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
        "text": _text(slot, trial, failures) if status not in ("pass", "unsupported", "skip") and trial else "",
    }


def _status(slot: Slot, trial: Trial | None, report: pytest.TestReport) -> Status:
    if slot.blocked:
        return "unsupported"
    if report.skipped:
        return "unsupported" if trial is not None and trial.status == "unsupported" else "skip"
    if trial is None or (report.failed and trial.status == "pass"):
        return "error"
    return trial.status


def _failure(case: Case, count: int) -> dict[str, Any]:
    checks = [vars(check) | {"check": check.name} for check in case.checks]
    return {
        "case": case.name,
        "call": case.call,
        "inputs": case.inputs,
        "status": case.status,
        "count": count,
        "checks": [{key: check[key] for key in ("check", "want", "got", "ok")} for check in checks],
        "exception": case.exception,
    }


def _false_claim(trial: Trial) -> dict[str, Any]:
    lacking = ", ".join(trial.lacking)
    check = {"check": "claim", "want": f"a refusal: {lacking} is declared as lacking", "got": "it works", "ok": False}
    return {"case": "claim", "status": "fail", "checks": [check]}


def _text(slot: Slot, trial: Trial | None, failures: list[dict[str, Any]]) -> str:
    """The clause, the call, a table of checks and the command to run it again, for each kind of failure."""
    lines = [*textwrap.wrap(slot.clause.text, 100, initial_indent="  ", subsequent_indent="  "), ""]
    for failure in failures:
        lines += _failure_lines(failure, slot.device)
    if trial is not None:
        total, bad = len(trial.cases), sum(failure.get("count", 1) for failure in failures)
        if total > 1:
            lines.append(f"  {bad} of {total} cases of this item fail")
        lines.append(f"  clause  {slot.clause.path}:{slot.clause.line}")
        lines.append(f"  again   conformance run --backend {trial.backend.name} '{slot.clause.id}'")
    return "\n".join(lines)


def _failure_lines(failure: dict[str, Any], device: str) -> list[str]:
    lines = [f"  {line}" for line in failure.get("call", "").splitlines()]
    told = [text for text in (failure.get("inputs"), f"device {device}", failure["case"]) if text]
    lines += [f"  {'   '.join(told)}", f"    {'check':<{CHECK_WIDTH}}{'want':<{WANT_WIDTH}}got"]
    for check in failure.get("checks", []):
        lines += _check_lines(check)
    if failure.get("exception"):
        lines.append(f"    {failure['exception']}")
    count = failure.get("count", 1)
    return [*lines, f"    {count} cases fail this way", ""] if count > 1 else [*lines, ""]


def _check_lines(check: dict[str, Any]) -> list[str]:
    mark = "✓" if check["ok"] else "✗"
    name, want, got = check["check"], check["want"], check["got"]
    if len(name) < CHECK_WIDTH and len(want) < WANT_WIDTH:
        return [f"    {name:<{CHECK_WIDTH}}{want:<{WANT_WIDTH}}{got}  {mark}"]
    if check["ok"]:
        return [f"    {name}  {mark}"]
    indent = " " * (4 + CHECK_WIDTH)
    return [f"    {name}  {mark}", f"{indent}want {want}", f"{indent}got  {got}"]
