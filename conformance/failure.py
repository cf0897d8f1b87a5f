"""The text of a failing item: clause, example with a mark on every line or the checks of a law, and what to run."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from conformance.document import Clause

RIGHT, WRONG = "✓", "✗"
WIDTH = 100
SHORT = 60
TRACE_LINES = 20
DEEP = " " * 14
Failure = Mapping[str, Any]
Check = Mapping[str, Any]


def text(clause: Clause, failures: Sequence[Failure], device: str, total: int, again: str) -> str:
    """What the terminal shows of an item of `clause` on `device`; `total` is its number of cases."""
    lines = [*textwrap.wrap(clause.text, WIDTH, initial_indent="  ", subsequent_indent="  "), ""]
    for failure in failures:
        lines += [*body(clause, failure, device, total), ""]
    return "\n".join([*lines, f"  clause  {clause.path}:{clause.line}", f"  again   {again}"])


def body(clause: Clause, failure: Failure, device: str, total: int) -> Iterator[str]:
    """One kind of failure of an item: the marked example, or the law's call, inputs and checks."""
    return _example(clause, failure, device) if clause.is_example else _law(failure, device, total)


def _example(clause: Clause, failure: Failure, device: str) -> Iterator[str]:
    """The example as it stands in the document, each statement marked, want and got below the one that failed."""
    yield from _facts(failure, device, case="")
    numbered = re.compile(re.escape(clause.path) + r":(\d+): ")
    by_line: dict[int, list[Check]] = {}
    others = []
    for check in failure.get("checks", ()):
        found = numbered.match(check["check"])
        if found:
            by_line.setdefault(int(found[1]), []).append(check)
        else:
            others.append(check)
    stopped = numbered.match(failure.get("where", "")) if failure.get("exception") else None
    for block in clause.blocks:
        for line, source in enumerate(block.source.rstrip().splitlines(), block.line):
            checks = by_line.get(line, [])
            stops = stopped is not None and int(stopped[1]) == line
            wrong = stops or not all(check["ok"] for check in checks)
            yield f"  {line:>5} {WRONG if wrong else RIGHT if checks else ' '} {source}".rstrip()
            if stops:
                yield from _difference(
                    _joined([check for check in checks if check["got"] != failure["exception"]]), DEEP
                )
                yield from _stop(failure, DEEP, "raised  ")
            elif wrong:
                yield from _difference(_joined(checks), DEEP)
    if failure.get("exception") and stopped is None:
        yield from _stop(failure)
        others = [check for check in others if check["check"] != "exception"]
    for check in others:
        yield from _check(check)


def _law(failure: Failure, device: str, total: int) -> Iterator[str]:
    """The call and its inputs, then every check that was made, in order."""
    yield from (f"  {line}" for line in failure.get("call", "").splitlines())
    yield from _facts(failure, device, failure.get("case", ""))
    raised = failure.get("exception", "")
    for check in failure.get("checks", ()):
        if not raised or check["got"] != raised:
            yield from _check(check)
    if raised:
        yield from _stop(failure)
    if total > 1:
        same = failure.get("count", 1)
        alike = ", ".join(failure.get("alike", ()))
        yield f"    {same} of {total} cases of this item fail this way" + (f": {alike}" if alike else "")


def _facts(failure: Failure, device: str, case: str) -> Iterator[str]:
    inputs = failure.get("inputs", "")
    if inputs:
        yield from (f"    {line}" for line in re.split(r" {3}|\n", inputs))
    yield "    " + "   ".join(filter(None, [f"case {case}" if case else "", f"device {device}"]))


def _stop(failure: Failure, indent: str = " " * 4, mark: str = f"{WRONG} ") -> Iterator[str]:
    """The exception that ended the case, and where the library raised it."""
    first, *more = failure["exception"].splitlines() or [""]
    yield f"{indent}{mark}{first}"
    below = indent + " " * len(mark)
    yield from (f"{below}{line}" for line in more[:TRACE_LINES])
    if failure.get("origin"):
        yield f"{below}in {failure['origin']}"


def _check(check: Check) -> Iterator[str]:
    name, got = check["check"], check["got"]
    if check["ok"]:
        yield f"    {RIGHT} {name:<12}  {got}".rstrip() if len(got) <= SHORT else f"    {RIGHT} {name}"
    elif len(name) <= SHORT and len(check["want"]) + len(got) <= SHORT and "\n" not in got:
        yield f"    {WRONG} {name:<12}  want {check['want']}   got {got}"
    else:
        yield f"    {WRONG} {name}"
        yield from _difference([check], " " * 6)


def _difference(checks: Sequence[Check], indent: str) -> Iterator[str]:
    for check in checks:
        if not check["ok"]:
            for word in ("want", "got"):
                first, *more = _rows(check[word])
                yield f"{indent}{word:<4}  {first}"
                yield from (f"{indent}      {line}" for line in more)


def _rows(told: str) -> list[str]:
    """The lines of a value; a matrix that is too long for one line is broken after each row."""
    lines = []
    for line in told.splitlines() or [""]:
        lines += line.replace("], [", "],\n [").splitlines() if len(line) > WIDTH and line.startswith("[[") else [line]
    return lines


def _joined(checks: Sequence[Check]) -> list[Check]:
    """Class and words of an exception are one answer: both are shown when either is wrong."""
    kinds = [check for check in checks if check["check"].endswith(" raises")]
    words = [check for check in checks if check["check"].endswith(" message")]
    if len(kinds) != 1 or len(words) != 1:
        return [check for check in checks if not check["ok"]]
    kind, said = kinds[0], words[0]
    got = f"{kind['got']}: {said['got']}" if kind["ok"] else kind["got"]
    return [{"check": kind["check"], "want": f"{kind['want']}: {said['want']}", "got": got, "ok": False}]
