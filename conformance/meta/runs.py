"""Records made by hand, for the tests of what reads them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from conformance.record import Claims, Edition, End, Failure, Finding, Header, Plan, Result, Writer
from conformance.status import Status

CLAUSES = ("view.transpose.alias", "view.permute.order", "dtype.promote.scalar", "dtype.cast.range")
WRONG = Failure(
    case="int32 contiguous",
    call="torch.add(x, 0.5)",
    inputs="x: int32 (3,) = [1, 2, 3]",
    count=32,
    checks=(Finding("dtype", "float32", "float64"), Finding("shape", "(3,)", "(3,)", ok=True)),
)


def header(name: str = "mylib", items: int = 4, clauses: Sequence[str] = CLAUSES, **plan: object) -> Header:
    """The header of a run of `clauses` on a backend called `name`."""
    return Header(
        specification=Edition("2026.1", "0123456789ab"),
        plan=Plan(tuple(clauses), items, **plan),  # type: ignore[arg-type]
        backend=Claims(name, "1.2", ("cpu",), None, {"complex": "not yet"}),
        platform="Linux",
        python="3.11.7",
        started="2026-11-21T10:00:00+00:00",
    )


def results(statuses: Mapping[str, Sequence[Status]]) -> list[Result]:
    """An item for every status of every clause; failing ones carry a failure."""
    return [
        Result(clause, f"{clause}[{turn}-cpu]", status, "cpu", {status: 1}, (WRONG,) if status == "fail" else (), 0.001)
        for clause, found in statuses.items()
        for turn, status in enumerate(found)
    ]


def write(path: Path, statuses: Mapping[str, Sequence[Status]], name: str = "mylib", *, whole: bool = True) -> Path:
    """Append a run of `statuses` (clause → status of every item) to `path`; without its end unless `whole`."""
    found = results(statuses)
    counts = Counter(result.status for result in found)
    with Writer(path, header(name, len(found), tuple(statuses)), append=True) as writer:
        for result in found:
            writer.result(result)
        if whole:
            writer.end(End(dict(counts), len(found), 1.5, int(set(counts) > {"pass"})))
    return path
