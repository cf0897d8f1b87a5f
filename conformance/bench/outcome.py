"""What a run of benchmarks says: one document, kept in pytest-benchmark's JSON under the key `conformance`."""

from __future__ import annotations

from pathlib import Path

import msgspec

from conformance.bench.timing import Ratio
from conformance.status import Status

KEY = "conformance"
SCHEMA = 1


class Entry(msgspec.Struct, frozen=True):
    """A backend of the run: `label` tells two of one name apart."""

    label: str
    name: str
    version: str
    device: str


class Outcome(msgspec.Struct, frozen=True, omit_defaults=True):
    """One benchmark on one backend: its time if its result was right, else the reason why there is none.

    Times are microseconds per operation (a call is `operations` of them): the median of the rounds and their
    quartiles. `ratio` divides by the first backend's times of the same rounds.
    """

    benchmark: str
    backend: str
    status: Status
    reason: str = ""
    operations: int = 1
    microseconds: float | None = None
    low: float | None = None
    high: float | None = None
    rounds: int = 0
    iterations: int = 0
    ratio: Ratio | None = None


class Report(msgspec.Struct, frozen=True):
    """A whole run. `threads` is 0 where nobody limited them.

    `share` is the processor time of the process, divided by the time that passed while it was timing.
    """

    tool: str
    rounds: int
    threads: int
    share: float
    backends: list[Entry]
    outcomes: list[Outcome]
    schema: int = SCHEMA

    def of(self, benchmark: str) -> dict[str, Outcome]:
        """Label → outcome of one benchmark."""
        return {outcome.backend: outcome for outcome in self.outcomes if outcome.benchmark == benchmark}

    @property
    def benchmarks(self) -> list[str]:
        """The benchmarks that were run, in order."""
        return list(dict.fromkeys(outcome.benchmark for outcome in self.outcomes))

    @property
    def green(self) -> bool:
        """Whether nothing gave a wrong result and every backend has a time at least once."""
        timed = {outcome.backend for outcome in self.outcomes if outcome.microseconds is not None}
        acceptable = all(outcome.status in ("pass", "missing") for outcome in self.outcomes)
        return acceptable and timed == {entry.label for entry in self.backends}


def write(report: Report, path: Path) -> None:
    """Write `report` alone, as JSON."""
    path.write_bytes(msgspec.json.encode(report))


def read(path: Path) -> Report:
    """Read what `write` wrote.

    Raises:
        msgspec.ValidationError: the file is something else.
    """
    return msgspec.json.decode(path.read_bytes(), type=Report)
