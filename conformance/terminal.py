"""What the terminal says at the end: one failure of each kind in full, and how much of the specification holds."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Generator, Iterable, Sequence
from typing import Any

import pytest

from conformance.absence import absent
from conformance.outcome import outcome_of
from conformance.planning import Plan

SHOWN_KINDS = 10
SHOWN_NAMES = 15
KNOWN_BY = {
    "amp": "autocast",
    "bf16": "bfloat16",
    "half": ".float16",
    "node_hooks": "register_",
    "pin": "pin_memory",
    "saved_hooks": "saved_",
}
CLAIM, CLAIMED = "claim", re.compile(r"a refusal: (.*) is declared as lacking")
UNREAD = "ObservationError: to_numpy"


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
        reports = [report for reports in stats.values() for report in reports]
        for line in [
            *absences(stats.get("missing", []), self.plan),
            *capabilities(self.plan, reports),
            *advice(failed),
        ]:
            terminalreporter.write_line(line)
        told = verdict(self.plan, reports)
        if told:
            terminalreporter.write_line(told, bold=True)


def verdict(plan: Callable[[], Plan], reports: Iterable[Any]) -> str:
    """One line: how many clauses hold; empty when no item of the specification was run."""
    statuses: dict[str, set[str]] = defaultdict(set)
    for report in reports:
        found = getattr(report, "conformance", None)
        if found:
            statuses[found["clause"]].add(found["status"])
    if not statuses:
        return ""
    made = plan()
    held = sum(seen == {"pass"} for seen in statuses.values())
    told = f"{made.backend.name} {made.backend.version}: {held} of {len(made.clauses)} clauses hold"
    if len(statuses) < len(made.clauses):
        told += f" ({len(statuses)} were run)"
    return f"{told} — specification {made.specification.version}, {made.specification.hash}, profile {made.profile}"


def one_of_each_kind(reports: Sequence[Any]) -> list[Any]:
    """The first report of each of the ten most frequent kinds of failure; reports of other tests are all kept."""
    kinds: dict[str, list[Any]] = defaultdict(list)
    kept = []
    for report in reports:
        if outcome_of(report) is None:
            kept.append(report)
        else:
            kinds[kind_of(report.conformance)].append(report)
    frequent = sorted(kinds.values(), key=len, reverse=True)[:SHOWN_KINDS]
    return [*kept, *(alike[0] for alike in frequent)]


def kind_of(found: dict[str, Any]) -> str:
    """Failures of one kind raise the same thing, or fail the same checks of a law, or break the same clause."""
    first = found["failures"][0] if found["failures"] else {}
    exception = first.get("exception", "")
    if exception:
        return re.sub(r"\d+|[\w.<>]+(?=\(\))", "…", exception)
    checks = sorted(_names(first.get("checks", ())))
    return "; ".join(checks) if checks and ".md:" not in checks[0] else str(found["clause"])


def absences(reports: Sequence[Any], plan: Callable[[], Plan] | None = None) -> list[str]:
    """The names that most missing items wait for."""
    found = [report.conformance for report in reports if outcome_of(report) is not None]
    namespace = plan().backend.namespace if plan and found else None
    names = Counter(absent(one["failures"], namespace) for one in found)
    names.pop("", None)
    if not names:
        return []
    width = max(len(name) for name, _ in names.most_common(SHOWN_NAMES))
    lines = ["names that are missing, and how many items stop there"]
    lines += [f"  {name:<{width}}  {count}" for name, count in names.most_common(SHOWN_NAMES)]
    more = len(names) - SHOWN_NAMES
    return [*lines, f"  and {more} more"] if more > 0 else lines


def capabilities(plan: Callable[[], Plan], reports: Iterable[Any]) -> list[str]:
    """What the backend declares as lacking, how many clauses that excuses and which claims are false; then the
    capabilities whose names it does not have and of which nothing works, which it might declare."""
    seen: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    gone: dict[str, set[str]] = defaultdict(set)
    told = (getattr(report, "conformance", None) for report in reports)
    for found in filter(None, told):
        for name in plan().specification.clauses[found["clause"]].requires:
            seen[name][found["status"]].add(found["clause"])
            gone[name].add(absent(found["failures"]))
        for name in _claims(found):
            seen[name][CLAIM].add(found["clause"])
    lacks = plan().lacks if seen else {}
    lines = []
    for name, reason in lacks.items():
        if seen[name]["unsupported"]:
            lines.append(_line(name, seen[name]["unsupported"], reason))
        if seen[name][CLAIM]:
            lines.append(_line(name, seen[name][CLAIM], "a false claim: it works there"))
    lines = ["declared as lacking, and how many clauses that speaks of", *lines] if lines else []
    hopeless = [name for name, words in seen.items() if set(words) == {"missing"} and name not in lacks]
    hopeless = [name for name in hopeless if any(KNOWN_BY.get(name, name) in other for other in gone[name])]
    if hopeless:
        lines.append("capabilities that are missing as a whole; an adapter can declare them, each with a reason")
    return lines + [_line(name, seen[name]["missing"], f'lacks={{"{name}": "why"}}') for name in hopeless]


def _claims(found: dict[str, Any]) -> list[str]:
    """The capabilities whose declared lack an item finds false."""
    checks = [check for failure in found["failures"] for check in failure.get("checks", ())]
    told = [check["want"] for check in checks if check["check"] == CLAIM]
    return [name for words in told for name in CLAIMED.sub(r"\1", words).split(", ")]


def _line(name: str, clauses: set[str], words: str) -> str:
    return f"  {name:<14} {len(clauses):>5} clause{'s' if len(clauses) != 1 else ' '}  {words}"


def advice(reports: Sequence[Any]) -> list[str]:
    """What to do where results could not be read at all."""
    failures = [one.conformance["failures"] for one in reports if outcome_of(one) is not None]
    unread = sum(bool(found) and found[0].get("exception", "").startswith(UNREAD) for found in failures)
    if not unread:
        return []
    how = "an adapter says how: Backend(..., to_numpy=function), from a tensor to an ndarray (README, Run conformance)"
    return [f"{unread} items could not be observed, because their tensors could not be read; {how}"]


def _names(checks: Iterable[dict[str, Any]]) -> set[str]:
    return {check["check"] for check in checks if not check["ok"]}
