"""`conformance list`: the clauses, as a tree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import click
import msgspec

from conformance.command.selection import choose, profile_option
from conformance.command.settings import Word
from conformance.document import Clause
from conformance.summary import FORMATS

EXAMPLES = """\b
Examples
  conformance list                            every clause
  conformance list 'view.*' '!view.strided.*'
  conformance list @requires:numpy            what asks for the capability numpy
  conformance list --profile core --count     how many clauses each chapter has
  conformance list 'dtype.*' --format json | jq -r .[].id
"""


@click.command("list", epilog=EXAMPLES, short_help="List clauses.")
@click.argument("select", metavar="[SELECT]...", nargs=-1)
@profile_option
@click.option("--count", is_flag=True, help="Only numbers, by chapter.")
@click.option("--format", "style", type=Word(FORMATS), default="pretty", show_default=True, help="pretty, json or md.")
def list_(select: tuple[str, ...], profile: str, count: bool, style: str) -> None:
    """List the clauses of the specification that SELECT chooses (all of them by default), with their texts."""
    clauses = choose(select, profile)
    if count:
        _print_counts(clauses, style)
    elif style == "json":
        click.echo(msgspec.json.format(msgspec.json.encode([_entry(clause) for clause in clauses])).decode())
    elif style == "md":
        click.echo("\n".join(f"- `{clause.id}` {clause.text}" for clause in clauses))
    else:
        _print_tree(clauses)


def _entry(clause: Clause) -> dict[str, object]:
    return {
        "id": clause.id,
        "chapter": clause.chapter,
        "text": clause.text,
        "requires": clause.requires,
        "path": clause.path,
        "line": clause.line,
        "examples": len(clause.blocks),
        "rows": sum(len(table.rows) for table in clause.tables),
    }


def _print_counts(clauses: Sequence[Clause], style: str) -> None:
    counts = Counter(clause.chapter for clause in clauses)
    if style == "json":
        click.echo(msgspec.json.format(msgspec.json.encode({**counts, "total": len(clauses)})).decode())
        return
    lines = [*counts.items(), ("total", len(clauses))]
    if style == "md":
        click.echo("\n".join(["| chapter | clauses |", "| --- | ---: |", *(f"| {name} | {n} |" for name, n in lines)]))
        return
    width = max(len(name) for name, _ in lines)
    click.echo("\n".join(f"{name:<{width}}  {n:>5}" for name, n in lines))


def _print_tree(clauses: Sequence[Clause]) -> None:
    """Chapter, group, clause: every part of an id is said once."""
    counts = Counter(clause.chapter for clause in clauses)
    width = max((len(_leaf(clause)) for clause in clauses), default=0) + 6
    above: tuple[str, ...] = ()
    for clause in clauses:
        branch = tuple(clause.id.split("."))[:2] if clause.id.count(".") > 1 else (clause.chapter,)
        if branch[0] != (above or ("",))[0]:
            click.secho(f"{branch[0]} ({counts[branch[0]]})", bold=True)
        if len(branch) > 1 and branch != above:
            click.echo(f"  {branch[1]}")
        above = branch
        indent = "  " * len(branch)
        click.echo(f"{indent}{_leaf(clause):<{width - len(indent)}}{_shortened(clause.text)}")
    click.echo(f"{len(clauses)} clause{'s' * (len(clauses) != 1)}", err=True)


def _leaf(clause: Clause) -> str:
    parts = clause.id.split(".")
    return ".".join(parts[2:] or parts[1:])


def _shortened(text: str, limit: int = 110) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
