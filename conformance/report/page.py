"""What the report shows, worked out before any markup: cards, chapters, clauses and failures."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from msgspec.structs import asdict

from conformance.absence import absent
from conformance.document import Clause
from conformance.record import Result, Run
from conformance.score import STANDINGS, Standing, Tally, standings
from conformance.specification import Specification
from conformance.status import MEANINGS, STATUSES
from conformance.summary import RunSummary, Summary, summarize, verdict_in_words

SHOWN_ITEMS = 3  # failing items of one clause told in full; the record has them all
SHOWN_CASES = 2
SHOWN_CHARACTERS = 600
FIX_FIRST = 8
WRITE_FIRST = 12

SYMBOLS: dict[Standing, str] = {
    "pass": "✓",
    "skip": "S",
    "unsupported": "U",
    "missing": "M",
    "fail": "F",
    "timeout": "T",
    "crash": "C",
    "error": "E",
    "unchecked": "·",
}


@dataclass(frozen=True)
class Column:
    """A run as the report shows it; `lacks` has a capability, the reason, and how many clauses require it."""

    totals: RunSummary
    verdict: str
    bar: tuple[tuple[Standing, int], ...]
    facts: tuple[tuple[str, str], ...]
    lacks: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True)
class Failing:
    """What one backend did to one clause: `items` are its first failing items, of `failed` among `planned`; `wrong`
    are those that it answered, wrongly."""

    label: str
    standing: Standing
    failed: int
    wrong: int
    planned: int
    items: tuple[Result, ...]
    again: str


@dataclass(frozen=True)
class ClauseView:
    """A clause with every backend's standing (None where it was not planned) and what failed."""

    id: str
    text: str
    place: str
    requires: tuple[str, ...]
    cells: tuple[Standing | None, ...]
    failing: tuple[Failing, ...]

    @property
    def conforms(self) -> bool:
        """Whether it passes on every backend that was to run it."""
        return all(cell in ("pass", None) for cell in self.cells)

    @property
    def differs(self) -> bool:
        """Whether the backends stand differently."""
        return len({cell for cell in self.cells if cell is not None}) > 1


@dataclass(frozen=True)
class ChapterView:
    """A chapter: its clauses, and the tally and the statuses of every backend."""

    name: str
    title: str
    tallies: tuple[Tally | None, ...]
    bars: tuple[tuple[tuple[Standing, int], ...], ...]
    clauses: tuple[ClauseView, ...]


@dataclass(frozen=True)
class Page:
    """Everything the template draws."""

    summary: Summary
    edition: str
    date: str
    columns: tuple[Column, ...]
    chapters: tuple[ChapterView, ...]
    first: tuple[tuple[ClauseView, Failing], ...]
    absent: tuple[tuple[str, str, int], ...]
    legend: tuple[tuple[Standing, str, str], ...]
    shown_items: int = SHOWN_ITEMS
    shown_cases: int = SHOWN_CASES
    shown_characters: int = SHOWN_CHARACTERS

    @property
    def clauses(self) -> int:
        """How many clauses stand in the list."""
        return sum(len(chapter.clauses) for chapter in self.chapters)


def page(runs: Sequence[Run], specification: Specification) -> Page:
    """The report on `runs`, which are its columns in the order given."""
    summary = summarize(runs)
    clauses = tuple(_clauses(runs, summary, specification))
    titles = {document.chapter: document.title for document in specification.documents}
    names = dict.fromkeys(clause.id.partition(".")[0] for clause in clauses)
    first = [(clause, failing) for clause in clauses for failing in clause.failing if failing.wrong]
    first.sort(key=lambda pair: (-pair[1].wrong, STANDINGS.index(pair[1].standing)))
    return Page(
        summary=summary,
        edition=" and ".join(dict.fromkeys(run.specification for run in summary.runs)),
        date=max(run.started for run in summary.runs)[:10],
        columns=tuple(_column(run, totals, specification) for run, totals in zip(runs, summary.runs, strict=True)),
        chapters=tuple(_chapter(name, titles.get(name, name), clauses, summary) for name in names),
        first=tuple(first[:FIX_FIRST]),
        absent=tuple(_absent(runs, summary)),
        legend=_legend(summary),
    )


def _absent(runs: Sequence[Run], summary: Summary) -> Iterator[tuple[str, str, int]]:
    """The names that a backend lacks and most items stop at: name, backend, items."""
    names: Counter[tuple[str, str]] = Counter()
    for run, totals in zip(runs, summary.runs, strict=True):
        missing = (result for result in run.results if result.status == "missing")
        found = (absent([asdict(failure) for failure in result.failures]) for result in missing)
        names.update((name, totals.label) for name in found if name)
    for (name, label), number in names.most_common(WRITE_FIRST):
        yield name, label, number


def _lacks(run: Run, specification: Specification) -> Iterator[tuple[str, str, int]]:
    """Capability, reason, and how many clauses of the plan require it."""
    known = (specification.clauses[name] for name in run.header.plan.clauses if name in specification.clauses)
    required = Counter(capability for clause in known for capability in clause.requires)
    for capability, reason in run.header.backend.lacks.items():
        yield capability, reason, required[capability]


def _column(run: Run, totals: RunSummary, specification: Specification) -> Column:
    header = run.header
    facts = [
        ("devices", ", ".join(totals.devices)),
        ("accelerator", totals.accelerator or ""),
        ("plan", " ".join((totals.profile, *totals.select, *totals.narrowed))),
        ("items", f"{len(run.results):,} in {totals.seconds:.1f} s"),
        ("made", " ".join((header.started[:16].replace("T", " "), "UTC")) if header.started else ""),
        ("python", f"{header.python} on {header.platform}"),
        ("specification", f"{totals.specification} ({totals.hash})"),
    ]
    facts = [(name, fact) for name, fact in facts if fact]
    return Column(
        totals, verdict_in_words(totals), _bar(totals.standings.get), tuple(facts), tuple(_lacks(run, specification))
    )


def _chapter(name: str, title: str, clauses: Sequence[ClauseView], summary: Summary) -> ChapterView:
    members = tuple(clause for clause in clauses if clause.id.partition(".")[0] == name)
    tallies = tuple(run.chapters.get(name) for run in summary.runs)
    bars = tuple(_bar(Counter(clause.cells[turn] for clause in members).get) for turn in range(len(tallies)))
    return ChapterView(name, title, tallies, bars, members)


def _bar(count: Callable[[Standing], int | None]) -> tuple[tuple[Standing, int], ...]:
    """Standing and number of clauses, in the order of gravity."""
    return tuple((standing, number) for standing in STANDINGS if (number := count(standing)))


def _clauses(runs: Sequence[Run], summary: Summary, specification: Specification) -> Iterator[ClauseView]:
    """Every planned clause in the specification's order, then those it does not know."""
    found = [standings(run) for run in runs]
    results = [_by_clause(run) for run in runs]
    planned = dict.fromkeys(clause for one in found for clause in one)
    order = [name for name in specification.clauses if name in planned]
    for name in dict.fromkeys([*order, *planned]):
        clause = specification.clauses.get(name)
        views = zip(summary.runs, found, results, strict=True)
        failing = (_failing(name, run, standing[name], items[name]) for run, standing, items in views if name in items)
        yield ClauseView(
            id=name,
            text=clause.text if clause else "",
            place=_place(clause),
            requires=clause.requires if clause else (),
            cells=tuple(standing.get(name) for standing in found),
            failing=tuple(one for one in failing if one.items),
        )


def _place(clause: Clause | None) -> str:
    return f"{clause.path}:{clause.line}" if clause else "not in this version of the specification"


def _by_clause(run: Run) -> Mapping[str, list[Result]]:
    """Planned clause → its items."""
    found: dict[str, list[Result]] = {}
    for result in run.results:
        found.setdefault(result.clause, []).append(result)
    return {clause: found[clause] for clause in run.header.plan.clauses if clause in found}


def _failing(clause: str, run: RunSummary, standing: Standing, items: Sequence[Result]) -> Failing:
    failed = [
        item
        for item in items
        if item.status not in ("pass", "skip") and (item.failures or item.status != "unsupported")
    ]
    failed.sort(key=lambda item: -STATUSES.index(item.status))  # the gravest are shown, those that give the standing
    again = f"conformance run {shlex.quote(clause)} --backend {shlex.quote(run.backend)}"
    wrong = sum(item.status not in ("unsupported", "missing") for item in failed)
    shown = failed[: min(wrong + 1, SHOWN_ITEMS)]  # of missing items one tells as much as three
    return Failing(run.label, standing, len(failed), wrong, len(items), tuple(shown), again)


def _legend(summary: Summary) -> tuple[tuple[Standing, str, str], ...]:
    """Standing, symbol and meaning of those that occur."""
    meanings: dict[Standing, str] = {word: text for word, text in MEANINGS.items()}  # noqa: C416 - widens the key
    meanings["unchecked"] = "planned, and no item of it ran"
    occurring = [word for word in STANDINGS if any(word in run.standings for run in summary.runs)]
    return tuple((word, SYMBOLS[word], meanings[word]) for word in occurring)
