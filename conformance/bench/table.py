"""Showing a report: backends side by side, in plain text or Markdown."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from conformance.bench.outcome import Outcome, Report

WIDTH = 100
BUSY_BELOW = 0.9
BUSY = (
    "The machine was busy: the process had a processor for {share:.0%} of the time only, so take the figures as rough."
)
LEGEND = "µs per operation: the median round, ± half the distance of the quartiles."
RATIOS = (
    "`against {base}` says how many times {base}'s time: the median ratio of rounds timed one after the other, in one "
    "process, and its 95 % interval."
)
NOISE = "Name a backend twice to see how far noise alone moves a ratio."


def pretty(report: Report) -> str:
    """Aligned columns, what to read in them, and the benchmarks without a time."""
    lines = grid(report)
    widths = [max(len(row[column]) for row in lines) for column in range(len(lines[0]))]
    rows = ["  ".join(_aligned(cells, widths)).rstrip() for cells in lines]
    return "\n".join([setting(report), "", *rows, "", *wrapped(legend(report)), *problems(report)])


def markdown(report: Report) -> str:
    """The same as a Markdown table."""
    head, *rows = grid(report)
    rules = ["---", *["---:"] * (len(head) - 1)]
    lines = ["| " + " | ".join(cell.strip() for cell in cells) + " |" for cells in (head, rules, *rows)]
    notes = [f"- {line.strip()}" for line in problems(report) if line]
    return "\n".join([setting(report), "", *lines, "", " ".join(legend(report)), *(["", *notes] if notes else [])])


def setting(report: Report) -> str:
    """How it was measured, in a line."""
    threads = {0: "threads not limited", 1: "1 thread"}.get(report.threads, f"{report.threads} threads")
    backends = ", ".join(f"{entry.label} {entry.version} on {entry.device or 'no device'}" for entry in report.backends)
    return f"{backends} · up to {report.rounds} rounds in turn · {threads}"


def grid(report: Report) -> list[list[str]]:
    """Cells: a header, then a row for each benchmark; after the first, each backend has a time and a ratio."""
    head = ["benchmark"]
    for entry in report.backends:
        head += [entry.label] if entry is report.backends[0] else [entry.label, f"against {report.backends[0].label}"]
    rows = []
    for name in report.benchmarks:
        cells, outcomes = [name], report.of(name)
        for entry in report.backends:
            outcome = outcomes.get(entry.label)
            cells += [time(outcome)] if entry is report.backends[0] else [time(outcome), times(outcome)]
        rows.append(cells)
    return [head, *rows]


def legend(report: Report) -> list[str]:
    """What the columns mean."""
    on_cpu = all(entry.device.startswith("cpu") for entry in report.backends)
    busy = [BUSY.format(share=report.share)] if on_cpu and 0 < report.share < BUSY_BELOW else []
    if len(report.backends) == 1:
        return [LEGEND, *busy]
    return [LEGEND, RATIOS.format(base=report.backends[0].label), NOISE, *busy]


def wrapped(sentences: Sequence[str]) -> list[str]:
    """Lines that fit a terminal, each sentence on lines of its own."""
    return [line for sentence in sentences for line in textwrap.wrap(sentence, WIDTH)]


def problems(report: Report) -> list[str]:
    """Why a benchmark has no time, a line for each."""
    refused = [outcome for outcome in report.outcomes if outcome.microseconds is None]
    lines = [f"  {each.status:<8}{each.benchmark} on {each.backend}: {each.reason}" for each in refused]
    return ["", *lines] if lines else []


def time(outcome: Outcome | None) -> str:
    """Microseconds and their noise, or the status."""
    if outcome is None or outcome.microseconds is None or outcome.low is None or outcome.high is None:
        return outcome.status if outcome else ""
    noise = (outcome.high - outcome.low) / 2 / outcome.microseconds
    return f"{digits(outcome.microseconds)} µs ±{noise:.1%}"


def times(outcome: Outcome | None) -> str:
    """The ratio and its interval."""
    if outcome is None or outcome.ratio is None:
        return ""
    ratio = outcome.ratio
    return f"{ratio.median:.2f}x ({ratio.low:.2f} to {ratio.high:.2f})"


def digits(value: float) -> str:
    """Three significant digits below a thousand, whole numbers above."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> list[str]:
    first, *others = zip(cells, widths, strict=True)
    return [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]
