"""Which laws are tied to a clause: read from the sources, so that nothing has to be imported."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from conformance.command.launch import PACKAGE
from conformance.document import Clause

ANY_OPERATION = "@operation"


@dataclass(frozen=True)
class Law:
    """A test function, where it stands, and what it says in one line."""

    clause: str
    chapter: str
    name: str
    place: str
    text: str
    sweeps: bool = False


@functools.cache
def laws() -> tuple[Law, ...]:
    """Every law of the package."""
    return tuple(law for file in sorted(PACKAGE.glob("test_*.py")) for law in _of_file(file))


def laws_of(clause: Clause) -> list[Law]:
    """The laws that check `clause`: those that name it, and those for the rows of its operation table."""
    holds_operations = any(table.is_operations for table in clause.tables)
    return [
        law
        for law in laws()
        if law.clause == clause.id
        or (law.clause == ANY_OPERATION and holds_operations and law.chapter == clause.chapter)
    ]


def sweeps(chapter: str) -> list[str]:
    """The clauses of `chapter` whose laws go through all rows of its operation tables."""
    return list(dict.fromkeys(law.clause for law in laws() if law.chapter == chapter and law.sweeps))


def _of_file(file: Path) -> Iterator[Law]:
    chapter = file.stem.removeprefix("test_")
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if not isinstance(node, ast.FunctionDef):
            continue
        for decorator in node.decorator_list:
            if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.clause":
                text = (ast.get_docstring(node) or "").partition("\n")[0]
                place = f"{file.parent.name}/{file.name}:{node.lineno}"
                word = _word(decorator)
                takes = "operation" in {argument.arg for argument in node.args.args}
                yield Law(word, chapter, node.name, place, text, takes and word != ANY_OPERATION)


def _word(decorator: ast.Call) -> str:
    argument = decorator.args[0] if decorator.args else None
    return str(argument.value) if isinstance(argument, ast.Constant) else ANY_OPERATION
