"""Every departure from the grammar is an error that names file, line and what was expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.document import SpecificationError, parse_document
from conformance.specification import load
from conformance.statement import compile_clause

CLAUSE = "# View\n\n### view.a\n\nA fact.\n\n"

MALFORMED = {
    "no title": ("### view.a\n\nA fact.\n", "x.md:1: expected a title"),
    "two titles": ("# View\n\n# Again\n", "x.md:3: expected one title"),
    "capital in an id": ("# View\n\n### view.Alias\n\nA fact.\n", "x.md:3: expected a clause id"),
    "number in an id": ("# View\n\n### view.alias.2\n\nA fact.\n", "x.md:3: expected a clause id"),
    "five parts": ("# View\n\n### view.a.b.c.d\n\nA fact.\n", "x.md:3: expected a clause id"),
    "another chapter's id": (
        "# View\n\n### index.a\n\nA fact.\n",
        "x.md:3: expected a clause id that begins with `view.`",
    ),
    "duplicate id": (
        CLAUSE + "### view.a\n\nA fact.\n",
        "x.md:7: duplicate clause id `view.a`, first used on line 3",
    ),
    "clause without a sentence": ("# View\n\n### view.a\n\n```py\n1  # -> 1\n```\n", "x.md:3: expected a sentence"),
    "normative word": ("# View\n\n### view.a\n\nIt must alias.\n", "x.md:5: expected a fact; `must`"),
    "example without a clause": ("# View\n\n```py\n1  # -> 1\n```\n", "x.md:3: expected a clause heading before"),
    "example after a grouping heading": (
        CLAUSE + "## Errors\n\n```py\n1  # -> 1\n```\n",
        "x.md:9: expected a clause heading before",
    ),
    "table without a clause": ("# View\n\n| a |\n|---|\n| 1 |\n", "x.md:3: expected a clause heading before"),
    "table too wide": (CLAUSE + "| a | b |\n|---|---|\n| 1 | 2 |\n| 1 | 2 | 3 |\n", "x.md:10: expected 2 cells"),
    "table too narrow": (
        CLAUSE + "| a | b |\n|---|---|\n| 1 |\n",
        "x.md:9: expected 2 cells, as the header has, not 1",
    ),
    "column that is no name": (CLAUSE + "| a b |\n|---|\n| 1 |\n", "x.md:7: expected column names"),
    "column twice": (CLAUSE + "| a | a |\n|---|---|\n| 1 | 2 |\n", "x.md:7: expected different column names"),
    "table without rows": (CLAUSE + "| a |\n|---|\n", "x.md:7: expected at least one row"),
    "table nobody uses": (CLAUSE + "```py\n1  # -> 1\n```\n\n| a |\n|---|\n| 1 |\n", "x.md:11: nobody uses this table"),
    "two tables to an example": (
        CLAUSE + "| a |\n|---|\n| 1 |\n\ntext\n\n| b |\n|---|\n| 1 |\n\n```py\na  # -> 1\n```\n",
        "x.md:13: expected one table",
    ),
    "operation table with an example": (
        CLAUSE + "| call | inputs | equals |\n|---|---|---|\n| f(x) | x(2) | x |\n\n```py\n1  # -> 1\n```\n",
        "x.md:7: expected no example in a clause with an operation table",
    ),
    "requirement without its stop": (CLAUSE + "*Requires: complex*\n", "x.md:7: expected `*Requires: name, name.*`"),
}

BAD_EXAMPLES = {
    "no Python": ("x = (\n", "x.md:8: expected Python in this example"),
    "bad indentation": ("x = 1\n  y = 2\n", "x.md:9: expected Python: unexpected indent"),
    "unknown form": ("1 + 1  # => 2\n", "x.md:8: unknown expectation form `# => 2`"),
    "no words": ("f()  # raises TypeError\n", "x.md:8: unknown expectation form"),
    "no tuple": ("f()  # in [1, 2]\n", "x.md:8: unknown expectation form"),
    "no expression": ("x = 1\nx  # -> 1 +\n", "x.md:9: expected a Python expression, not `1 +`"),
    "alternatives that are no tuple": ("x  # in (1)\n", "x.md:8: expected a tuple of alternatives"),
    "an assignment gives nothing": ("x = 1  # -> 1\n", "x.md:8: expected an expression before `->`"),
    "comment inside a statement": ("x = [\n    1,  # -> 1\n]\n", "x.md:9: expected `# -> 1` on the last line"),
    "comment on a block's first line": ("with f():  # -> 1\n    g()\n", "x.md:8: expected `# -> 1` on the last line"),
    "nothing is expected": ("x = 1\n", "x.md:8: expected at least one comment"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_document(name: str) -> None:
    """Documents that depart from the grammar."""
    source, message = MALFORMED[name]
    with pytest.raises(SpecificationError) as caught:
        parse_document(source, "x.md", "view")
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("name", BAD_EXAMPLES)
def test_malformed_example(name: str) -> None:
    """Examples that depart from the grammar."""
    source, message = BAD_EXAMPLES[name]
    document = parse_document(f"{CLAUSE}```py\n{source}```\n", "x.md", "view")
    with pytest.raises(SpecificationError) as caught:
        compile_clause(document.clauses[0])
    assert str(caught.value).startswith(message)


def test_unknown_capability(tmp_path: Path) -> None:
    """A capability that the README does not list, with the nearest one that it does."""
    (tmp_path / "README.md").write_text("| `complex` | all | complex numbers |\n")
    (tmp_path / "view.md").write_text("# View\n\n### view.a\n\nA fact.\n\n*Requires: complx.*\n")
    with pytest.raises(SpecificationError, match=r"view.md:3: unknown capability `complx`.*did you mean `complex`"):
        load(tmp_path)


def test_statement_lines_name_the_document() -> None:
    """A statement is compiled with the document's path and line."""
    source = CLAUSE + "```py\nx = 1\nx + 1  # -> 2\n```\n"
    statements = compile_clause(parse_document(source, "spec/view.md", "view").clauses[0])
    assert [statement.line for statement in statements] == [8, 9]
    assert statements[1].code.co_filename == "spec/view.md"
    assert {line for _, _, line in statements[1].code.co_lines() if line} == {9}


def test_comment_forms() -> None:
    """The four forms, on one line, over several lines and inside a block."""
    lines = ["f(", "    1,", ")  # -> 2", "x  # in (1, 2)", "with g():", "    h()  # raises OSError: a, b: c"]
    source = "\n".join([*lines, "k()  # warns UserWarning: w", ""])
    statements = compile_clause(parse_document(f"{CLAUSE}```py\n{source}```\n", "x.md", "view").clauses[0])
    nested = statements[2].nested[0].expectation
    assert [str(s.expectation) for s in (statements[0], statements[1], statements[3])] == [
        "2",
        "one of (1, 2)",
        "warns UserWarning: w",
    ]
    assert str(nested) == "raises OSError: a, b: c"
