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
    """Chapter, group, clause: every part of an id is said once; groups stand in the order of their first clauses."""
    chapters: dict[str, dict[str, list[Clause]]] = {}
    for clause in clauses:
        chapters.setdefault(clause.chapter, {}).setdefault(_group(clause), []).append(clause)
    width = max((len(leaf) + indent for leaf, indent in map(_leaf, clauses)), default=0) + 2
    for chapter, groups in chapters.items():
        click.secho(f"{chapter} ({sum(map(len, groups.values()))})", bold=True)
        for name, members in groups.items():
            members.sort(key=lambda clause: clause.id.count(".") > 1)
            if members[0].id.count(".") > 1:
                click.echo(f"  {name}")
            for clause in members:
                leaf, indent = _leaf(clause)
                click.echo(f"{' ' * indent}{leaf:<{width - indent}}{_shortened(clause.text)}")
    click.echo(f"{len(clauses)} clause{'s' * (len(clauses) != 1)}", err=True)


def _group(clause: Clause) -> str:
    return clause.id.split(".")[1]


def _leaf(clause: Clause) -> tuple[str, int]:
    """What is left of the id behind its group, and how far it is indented."""
    _, group, *rest = clause.id.split(".")
    return (".".join(rest), 4) if rest else (group, 2)


def _shortened(text: str, limit: int = 110) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
