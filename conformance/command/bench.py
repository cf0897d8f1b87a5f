"""`conformance bench`: time backends side by side."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import msgspec

from conformance.bench import table
from conformance.bench.launch import PYTEST_USAGE_ERROR, LaunchError, Order, run
from conformance.bench.task import catalogue, select
from conformance.bench.timing import MIN_ROUNDS, ROUNDS
from conformance.command.settings import DEFAULT_BACKEND, Word
from conformance.specification import SelectionError

EXAMPLES = """\b
Examples
  conformance bench                                      the reference, every benchmark
  conformance bench --backend torch                      a library's microseconds
  conformance bench --backend torch --backend mylib      and how many times torch's time mylib takes
  conformance bench 'autograd.*' '!matmul.large' --backend mylib
  conformance bench --backend mylib --backend mylib      the same twice: how noisy is this machine?
  conformance bench --backend mylib -o bench.json        keep it; pytest-benchmark reads it too:
  pytest-benchmark compare bench.json --group-by group

\b
Exit status
  0  every result was right, and each backend has a time
  1  a result was wrong, a call failed, or a backend has no time at all
  2  a wrong command line
  4  a backend cannot be loaded
"""


@click.command(epilog=EXAMPLES, short_help="Time backends side by side.")
@click.argument("selectors", metavar="[SELECT]...", nargs=-1)
@click.option(
    "--backend",
    "backends",
    metavar="B",
    multiple=True,
    envvar="CONFORMANCE_BACKEND",
    help="What to time; the first is the base.",
)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Save pytest-benchmark's JSON.")
@click.option("--rounds", default=ROUNDS, show_default=True, type=click.IntRange(MIN_ROUNDS), help="Rounds in turn.")
@click.option("--threads", default=1, show_default=True, type=click.IntRange(1), help="Threads a library may use.")
@click.option(
    "--device",
    metavar="D",
    envvar="CONFORMANCE_DEVICE",
    help="Device name or type. Default: the first of each backend.",
)
@click.option("--format", "style", type=Word(["pretty", "json", "md"]), default="pretty", show_default=True)
@click.option("--list", "listing", is_flag=True, help="Say which benchmarks there are, and time nothing.")
def bench(
    selectors: tuple[str, ...],
    backends: tuple[str, ...],
    output: Path | None,
    rounds: int,
    threads: int,
    device: str | None,
    style: str,
    listing: bool,
) -> None:
    """Time backends side by side, in one process and in turn.

    SELECT chooses benchmarks by globs over their names (all of them by default). A benchmark is timed only after its
    result was compared with NumPy's: a wrong result gets no time. With several backends every round times each of
    them, in alternating order, and the ratio is the median over the rounds: it holds on a noisy machine where times
    alone do not. Times of different machines, or of different runs, say little about each other.
    """
    try:
        tasks = select(selectors)
    except SelectionError as error:
        raise click.UsageError(str(error)) from None
    if not tasks:
        raise click.UsageError("the selection leaves nothing to time")
    if listing:
        for task in tasks:
            click.echo(f"{task.name:<{max(map(len, catalogue()))}}  {task.summary}")
        return
    if output is not None and not output.absolute().parent.is_dir():
        raise click.UsageError(f"there is no folder `{output.parent}` to save to")
    _time(Order(backends or (DEFAULT_BACKEND,), selectors, rounds, threads, device, output), style)


def _time(order: Order, style: str) -> None:
    try:
        report = run(order)
    except LaunchError as error:
        if error.code != PYTEST_USAGE_ERROR:  # it has told that itself
            click.echo(f"{error.text}\n{error}", err=True)
        sys.exit(error.code if error.code > 0 else 1)
    if style == "json":
        click.echo(msgspec.json.format(msgspec.json.encode(report), indent=2).decode())
    else:
        click.echo(table.pretty(report) if style == "pretty" else table.markdown(report))
    if order.storage is not None and not order.storage.is_file():
        click.echo(f"nothing was timed, so {order.storage} was not written", err=True)
    sys.exit(0 if report.green else 1)
