"""`conformance explain`: one clause, how it is checked, and what a backend did."""

from __future__ import annotations

import shutil
import tempfile
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import click
from msgspec.structs import asdict

from conformance import record, specification
from conformance.command.launch import Order, launch
from conformance.command.laws import laws_of, sweeps
from conformance.command.run import check_backend
from conformance.command.selection import choose
from conformance.command.summary import read_all
from conformance.document import Clause, SpecificationError, Table
from conformance.failure import body
from conformance.record import Result
from conformance.score import standings
from conformance.status import STATUSES
from conformance.summary import labels, printable

SHOWN = 5
INDENT = 4
EXAMPLES = """\b
Examples
  conformance explain view.transpose.alias
  conformance explain view.transpose.alias --backend mylib     runs it on mylib
  conformance explain view.transpose.alias --record run.jsonl  what a run said
"""


@click.command(epilog=EXAMPLES, short_help="Explain a clause, and what a backend did.")
@click.argument("clause")
@click.option("--backend", "backends", metavar="B", multiple=True, help="Run the clause on B and tell what happened.")
@click.option(
    "--record", "files", metavar="FILE", multiple=True, type=click.Path(path_type=Path), help="Read a record."
)
def explain(clause: str, backends: tuple[str, ...], files: tuple[Path, ...]) -> None:
    """Explain CLAUSE: its text, examples, table and laws, and what a backend did."""
    found = _find(clause)
    _print_clause(found)
    runs = read_all(files)
    for backend in backends:
        check_backend(backend)
        runs += _run(found, backend)
    for run, label in zip(runs, labels(runs), strict=True):
        _print_run(found, run, label)


def _find(name: str) -> Clause:
    """The clause called `name`.

    Raises:
        click.UsageError: there is none; the message suggests one.
    """
    try:
        clauses = specification.load().clauses
    except SpecificationError as error:
        raise click.UsageError(str(error)) from None
    if name in clauses:
        return clauses[name]
    near = choose([name], "full")
    raise click.UsageError(f"`{name}` is {len(near)} clauses; `conformance list '{name}'` shows them")


def _run(clause: Clause, backend: str) -> list[record.Run]:
    """What `backend` does to `clause` now."""
    with tempfile.TemporaryDirectory(prefix="conformance-") as folder:
        file = Path(folder, "run.jsonl")
        code = launch(Order(select=(clause.id,)), backend, file, quiet=True)
        if file.is_file():
            return record.read(file)
    raise click.ClickException(
        f"{backend}: nothing was recorded (pytest ended with status {code}); try conformance run"
    )


def _print_clause(clause: Clause) -> None:
    click.secho(clause.id, bold=True, nl=False)
    click.echo(f"  {clause.path}:{clause.line}\n")
    click.echo(textwrap.indent(textwrap.fill(clause.text, 100), "  "))
    if clause.requires:
        capabilities = specification.load().capabilities
        for name in clause.requires:
            click.echo(f"\n  requires {name}: {capabilities[name].meaning}")
    for table in clause.tables:
        _print_part("operations" if table.is_operations else "table", table.line, _drawn(table))
    for block in clause.blocks:
        _print_part("example", block.line, block.source.rstrip().splitlines())
    laws = laws_of(clause)
    if laws:
        click.secho("\n  laws", bold=True)
    for law in laws:
        click.echo(f"    {law.place} {law.name}\n      {law.text}")
    if any(table.is_operations for table in clause.tables):
        held = [other for other in sweeps(clause.chapter) if other != clause.id]
        told = f"every row is also held to {', '.join(held)}, as far as it admits" if held else ""
        click.echo(textwrap.indent(textwrap.fill(told, 96), "    "))
    click.echo(f"\n  run it: conformance run {clause.id} --backend B")


def _print_part(title: str, line: int, lines: Sequence[str]) -> None:
    click.secho(f"\n  {title}", bold=True, nl=False)
    click.echo(f" (line {line})")
    click.echo(textwrap.indent("\n".join(lines), "    "))


def _drawn(table: Table) -> list[str]:
    """Aligned columns where they fit the terminal, else a paragraph for each row."""
    aligned, width = _aligned(table), shutil.get_terminal_size().columns - INDENT
    if max(map(len, aligned)) <= width:
        return aligned
    return [line for record in table.records() for line in _paragraph(record, width)]


def _paragraph(record: Mapping[str, str], width: int) -> Iterator[str]:
    """The first cell, and below it the others that are not empty."""
    (_, first), *others = record.items()
    yield first
    line = ""
    for name, cell in others:
        told = f"{name}: {cell}" if cell else ""
        if line and told and len(line) + len(told) + 5 > width:
            yield f"  {line}"
            line = ""
        line = "   ".join(filter(None, [line, told]))
    if line:
        yield f"  {line}"


def _aligned(table: Table) -> list[str]:
    rows = [table.columns, *(row.cells for row in table.rows)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(table.columns))]
    lines = ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return [lines[0], "-" * (sum(widths) + 2 * (len(widths) - 1)), *lines[1:]]


def _print_run(clause: Clause, run: record.Run, label: str) -> None:
    standing = standings(run).get(clause.id)
    results = [result for result in run.results if result.clause == clause.id]
    passing = sum(result.status == "pass" for result in results)
    colour = {"pass": "green", "unsupported": None, "skip": None}.get(standing or "", "red")
    click.secho(f"\n  {printable(label)} {printable(run.header.backend.version)}: ", bold=True, nl=False)
    click.secho(standing or "not planned in this run", fg=colour, nl=False)
    click.echo(f" ({passing} of {len(results)} item{'s' * (len(results) != 1)})" if results else "")
    failing = [result for result in results if result.status != "pass"]
    failing.sort(key=lambda result: -STATUSES.index(result.status))  # those first that give the clause its standing
    for result in failing[:SHOWN]:
        click.echo(textwrap.indent(printable("\n".join(_told(clause, result))), "    "))
    if len(failing) > SHOWN:
        click.echo(f"    and {len(failing) - SHOWN} more items")


def _told(clause: Clause, result: Result) -> Iterator[str]:
    yield f"{result.status}  {result.item}"
    for found in result.failures:
        told = asdict(found) | {"checks": [asdict(check) for check in found.checks]}
        yield from body(clause, told, result.device, sum(result.cases.values()))
