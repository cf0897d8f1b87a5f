"""The number and the word for a run: clauses that hold over clauses that were planned.

A clause conforms when it has items and every one of them passes. Missing, unsupported, skip, crash, timeout and error
count as not conforming; so does a planned clause without an item. An incomplete run has no score.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from conformance.record import Run
from conformance.status import STATUSES, Status, gravest

Standing = Status | Literal["unchecked"]
Verdict = Literal[
    "conforms",
    "all selected clauses hold",
    "holds but for declared lacks",
    "what was run holds",
    "does not conform",
    "nothing checked",
    "incomplete",
]

STANDINGS: tuple[Standing, ...] = (*STATUSES, "unchecked")
GREEN: tuple[Verdict, ...] = ("conforms", "all selected clauses hold")


class Tally(msgspec.Struct, frozen=True):
    """How many of how many clauses conform."""

    conforming: int
    clauses: int

    @property
    def percent(self) -> int:
        """Rounded down, so that 100 is said only when exact; 0 of 0 is 0."""
        return 100 * self.conforming // self.clauses if self.clauses else 0


def standings(run: Run) -> dict[str, Standing]:
    """Every planned clause → the gravest status of its items, "unchecked" when it has none; in the plan's order."""
    found: dict[str, list[Status]] = {clause: [] for clause in run.header.plan.clauses}
    for result in run.results:
        if result.clause in found:
            found[result.clause].append(result.status)
    return {clause: gravest(statuses) if statuses else "unchecked" for clause, statuses in found.items()}


def tally(found: dict[str, Standing]) -> Tally:
    """The clauses of `found` that pass, over all of them."""
    return Tally(sum(standing == "pass" for standing in found.values()), len(found))


def by_chapter(found: dict[str, Standing]) -> dict[str, Tally]:
    """Chapter (the first word of an id) → its tally, in order of appearance."""
    chapters: dict[str, dict[str, Standing]] = {}
    for clause, standing in found.items():
        chapters.setdefault(clause.partition(".")[0], {})[clause] = standing
    return {chapter: tally(members) for chapter, members in chapters.items()}


def score(run: Run) -> int | None:
    """The percentage of planned clauses that conform; None for an incomplete run or one that checked nothing."""
    return tally(standings(run)).percent if run.complete and checked_anything(run) else None


def checked_anything(run: Run) -> bool:
    """Whether the backend was asked at all: some item is neither skipped nor unobservable."""
    return any(result.status not in ("skip", "error") for result in run.results)


def verdict(run: Run) -> Verdict:
    """The one word on a run; "conforms" only when every clause of a whole profile passes on a complete run."""
    if not run.complete:
        return "incomplete"
    if not checked_anything(run):
        return "nothing checked"
    found, plan = set(standings(run).values()), run.header.plan
    if found == {"pass"}:
        return "all selected clauses hold" if plan.is_narrowed else "conforms"
    if found == {"pass", "unsupported"}:
        return "holds but for declared lacks"
    return "what was run holds" if plan.narrowed and found == {"pass", "unchecked"} else "does not conform"
