"""The statements of an example, compiled with the document's path and lines."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType

from conformance.document import Block, Clause, SpecificationError
from conformance.expectation import Expectation, parse_comment, trailing_comments

NESTED = "__expect__"


@dataclass(frozen=True)
class Statement:
    """One statement: its syntax `tree`, what it gives, and how it is shown."""

    tree: ast.Module | ast.Expression
    path: str
    line: int
    source: str
    expectation: Expectation | None
    nested: tuple[Statement, ...] = ()

    @property
    def is_expression(self) -> bool:
        """Whether running it gives a value."""
        return isinstance(self.tree, ast.Expression)

    @functools.cached_property
    def code(self) -> CodeType:
        """What runs; compiled when it first does."""
        return compile(self.tree, self.path, "eval" if self.is_expression else "exec")


@functools.cache
def compile_clause(clause: Clause) -> tuple[Statement, ...]:
    """The statements of all blocks of `clause`, in order.

    Raises:
        SpecificationError: a block is no Python, or a comment on a statement has no known form.
    """
    found = tuple(statement for block in clause.blocks for statement in _Compiler(block, clause.path).statements())
    if found and not any(statement.expectation or statement.nested for statement in found):
        message = "expected at least one comment: an example that expects nothing checks nothing"
        raise SpecificationError(clause.path, clause.blocks[0].line, message)
    return found


@functools.cache
def compile_expression(source: str, path: str, line: int) -> CodeType:
    """Compile a table cell or the right-hand side of an expectation, so that errors name the document."""
    try:
        tree = ast.parse(source.strip(), mode="eval")
    except SyntaxError as error:
        raise SpecificationError(path, line, f"expected a Python expression, not `{source}`: {error.msg}") from error
    ast.increment_lineno(tree, line - 1)
    return compile(tree, path, "eval")


class _Compiler:
    """Compiles one block."""

    def __init__(self, block: Block, path: str) -> None:
        self.block, self.path = block, path
        self.lines = block.source.splitlines()
        self.comments = trailing_comments(block, path)
        self.used: set[int] = set()

    def statements(self) -> Iterator[Statement]:
        """Every top-level statement; afterwards each trailing comment has found its statement."""
        try:
            tree = ast.parse(self.block.source)
        except SyntaxError as error:
            line = self.block.line + (error.lineno or 1) - 1
            raise SpecificationError(self.path, line, f"expected Python: {error.msg}") from error
        found = [self._statement(node) for node in tree.body]
        for line, comment in self.comments.items():
            if line not in self.used:
                message = f"expected `{comment}` on the last line of a statement that it can speak of"
                raise SpecificationError(self.path, line, message)
        yield from found

    def _statement(self, node: ast.stmt) -> Statement:
        nested: list[Statement] = []
        if isinstance(node, ast.With | ast.If | ast.For | ast.While | ast.Try | ast.FunctionDef | ast.ClassDef):
            node = _Nested(self, nested).visit(node)
        source = self._source(node)
        expectation = self._expectation(node)
        tree: ast.Module | ast.Expression
        tree = ast.Expression(node.value) if isinstance(node, ast.Expr) else ast.Module([node], [])
        if expectation is not None and expectation.form in ("gives", "one of") and not isinstance(node, ast.Expr):
            message = "expected an expression before `->` or `in`: an assignment or a block gives nothing"
            raise SpecificationError(self.path, expectation.line, message)
        first = node.lineno + self.block.line - 1
        ast.increment_lineno(ast.fix_missing_locations(tree), self.block.line - 1)
        return Statement(tree, self.path, first, source, expectation, tuple(nested))

    def _source(self, node: ast.stmt) -> str:
        """The text of a statement, without the comment behind it."""
        last = node.end_lineno or node.lineno
        lines = self.lines[node.lineno - 1 : last]
        lines[-1] = lines[-1].encode()[: node.end_col_offset].decode()  # columns count bytes
        lines[0] = lines[0].encode()[node.col_offset :].decode()
        return "\n".join(lines)

    def _expectation(self, node: ast.stmt) -> Expectation | None:
        line = (node.end_lineno or node.lineno) + self.block.line - 1
        if line not in self.comments or line in self.used:
            return None
        self.used.add(line)
        return parse_comment(self.comments[line], self.path, line)

    def nested_statement(self, node: ast.Expr) -> Statement | None:
        """An expression inside a block (``with``) that carries an expectation."""
        expectation = self._expectation(node)
        if expectation is None:
            return None
        nothing = ast.Expression(ast.Constant(None))  # what runs is the thunk that the block hands over
        return Statement(nothing, self.path, node.lineno + self.block.line - 1, self._source(node), expectation)


class _Nested(ast.NodeTransformer):
    """Turns expressions with expectations inside a block into ``__expect__(index, lambda: expression)``."""

    def __init__(self, compiler: _Compiler, found: list[Statement]) -> None:
        self.compiler, self.found = compiler, found

    def visit_Expr(self, node: ast.Expr) -> ast.stmt:
        statement = self.compiler.nested_statement(node)
        if statement is None:
            return node
        self.found.append(statement)
        thunk = ast.Lambda(ast.arguments([], [], None, [], [], None, []), node.value)
        call = ast.Call(ast.Name(NESTED, ast.Load()), [ast.Constant(len(self.found) - 1), thunk], [])
        return ast.copy_location(ast.Expr(call), node)
