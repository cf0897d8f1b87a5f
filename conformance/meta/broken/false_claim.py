"""The backend declares that it lacks `complex`, and has it."""

from __future__ import annotations

from dataclasses import replace

from conformance.backend import Backend
from conformance.meta.broken.sound import base
from conformance.specification import load

# A dtype among others: the cases that ask for complex numbers say so, not the clause.
AMONG_OTHERS = (
    "archive.dtypes",
    "device.meta.every",
    "device.mix.every",
    "device.mix.out",
    "device.result.every",
    "dtype.cast.every",
    "dtype.promote.numbers",
    "dtype.query.pairs",
    "optim.*.rule",
    "random.normal.moments",
    "random.uniform.moments",
    "save.safetensors.dtype",
    "view.dtype.pairs",
)
CLAIMED = tuple(clause.id for clause in load().clauses.values() if "complex" in clause.requires)

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (*CLAIMED, *AMONG_OTHERS),
}


def backend() -> Backend:
    """The sound backend with a claim that is not true."""
    found = base()
    return replace(found, lacks={**found.lacks, "complex": "never built"})
