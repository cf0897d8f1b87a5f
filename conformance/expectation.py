"""What a statement of an example gives: the trailing comment, in one of four forms."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from dataclasses import dataclass
from typing import Literal

from conformance.document import Block, SpecificationError

Form = Literal["gives", "one of", "raises", "warns"]

FORMS: tuple[tuple[Form, re.Pattern[str]], ...] = (
    ("gives", re.compile(r"# -> (?P<value>\S.*)")),
    ("one of", re.compile(r"# in (?P<value>\(.+\))")),
    ("raises", re.compile(r"# raises (?P<kind>[A-Za-z_][\w.]*): (?P<words>\S.*)")),
    ("warns", re.compile(r"# warns (?P<kind>[A-Za-z_][\w.]*): (?P<words>\S.*)")),
)
FOUR_FORMS = "`# -> value`, `# in (a, b)`, `# raises Type: words` or `# warns Category: words`"


@dataclass(frozen=True)
class Expectation:
    """`value` is an expression for "gives" and "one of"; `kind` a class name and `words` a part of the message else."""

    form: Form
    line: int
    value: str = ""
    kind: str = ""
    words: str = ""

    def __str__(self) -> str:
        if self.form == "gives":
            return self.value
        if self.form == "one of":
            return f"one of {self.value}"
        return f"{self.form} {self.kind}: {self.words}"


def parse_comment(comment: str, path: str, line: int) -> Expectation:
    """Read one trailing comment.

    Raises:
        SpecificationError: it has none of the four forms, or its value is no Python expression.
    """
    for form, pattern in FORMS:
        match = pattern.fullmatch(comment.rstrip())
        if match is None:
            continue
        groups = match.groupdict()
        if "value" in groups:
            _check_expression(groups["value"], form, path, line)
        return Expectation(form, line, groups.get("value", ""), groups.get("kind", ""), groups.get("words", ""))
    raise SpecificationError(path, line, f"unknown expectation form `{comment}`: expected {FOUR_FORMS}")


def _check_expression(value: str, form: Form, path: str, line: int) -> None:
    try:
        tree = ast.parse(value, mode="eval")
    except SyntaxError as error:
        raise SpecificationError(path, line, f"expected a Python expression, not `{value}`: {error.msg}") from error
    if form == "one of" and not isinstance(tree.body, ast.Tuple):
        raise SpecificationError(path, line, f"expected a tuple of alternatives, such as (a, b), not `{value}`")


def trailing_comments(block: Block, path: str) -> dict[int, str]:
    """Document line → comment, for each comment that follows code on its line."""
    found: dict[int, str] = {}
    try:
        for token in tokenize.generate_tokens(io.StringIO(block.source).readline):
            if token.type == tokenize.COMMENT and token.line[: token.start[1]].strip():
                found[block.line + token.start[0] - 1] = token.string
    except (tokenize.TokenError, IndentationError, SyntaxError) as error:
        told = error.args[0] if error.args else error  # a TokenError's second argument is a place in the block
        raise SpecificationError(path, block.line, f"expected Python in this example: {told}") from error
    return found
