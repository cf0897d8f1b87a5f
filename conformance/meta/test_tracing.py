"""Tracing both ways: every clause has a check, every law has a clause, every table has a reader."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from conformance import planning, specification
from conformance.backend import Backend
from conformance.document import Clause
from conformance.meta.broken.sweep import items
from conformance.statement import compile_clause

PACKAGE = Path(specification.__file__).resolve().parent
SPECIFICATION = specification.load()


def laws() -> list[tuple[str, str, frozenset[str]]]:
    """(file and function, clause, fixtures) of every law."""
    found = []
    for file in sorted(PACKAGE.glob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                fixtures = frozenset(argument.arg for argument in node.args.args)
                found += [(f"{file.name}::{node.name}", clause, fixtures) for clause in marked(node)]
    return found


def marked(node: ast.FunctionDef) -> list[str]:
    """The clauses that the markers of a function name."""
    return [
        ast.literal_eval(decorator.args[0])
        for decorator in node.decorator_list
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.clause"
    ]


LAWS = laws()


def checked_by_rows() -> set[str]:
    """Clauses whose operation rows a law of their chapter holds to their formula."""
    chapters = {name.split("::")[0][5:-3] for name, clause, _ in LAWS if clause == planning.ANY_OPERATION}
    return {clause.id for chapter in chapters for clause, _ in SPECIFICATION.parameters(chapter)}


@pytest.mark.parametrize("clause", SPECIFICATION.clauses.values(), ids=lambda clause: clause.id)
def test_every_clause_has_a_check(clause: Clause) -> None:
    """An example that expects something, a law, or rows that a law reads."""
    tied = {name for _, name, _ in LAWS} | checked_by_rows()
    assert compile_clause(clause) or clause.id in tied, f"{clause.path}:{clause.line}: nothing checks this clause"


def test_every_clause_gives_an_item() -> None:
    """A law of rows with a property has at least one such row."""
    backend = Backend("everything", "1", namespace=None, devices=("cpu", "sim:0", "sim:1"), accelerator="sim:0")
    given = {slot.clause.id for slot, _ in items(planning.make(backend, (), "full"))}
    assert [clause for clause in SPECIFICATION.clauses if clause not in given] == []


@pytest.mark.parametrize(("law", "clause", "fixtures"), LAWS, ids=[f"{law}-{clause}" for law, clause, _ in LAWS])
def test_every_law_has_a_clause(law: str, clause: str, fixtures: frozenset[str]) -> None:
    """The marker names a clause of the specification, and a law records what it finds."""
    assert clause == planning.ANY_OPERATION or clause in SPECIFICATION.clauses
    assert "trial" in fixtures, f"{law} takes no trial: it cannot record a case"


def test_every_test_of_a_chapter_is_a_law() -> None:
    """A module of laws holds nothing else."""
    for file in sorted(PACKAGE.glob("test_*.py")):
        assert file.stem.removeprefix("test_") in SPECIFICATION.chapters, f"{file.name} belongs to no chapter"
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                assert marked(node), f"{file.name}::{node.name} names no clause"


def test_every_table_has_a_reader() -> None:
    """A table without an example is read by a law: by rows, or by operations."""
    by_rows = {clause for _, clause, fixtures in LAWS if "row" in fixtures}
    for clause in SPECIFICATION.clauses.values():
        for table in clause.tables:
            if table.is_operations:
                assert clause.id in checked_by_rows(), f"{clause.path}:{table.line}: no law reads these operations"
            elif not clause.is_example:
                assert clause.id in by_rows, f"{clause.path}:{table.line}: nobody uses this table"


def test_every_chapter_is_listed() -> None:
    """The specification's README links to each chapter once, and to nothing that is not there."""
    text = (SPECIFICATION.directory / "README.md").read_text(encoding="utf-8")
    linked = [word for word in specification.CHAPTER_LINK.findall(text) if word != "rationale"]
    assert linked == list(SPECIFICATION.chapters)


@pytest.mark.skipif(not (PACKAGE.parent / "CONTRIBUTING.md").is_file(), reason="the guides stand in the source tree")
@pytest.mark.parametrize("guide", ["README.md", "CONTRIBUTING.md"])
def test_guides_name_clauses_that_exist(guide: str) -> None:
    """An id in a guide is an id of the specification."""
    text = (PACKAGE.parent / guide).read_text(encoding="utf-8")
    chapters = "|".join(SPECIFICATION.chapters)
    named = set(re.findall(rf"(?<![\w./`*])(?:{chapters})(?:\.[a-z-]+)+(?![\w.*]*[*(])", text))
    named = {name for name in named if not name.endswith((".md", ".py"))}
    assert named
    assert named <= set(SPECIFICATION.clauses)


def test_laws_are_found() -> None:
    """The walk over the laws is not empty."""
    assert len(LAWS) > 10
