"""Reading one specification document: Markdown in, clauses with line numbers out.

The grammar is told in ``spec/README.md``. Whatever departs from it is a `SpecificationError` that names file, line
and what was expected.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

PART = r"[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*"
CLAUSE_ID = re.compile(rf"{PART}(\.{PART}){{1,3}}")
LOOKS_LIKE_ID = re.compile(r"[\w-]+(\.[\w-]*)+")
REQUIRES = re.compile(r"\*Requires: (?P<names>[^*]+?)\.\*")
NORMATIVE = re.compile(r"\b(should|must|may|shall)\b", re.IGNORECASE)
CODE_SPAN = re.compile(r"(`+) ?(?P<code>.+?) ?\1")
UNESCAPED_PIPE = re.compile(r"(?<!\\)\|")


class SpecificationError(Exception):
    """A document departs from the grammar; the message is ``file:line: what was expected``."""

    def __init__(self, path: str, line: int, message: str) -> None:
        super().__init__(f"{path}:{line}: {message}")
        self.path, self.line, self.message = path, line, message


@dataclass(frozen=True)
class Block:
    """A ``py`` block: its source and the line of the document on which the source begins."""

    source: str
    line: int


@dataclass(frozen=True)
class Row:
    """A table row: cells without their backticks."""

    cells: tuple[str, ...]
    line: int


@dataclass(frozen=True)
class Table:
    """A parameter table; `columns` are names, `rows` are cases."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    line: int

    @property
    def is_operations(self) -> bool:
        """Whether the rows are ways to call an operation, with inputs and a formula."""
        return {"call", "inputs", "equals"} <= set(self.columns)

    def records(self) -> Iterator[dict[str, str]]:
        """Each row as column → cell."""
        for row in self.rows:
            yield dict(zip(self.columns, row.cells, strict=True))


@dataclass(frozen=True)
class Clause:
    """One idea of the specification, with its examples and tables."""

    id: str
    path: str
    line: int
    text: str
    requires: tuple[str, ...]
    blocks: tuple[Block, ...]
    tables: tuple[Table, ...]

    @property
    def chapter(self) -> str:
        """The first word of the id, which names the document too."""
        return self.id.split(".")[0]

    @property
    def is_example(self) -> bool:
        """Whether the clause carries examples of its own (otherwise a law checks it)."""
        return bool(self.blocks)


@dataclass(frozen=True)
class Document:
    """A chapter: the clauses of one file, in order."""

    path: str
    chapter: str
    title: str
    clauses: tuple[Clause, ...]


def read_document(file: Path, name: str | None = None) -> Document:
    """Parse the chapter in `file`; `name` is the path that errors and clauses show.

    Raises:
        SpecificationError: the file departs from the grammar.
    """
    path = name or f"{file.parent.name}/{file.name}"
    try:
        source = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise SpecificationError(path, 1, f"expected UTF-8 text: {error}") from error
    return parse_document(source, path, file.stem)


def parse_document(source: str, path: str, chapter: str) -> Document:
    """Parse `source` as the chapter `chapter`."""
    reader = _Reader(path, chapter, source.splitlines())
    markdown = MarkdownIt("commonmark").enable("table")
    markdown.core.ruler.enableOnly(["normalize", "block"])  # the text inside a block is read as it is written
    tokens = markdown.parse(source)
    for index, token in enumerate(tokens):
        reader.take(token, tokens, index)
    reader.close_clause()
    if not reader.title:
        raise SpecificationError(path, 1, "expected a title: a first line `# Word`")
    return Document(path, chapter, reader.title, tuple(reader.clauses))


class _Reader:
    """Collects clauses while the tokens of one document go by."""

    def __init__(self, path: str, chapter: str, lines: list[str]) -> None:
        self.path, self.chapter, self.lines = path, chapter, lines
        self.title = ""
        self.clauses: list[Clause] = []
        self._open: _Draft | None = None
        self._in_table = False

    def take(self, token: Token, tokens: list[Token], index: int) -> None:
        """Read one token; headings, fences and tables matter, and paragraphs inside a clause."""
        line = token.map[0] + 1 if token.map else 0
        if token.type == "heading_open":
            self._heading(tokens[index + 1].content, token.tag, line)
        elif token.type == "fence":
            self._fence(token, line)
        elif token.type == "table_open":
            self._in_table = True
            self._table(tokens, index, line)
        elif token.type == "table_close":
            self._in_table = False
        elif token.type == "inline" and tokens[index - 1].type == "paragraph_open":
            self._paragraph(token.content, line)

    def close_clause(self) -> None:
        """End the clause being read, if one is open."""
        if self._open is not None:
            self.clauses.append(self._open.finish(self.path))
            self._open = None

    def _heading(self, text: str, tag: str, line: int) -> None:
        self.close_clause()
        if tag == "h1":
            if self.title:
                raise self._error(line, "expected one title; this is a second `#` heading")
            self.title = text
        elif CLAUSE_ID.fullmatch(text):
            self._open_clause(text, line)
        elif LOOKS_LIKE_ID.fullmatch(text):
            raise self._error(
                line,
                f"expected a clause id: two to four lowercase words joined by dots (hyphens inside a word, and no word"
                f" that begins with a digit), not `{text}`",
            )

    def _open_clause(self, name: str, line: int) -> None:
        if name.split(".")[0] != self.chapter:
            raise self._error(line, f"expected a clause id that begins with `{self.chapter}.`, not `{name}`")
        earlier = next((clause for clause in self.clauses if clause.id == name), None)
        if earlier is not None:
            raise self._error(line, f"duplicate clause id `{name}`, first used on line {earlier.line}")
        self._open = _Draft(name, line)

    def _fence(self, token: Token, line: int) -> None:
        if token.info.strip() != "py":
            return
        if self._open is None:
            raise self._error(line, "expected a clause heading before this example; a `py` block belongs to a clause")
        self._open.parts.append(Block(token.content, line + 1))

    def _table(self, tokens: list[Token], index: int, line: int) -> None:
        if self._open is None:
            raise self._error(line, "expected a clause heading before this table")
        rows: list[Row] = []
        for position in range(index, len(tokens)):
            token = tokens[position]
            if token.type == "table_close":
                break
            if token.type == "tr_open" and token.map:
                rows.append(Row(tuple(_cells(tokens, position)), token.map[0] + 1))
        header, body = rows[0], rows[1:]
        self._check_table(header, body, line)
        self._open.parts.append(Table(header.cells, tuple(body), line))

    def _check_table(self, header: Row, body: list[Row], line: int) -> None:
        for name in header.cells:
            if not name.isidentifier():
                raise self._error(line, f"expected column names that are Python names, not `{name}`")
        if len(set(header.cells)) != len(header.cells):
            raise self._error(line, "expected different column names")
        if not body:
            raise self._error(line, "expected at least one row below the header")
        for row in body:
            raw = self.lines[row.line - 1].strip().removeprefix("|").removesuffix("|")
            width = len(UNESCAPED_PIPE.split(raw))
            if width != len(header.cells):
                raise self._error(
                    row.line,
                    f"expected {len(header.cells)} cells, as the header has, not {width} (a bar in a cell is \\|)",
                )

    def _paragraph(self, text: str, line: int) -> None:
        if self._open is None or self._in_table:
            return
        match = REQUIRES.search(text)
        if match:
            names = tuple(name.strip() for name in match["names"].split(","))
            self._open.requires += names
            text = (text[: match.start()] + text[match.end() :]).strip()
        elif text.startswith("*Requires"):
            raise self._error(line, "expected `*Requires: name, name.*` with a final full stop inside the asterisks")
        if NORMATIVE.search(CODE_SPAN.sub("", text)):
            word = NORMATIVE.search(CODE_SPAN.sub("", text))
            raise self._error(line, f"expected a fact; `{word[0] if word else ''}` is not a clause's word")
        if text:
            self._open.text.append(" ".join(text.split()))

    def _error(self, line: int, message: str) -> SpecificationError:
        return SpecificationError(self.path, line, message)


class _Draft:
    """A clause while its lines are being read."""

    def __init__(self, name: str, line: int) -> None:
        self.name, self.line = name, line
        self.text: list[str] = []
        self.requires: tuple[str, ...] = ()
        self.parts: list[Block | Table] = []

    def finish(self, path: str) -> Clause:
        """Check the clause as a whole and freeze it."""
        if not self.text:
            raise SpecificationError(path, self.line, f"expected a sentence that states clause `{self.name}`")
        blocks = tuple(part for part in self.parts if isinstance(part, Block))
        tables = tuple(part for part in self.parts if isinstance(part, Table))
        last = self.parts[-1] if self.parts else None
        if blocks and isinstance(last, Table):
            raise SpecificationError(path, last.line, "nobody uses this table: expected an example below it")
        if blocks and len(tables) > 1:
            raise SpecificationError(path, tables[1].line, "expected one table to an example; split the clause")
        if blocks and tables and not isinstance(self.parts[0], Table):
            raise SpecificationError(path, tables[0].line, "expected the table above every example that it serves")
        if blocks and any(table.is_operations for table in tables):
            raise SpecificationError(path, tables[0].line, "expected no example in a clause with an operation table")
        text = "\n\n".join(self.text)
        return Clause(self.name, path, self.line, text, self.requires, blocks, tables)


def _cells(tokens: list[Token], start: int) -> Iterator[str]:
    """The cells of the row that opens at `start`; a cell that is one code span loses its backticks."""
    for token in tokens[start:]:
        if token.type == "tr_close":
            return
        if token.type == "inline":
            span = CODE_SPAN.fullmatch(token.content)
            yield span["code"] if span else token.content
