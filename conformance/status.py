"""The eight statuses of an item, in order of gravity."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, get_args

Status = Literal["pass", "skip", "unsupported", "missing", "fail", "timeout", "crash", "error"]

STATUSES: tuple[Status, ...] = get_args(Status)

MEANINGS: dict[Status, str] = {
    "pass": "every case held",
    "skip": "planned, and the user chose not to run it, or the machine has no such device",
    "unsupported": "declared in `lacks` before the run, and the call did refuse",
    "missing": "the backend has no such name",
    "fail": "the backend answered, and a value, dtype, shape, stride, alias, device, gradient or exception was wrong",
    "timeout": "the process was killed at the limit while on this item",
    "crash": "the process died while on this item",
    "error": "the harness or the adapter could not observe; never the backend's answer",
}

LETTERS: dict[Status, str] = {
    "pass": ".",
    "skip": "s",
    "unsupported": "u",
    "missing": "m",
    "fail": "F",
    "timeout": "T",
    "crash": "C",
    "error": "E",
}


def gravest(statuses: Iterable[Status]) -> Status:
    """The gravest of `statuses`; "pass" when there are none."""
    return max(statuses, key=STATUSES.index, default="pass")
