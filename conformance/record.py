"""Records: what a run says, one JSON line per item, written as it happens and read back later.

A run is a header line, a result line per item and an end line; one file may hold several runs one after the
other. A run without its end line is incomplete: readable as far as it goes, and without a score.
"""

from __future__ import annotations

import datetime
import platform
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import msgspec

from conformance import __version__
from conformance.specification import suggest
from conformance.status import STATUSES, Status

SCHEMA = 1
PACKAGES = ("ml_dtypes", "numpy", "pytest", "scipy", "torch")
PLACE = re.compile(r"[-\[](\w+(?::\d+)?)\]$")
FINISHED = (0, 1, 5)  # pytest's exit codes of a run that came to its end: all passed, some failed, nothing to run


class RecordError(ValueError):
    """A record that cannot be read; the message names the file and the line."""


class Edition(msgspec.Struct, frozen=True):
    """Which specification: its version and the hash of its clause list."""

    version: str
    hash: str = ""


class Plan(msgspec.Struct, frozen=True):
    """What was to run: ids of clauses in document order, and how many items.

    `narrowed` names the options that left items of these clauses out (`--device cpu`, `-k copy`).
    """

    clauses: tuple[str, ...] = ()
    items: int = 0
    profile: str = "full"
    select: tuple[str, ...] = ()
    narrowed: tuple[str, ...] = ()

    @property
    def is_narrowed(self) -> bool:
        """Whether less than the whole profile was to run; such a run never "conforms"."""
        return bool(self.select or self.narrowed)


class Claims(msgspec.Struct, frozen=True):
    """The backend and what it says of itself; `lacks` maps a capability to the reason."""

    name: str
    version: str = ""
    devices: tuple[str, ...] = ()
    accelerator: str | None = None
    lacks: dict[str, str] = {}


class Header(msgspec.Struct, frozen=True, tag_field="kind", tag="header"):
    """The first line of a run."""

    specification: Edition
    plan: Plan
    backend: Claims
    schema: int = SCHEMA
    tool: str = ""
    platform: str = ""
    python: str = ""
    packages: dict[str, str] = {}
    seed: int = 0
    started: str = ""


class Finding(msgspec.Struct, frozen=True, omit_defaults=True):
    """One check of a failing case: what was wanted, what came."""

    check: str
    want: str = ""
    got: str = ""
    ok: bool = False


class Failure(msgspec.Struct, frozen=True, omit_defaults=True):
    """The first case of its kind in full, and how many cases of the item failed the same way (`alike` names some).

    `where` is the statement of an example that ran last, `origin` the place in the library that raised.
    """

    case: str
    call: str = ""
    inputs: str = ""
    status: Status = "fail"
    count: int = 1
    checks: tuple[Finding, ...] = ()
    exception: str = ""
    where: str = ""
    origin: str = ""
    alike: tuple[str, ...] = ()


class Result(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="kind", tag="result"):
    """One item: a clause's example row or a law's operation row, on one device.

    In a file `item` stands without the clause before it (``[x + 1-cpu]``), `device` only where the item does not end
    with it, and `cases` only where they are not just one of the item's status; `read` puts all three back.
    """

    clause: str
    item: str
    status: Status
    device: str = ""
    cases: dict[Status, int] = {}
    failures: tuple[Failure, ...] = ()
    seconds: float = 0.0
    signal: int | None = None


class End(msgspec.Struct, frozen=True, tag_field="kind", tag="end"):
    """The last line of a run that came to its end; `exit` is pytest's exit code."""

    counts: dict[Status, int]
    items: int
    seconds: float = 0.0
    exit: int = 0


@dataclass
class Run:
    """One run as read back; `problems` say in words why it is not whole."""

    header: Header
    results: list[Result] = field(default_factory=list)
    end: End | None = None
    problems: list[str] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """The end line is there, and every planned item has its result."""
        return self.end is not None and not self.problems


class Writer:
    """Appends lines to an open record: header first, then results, the end last. Every line is flushed."""

    def __init__(self, path: str | Path, header: Header, *, append: bool = False) -> None:
        """Open `path` (emptied unless `append`) and write the header."""
        self._encoder = msgspec.json.Encoder()
        self._file: IO[bytes] = open(path, "ab" if append else "wb")  # noqa: SIM115 - open as long as the run
        self._write(header)

    def result(self, result: Result) -> None:
        """Write one item's line, short: seconds to a tenth of a millisecond, and nothing that its other fields tell."""
        own = len(result.clause) if result.item.startswith(f"{result.clause}[") else 0
        self._write(
            msgspec.structs.replace(
                result,
                item=result.item[own:],
                device="" if _device(result.item) == result.device else result.device,
                cases={} if result.cases == {result.status: 1} else result.cases,
                seconds=round(result.seconds, 4),
            )
        )

    def end(self, end: End) -> None:
        """Write the end line and close."""
        self._write(end)
        self.close()

    def close(self) -> None:
        """Close the file; without an end line the run stays incomplete."""
        self._file.close()

    def __enter__(self) -> Self:
        """The writer itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self.close()

    def _write(self, line: Header | Result | End) -> None:
        self._file.write(self._encoder.encode(line) + b"\n")
        self._file.flush()


def read(path: str | Path) -> list[Run]:
    """Every run of the file `path`; fields and kinds of line that this version does not know are ignored.

    Raises:
        RecordError: no run in the file, a line that is not JSON (other than a last line cut off), an unknown status,
            another major schema, a result without a header, or an item twice in one run.
        OSError: the file cannot be read.
    """
    reader = _Reader(str(path))
    for number, line in enumerate(Path(path).read_bytes().split(b"\n"), start=1):
        if line.strip():
            reader.take(line, number)
    return reader.finish()


class _Reader:
    """Takes lines one by one; a broken line is forgiven where a run was cut off: before a header, or at the end."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._runs: list[Run] = []
        self._seen: set[str] = set()
        self._broken: RecordError | None = None
        self._lines = msgspec.json.Decoder(Header | Result | End)

    def take(self, line: bytes, number: int) -> None:
        try:
            entry = self._lines.decode(line)
        except msgspec.ValidationError as error:
            self._refuse(line, number, error)
            return
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            self._raise_broken()
            self._broken = RecordError(f"{self._path}:{number}: not a line of JSON ({error})")
            if not self._runs:
                raise self._broken from None
            self._runs[-1].problems.append(f"cut off in the middle of line {number}")
            return
        if isinstance(entry, Header):
            self._open(entry, number)
        else:
            self._raise_broken()
            self._add(entry, number)

    def finish(self) -> list[Run]:
        """Every run, with its problems."""
        if not self._runs:
            raise RecordError(f"{self._path}: no run in this file (a record begins with a header line)")
        for run in self._runs:
            run.problems.extend(_problems(run))
        return self._runs

    def _raise_broken(self) -> None:
        if self._broken is not None:
            raise self._broken

    def _open(self, header: Header, number: int) -> None:
        if header.schema != SCHEMA:
            raise self._schema_error(header.schema, number)
        self._runs.append(Run(header))
        self._seen = set()
        self._broken = None

    def _add(self, entry: Result | End, number: int) -> None:
        kind = "result" if isinstance(entry, Result) else "end"
        if not self._runs or self._runs[-1].end is not None:
            raise RecordError(f"{self._path}:{number}: {kind} line without a header before it")
        run = self._runs[-1]
        if isinstance(entry, End):
            run.end = entry
            return
        entry = _whole(entry)
        if entry.item in self._seen:
            raise RecordError(f"{self._path}:{number}: item `{entry.item}` stands twice in one run")
        self._seen.add(entry.item)
        run.results.append(entry)

    def _refuse(self, line: bytes, number: int, error: msgspec.ValidationError) -> None:
        """Say what is wrong with valid JSON of another shape; a kind of line from a later version is passed over."""
        raw: Any = msgspec.json.decode(line)
        kind = raw.get("kind") if isinstance(raw, dict) else None
        if not isinstance(kind, str):
            raise RecordError(f"{self._path}:{number}: not a line of a record ({error})") from None
        if kind == "header" and raw.get("schema") != SCHEMA:
            raise self._schema_error(raw.get("schema"), number) from None
        for status in _statuses(raw):
            if status not in STATUSES:
                known = suggest(status, STATUSES) or f" (known: {', '.join(STATUSES)})"
                raise RecordError(f"{self._path}:{number}: unknown status `{status}`{known}") from None
        if kind in ("header", "result", "end"):
            raise RecordError(f"{self._path}:{number}: {kind} line: {error}") from None

    def _schema_error(self, found: object, number: int) -> RecordError:
        message = f"schema {found} where this version of tensor-conformance reads schema {SCHEMA}"
        return RecordError(f"{self._path}:{number}: {message}")


def _statuses(raw: dict[str, Any]) -> Iterator[str]:
    """Every word in a raw line that claims to be a status."""
    if "status" in raw:
        yield str(raw["status"])
    for key in ("cases", "counts"):
        if isinstance(raw.get(key), dict):
            yield from raw[key]
    for failure in raw.get("failures") or ():
        if isinstance(failure, dict) and "status" in failure:
            yield str(failure["status"])


def _whole(result: Result) -> Result:
    """A result with its full item id and its cases."""
    item = result.clause + result.item if result.item.startswith("[") else result.item
    device = result.device or _device(item)
    return msgspec.structs.replace(result, item=item, device=device, cases=result.cases or {result.status: 1})


def _device(item: str) -> str:
    """The device with which an item ends, ``cpu`` of ``[x + 1-cpu]``; empty where it ends with a pair of them."""
    found = PLACE.search(item)
    return found[1] if found else ""


def _problems(run: Run) -> Iterator[str]:
    """What is missing from a run, in words."""
    if run.end is None:
        yield "no end line: the run did not come to its end"
        return
    if run.end.exit not in FINISHED:
        yield f"the run was broken off (exit code {run.end.exit})"
    if len(run.results) != run.header.plan.items:
        yield f"{len(run.results)} results where the plan has {run.header.plan.items} items"
    elif run.end.items != len(run.results):
        yield f"the end line counts {run.end.items} items, the record has {len(run.results)}"
    strangers = {result.clause for result in run.results} - set(run.header.plan.clauses)
    if strangers:
        yield f"results of clauses outside the plan: {', '.join(sorted(strangers)[:3])}"


def header(
    plan: Plan, backend: Claims, specification: Edition, *, seed: int = 0, packages: Sequence[str] = PACKAGES
) -> Header:
    """A header with this machine, this Python, the installed versions of `packages`, and the time now (UTC)."""
    return Header(
        specification=specification,
        plan=plan,
        backend=backend,
        tool=f"tensor-conformance {__version__}",
        platform=platform.platform(),
        python=platform.python_version(),
        packages={name: version for name in packages if (version := _installed(name))},
        seed=seed,
        started=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    )


def schema() -> dict[str, Any]:
    """The JSON Schema of one line of a record."""
    lines: Any = Header | Result | End
    return msgspec.json.schema(lines)


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
