"""The summary of one or more runs: chapters by backends, status counts and totals, for people and for programs."""

from __future__ import annotations

import collections
from collections.abc import Iterable, Sequence
from typing import IO, Literal, TypeVar

import msgspec
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from conformance.record import Run
from conformance.score import GREEN, STANDINGS, Standing, Tally, Verdict, by_chapter, score, standings, tally, verdict
from conformance.status import STATUSES, Status

Word = TypeVar("Word", bound=str)
Format = Literal["pretty", "json", "md"]
FORMATS: tuple[Format, ...] = ("pretty", "json", "md")
WIDE = 200  # columns when stdout is not a terminal: a table in a file is not folded
STYLES: dict[str, str] = {"pass": "green", "fail": "red", "crash": "red", "timeout": "red", "error": "magenta"}


class RunSummary(msgspec.Struct, frozen=True):
    """The totals of one run. `label` is the backend's name, made unique among the runs shown together."""

    label: str
    backend: str
    version: str
    devices: tuple[str, ...]
    accelerator: str | None
    lacks: dict[str, str]
    specification: str
    hash: str
    profile: str
    select: tuple[str, ...]
    narrowed: tuple[str, ...]
    started: str
    seconds: float
    complete: bool
    problems: list[str]
    verdict: Verdict
    score: int | None
    clauses: Tally
    standings: dict[Standing, int]
    items: dict[Status, int]
    cases: dict[Status, int]
    chapters: dict[str, Tally]

    @property
    def green(self) -> bool:
        """Whether everything that was to hold holds."""
        return self.verdict in GREEN


class Summary(msgspec.Struct, frozen=True):
    """Runs side by side; `notes` say why they may not be comparable."""

    chapters: tuple[str, ...]
    runs: tuple[RunSummary, ...]
    notes: tuple[str, ...] = ()


def summarize(runs: Sequence[Run]) -> Summary:
    """The totals of `runs`, in the order given."""
    summaries = tuple(_summarize(run, label) for run, label in zip(runs, labels(runs), strict=True))
    chapters = tuple(dict.fromkeys(chapter for run in summaries for chapter in run.chapters))
    return Summary(chapters, summaries, tuple(_notes(summaries)))


def labels(runs: Sequence[Run]) -> list[str]:
    """A name for each run: the backend's, with its version and then a number where one name stands for several runs."""
    names = [run.header.backend.name for run in runs]
    versioned = [
        f"{run.header.backend.name} {run.header.backend.version}".strip() if names.count(name) > 1 else name
        for name, run in zip(names, runs, strict=True)
    ]
    numbered: list[str] = []
    for position, name in enumerate(versioned):
        turn = versioned[: position + 1].count(name)
        numbered.append(f"{name} #{turn}" if versioned.count(name) > 1 else name)
    return numbered


def _summarize(run: Run, label: str) -> RunSummary:
    header = run.header
    found = standings(run)
    return RunSummary(
        label=label,
        backend=header.backend.name,
        version=header.backend.version,
        devices=header.backend.devices,
        accelerator=header.backend.accelerator,
        lacks=header.backend.lacks,
        specification=header.specification.version,
        hash=header.specification.hash,
        profile=header.plan.profile,
        select=header.plan.select,
        narrowed=header.plan.narrowed,
        started=header.started,
        seconds=run.end.seconds if run.end else sum(result.seconds for result in run.results),
        complete=run.complete,
        problems=run.problems,
        verdict=verdict(run),
        score=score(run),
        clauses=tally(found),
        standings=_counted(found.values(), STANDINGS),
        items=_counted((result.status for result in run.results), STATUSES),
        cases=_cases(run),
        chapters=by_chapter(found),
    )


def _counted(words: Iterable[Word], order: Sequence[Word]) -> dict[Word, int]:
    """How often each word of `order` occurs, without those that do not."""
    count = collections.Counter(words)
    return {word: count[word] for word in order if count[word]}


def _cases(run: Run) -> dict[Status, int]:
    count: collections.Counter[Status] = collections.Counter()
    for result in run.results:
        count.update(result.cases)
    return {status: count[status] for status in STATUSES if count[status]}


def _notes(runs: Sequence[RunSummary]) -> Iterable[str]:
    if len({(run.specification, run.hash) for run in runs}) > 1:
        yield "these runs were made against different versions of the specification"
    if len({(run.profile, run.select, run.narrowed) for run in runs}) > 1:
        yield "these runs had different plans (profile or selection)"


def as_json(summary: Summary) -> str:
    """The summary for programs; the field names are those of `Summary` and `RunSummary`."""
    return msgspec.json.format(msgspec.json.encode(summary)).decode()


def as_markdown(summary: Summary) -> str:
    """A table for a pull request or a wiki page."""
    head = ["chapter", *(f"{_escaped(run.label)}" for run in summary.runs)]
    lines = [head, ["---", *("---:" for _ in summary.runs)]]
    lines += [[title, *map(_escaped, cells)] for title, cells in _rows(summary)]
    notes = [f"\n{_escaped(remark)}." for remark in _remarks(summary)]
    return "\n".join([*(f"| {' | '.join(cells)} |" for cells in lines), *notes])


def print_pretty(summary: Summary, file: IO[str] | None = None) -> None:
    """A table for a terminal; plain text where `file` (stdout by default) is not one, or with NO_COLOR."""
    console = Console(file=file, highlight=False)
    if not console.is_terminal:
        console = Console(file=file, highlight=False, width=WIDE, color_system=None)
    console.print(_table(summary))
    for remark in _remarks(summary):
        console.print(Text(f" {printable(remark)}"))


def _table(summary: Summary) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    table.add_column("chapter")
    for run in summary.runs:
        table.add_column(Text(f"{printable(run.label)}"), justify="right")
    sections = {"clauses": "bold", "score": "", "verdict": ""}
    for title, cells in _rows(summary):
        if title == "clauses":
            table.add_section()
        style = sections.get(title, STYLES.get(title.removesuffix(" items"), ""))
        table.add_row(Text(title, style), *(Text(printable(cell), _colour(cell) or style) for cell in cells))
    return table


def _rows(summary: Summary) -> list[tuple[str, list[str]]]:
    """Title and a cell for each run: chapters, totals, the statuses that occur, verdicts."""
    runs = summary.runs
    rows = [(chapter, [_fraction(run.chapters.get(chapter)) for run in runs]) for chapter in summary.chapters]
    rows.append(("clauses", [_fraction(run.clauses) for run in runs]))
    rows.append(("score", ["-" if run.score is None else f"{run.score} %" for run in runs]))
    for status in STATUSES:
        if any(status in run.items for run in runs):
            rows.append((f"{status} items", [str(run.items.get(status, 0)) for run in runs]))
    rows.append(("verdict", [verdict_in_words(run) for run in runs]))
    return rows


def verdict_in_words(run: RunSummary) -> str:
    """The verdict with the profile it speaks of."""
    return f"conforms ({run.profile})" if run.verdict == "conforms" else run.verdict


def _fraction(part: Tally | None) -> str:
    return "-" if part is None else f"{part.conforming}/{part.clauses}"


def _colour(cell: str) -> str:
    """Green for a full fraction and a green verdict, red for a part, nothing for the rest."""
    if cell.startswith("conforms") or cell in GREEN:
        return "green"
    have, slash, want = cell.partition("/")
    return ("green" if have == want else "red") if slash else ""


def _remarks(summary: Summary) -> Iterable[str]:
    yield from summary.notes
    for run in summary.runs:
        for problem in run.problems:
            yield f"{run.label}: {problem}"
        if "unsupported" in run.items:
            yield f"{run.label}: declares that it lacks {', '.join(run.lacks)}"


def printable(text: str) -> str:
    """`text` without control characters: a backend's strings must not steer the terminal."""
    return "".join(char if char.isprintable() or char == "\n" else "\N{REPLACEMENT CHARACTER}" for char in text)


def _escaped(text: str) -> str:
    """`text` as plain words in a cell of a Markdown table."""
    return "".join(f"\\{char}" if char in "\\`*_[]<>|#&~" else char for char in printable(text).replace("\n", " "))
