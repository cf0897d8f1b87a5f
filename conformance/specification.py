"""The whole specification: every chapter, the capabilities, the hash, and how clauses are chosen."""

from __future__ import annotations

import difflib
import fnmatch
import functools
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from conformance import SPECIFICATION_VERSION
from conformance.document import CODE_SPAN, Clause, Document, SpecificationError, Table, read_document

NOT_CHAPTERS = {"README.md", "rationale.md"}
CHAPTER_LINK = re.compile(r"\]\(([a-z]+)\.md\)")
CAPABILITY_ROW = re.compile(r"\| `(?P<name>[\w-]+)` \| (?P<devices>cpu|all) \| (?P<meaning>.+) \|")


class SelectionError(ValueError):
    """A selector or profile that names nothing, with a suggestion."""


@dataclass(frozen=True)
class Capability:
    """Something a backend may lack; its clauses run on the cpu device only, or on all of them."""

    name: str
    devices: Literal["cpu", "all"]
    meaning: str


@dataclass(frozen=True, eq=False)
class Specification:
    """Every document of a specification."""

    documents: tuple[Document, ...]
    capabilities: Mapping[str, Capability]
    directory: Path
    version: str = SPECIFICATION_VERSION

    @functools.cached_property
    def clauses(self) -> dict[str, Clause]:
        """Clause id → clause, in the order of the documents."""
        return {clause.id: clause for document in self.documents for clause in document.clauses}

    @property
    def chapters(self) -> tuple[str, ...]:
        """The chapter words, in order."""
        return tuple(document.chapter for document in self.documents)

    @functools.cached_property
    def hash(self) -> str:
        """Twelve hexadecimal digits that change when a clause id, its text, an example or a table changes."""
        digest = hashlib.sha256()
        for clause in self.clauses.values():
            sources = [block.source for block in clause.blocks]
            tables = [(table.columns, [row.cells for row in table.rows]) for table in clause.tables]
            digest.update(repr((clause.id, clause.text, clause.requires, sources, tables)).encode())
        return digest.hexdigest()[:12]

    @property
    def profiles(self) -> tuple[str, ...]:
        """Every name that `--profile` takes."""
        return ("core", "full", "quick", *self.chapters, *self.capabilities)

    def profile(self, name: str) -> list[Clause]:
        """The clauses of a profile: `core` (requires nothing), `full`, `quick`, a chapter or a capability."""
        everything = list(self.clauses.values())
        if name in ("full", "quick"):
            return everything
        if name == "core":
            return [clause for clause in everything if not clause.requires]
        if name in self.chapters:
            return [clause for clause in everything if clause.chapter == name]
        if name in self.capabilities:
            return [clause for clause in everything if name in clause.requires]
        raise SelectionError(f"no profile is called `{name}`{suggest(name, self.profiles)}")

    def select(self, selectors: Sequence[str], profile: str = "full") -> list[Clause]:
        """The clauses of `profile` that `selectors` choose, in document order.

        A selector is a full-match glob over ids (``view.*``); ``!glob`` takes clauses away again, and
        ``@requires:name`` chooses by capability. No selector, or only negative ones, start from the whole profile.

        Raises:
            SelectionError: a selector matches no clause.
        """
        pool = self.profile(profile)
        positive = [selector for selector in selectors if not selector.startswith("!")]
        negative = [selector[1:] for selector in selectors if selector.startswith("!")]
        chosen = {clause.id for selector in positive for clause in self._matching(selector)}
        dropped = {clause.id for selector in negative for clause in self._matching(selector)}
        return [clause for clause in pool if (not positive or clause.id in chosen) and clause.id not in dropped]

    def _matching(self, selector: str) -> list[Clause]:
        if selector.startswith("@requires:"):
            return self.profile(self._known_capability(selector.removeprefix("@requires:")))
        found = [clause for name, clause in self.clauses.items() if fnmatch.fnmatchcase(name, selector)]
        if not found and selector in self.chapters:
            raise SelectionError(f"no clause is called `{selector}`; for the whole chapter write `{selector}.*`")
        if not found:
            known = [*self.clauses, *(f"{chapter}.*" for chapter in self.chapters)]
            raise SelectionError(f"no clause matches `{selector}`{suggest(selector, known)}")
        return found

    def _known_capability(self, name: str) -> str:
        if name not in self.capabilities:
            raise SelectionError(f"no capability is called `{name}`{suggest(name, self.capabilities)}")
        return name

    def parameters(self, chapter: str) -> list[tuple[Clause, Table]]:
        """The operation tables of a chapter with the clauses that hold them."""
        clauses = (clause for clause in self.clauses.values() if clause.chapter == chapter)
        return [(clause, table) for clause in clauses for table in clause.tables if table.is_operations]


def suggest(name: str, known: Iterable[str]) -> str:
    """`; did you mean …?` for the nearest of `known`, or nothing."""
    near = difflib.get_close_matches(name, list(dict.fromkeys(known)), n=3)
    return f"; did you mean {' or '.join(f'`{word}`' for word in near)}?" if near else ""


def find() -> Path:
    """The directory of the documents: inside the installed package, or beside it in the source tree."""
    package = Path(__file__).resolve().parent
    for candidate in (package / "spec", package.parent / "spec"):
        if (candidate / "README.md").is_file():
            return candidate
    raise FileNotFoundError(f"no specification beside {package}: the installation of tensor-conformance is incomplete")


@functools.cache
def load(directory: Path | None = None) -> Specification:
    """Read every chapter in `directory` (the shipped specification by default).

    Raises:
        SpecificationError: a document departs from the grammar.
    """
    directory = directory or find()
    capabilities = read_capabilities(directory / "README.md")
    documents = tuple(read_document(file) for file in chapter_files(directory))
    for document in documents:
        for clause in document.clauses:
            _check_requires(clause, capabilities)
    return Specification(documents, capabilities, directory)


def chapter_files(directory: Path) -> list[Path]:
    """The documents of `directory` in the order in which its README links to them; unlinked ones follow by name."""
    readme = directory / "README.md"
    linked = CHAPTER_LINK.findall(readme.read_text(encoding="utf-8")) if readme.is_file() else []
    files = sorted(file for file in directory.glob("*.md") if file.name not in NOT_CHAPTERS)
    return sorted(files, key=lambda file: linked.index(file.stem) if file.stem in linked else len(linked))


def read_capabilities(file: Path) -> dict[str, Capability]:
    """The table of capabilities in the specification's README."""
    rows = CAPABILITY_ROW.finditer(file.read_text(encoding="utf-8")) if file.is_file() else iter(())
    return {row["name"]: Capability(row["name"], _devices(row["devices"]), _plain(row["meaning"])) for row in rows}


def _devices(word: str) -> Literal["cpu", "all"]:
    return "cpu" if word == "cpu" else "all"


def _plain(text: str) -> str:
    return CODE_SPAN.sub(lambda span: span["code"], text).strip()


def _check_requires(clause: Clause, capabilities: Mapping[str, Capability]) -> None:
    for name in clause.requires:
        if name not in capabilities:
            message = f"unknown capability `{name}` in clause `{clause.id}`{suggest(name, capabilities)}"
            raise SpecificationError(clause.path, clause.line, f"{message} (the table in spec/README.md lists them)")
