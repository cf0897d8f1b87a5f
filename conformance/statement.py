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
    """One statement: `code` to run (an expression when `is_expression`), what it gives, and how it is shown."""

    code: CodeType
    line: int
    source: str
    expectation: Expectation | None
    is_expression: bool
    nested: tuple[Statement, ...] = ()


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
        source = ast.get_source_segment(self.block.source, node) or ""
        expectation = self._expectation(node)
        tree: ast.Module | ast.Expression
        is_expression = isinstance(node, ast.Expr)
        tree = ast.Expression(node.value) if isinstance(node, ast.Expr) else ast.Module([node], [])
        if expectation is not None and expectation.form in ("gives", "one of") and not is_expression:
            message = "expected an expression before `->` or `in`: an assignment or a block gives nothing"
            raise SpecificationError(self.path, expectation.line, message)
        first = node.lineno + self.block.line - 1
        ast.increment_lineno(ast.fix_missing_locations(tree), self.block.line - 1)
        code = compile(tree, self.path, "eval" if is_expression else "exec")
        return Statement(code, first, source, expectation, is_expression, tuple(nested))

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
        source = ast.get_source_segment(self.block.source, node) or ""
        code = compile("None", self.path, "eval")
        return Statement(code, node.lineno + self.block.line - 1, source, expectation, True)


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
