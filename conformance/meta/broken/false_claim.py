"""The backend declares that it lacks `complex`, and has it."""

from __future__ import annotations

from dataclasses import replace

from conformance.backend import Backend
from conformance.meta.broken.sound import base

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "autograd.flag.complex",
        "compare.complex",
        "create.default.complex",
        "create.fill.complex",
        "create.full.complex",
        "create.tensor.complex",
        "dtype.attribute.complex",
        "dtype.cast.imaginary",
        "dtype.cast.real",
        "dtype.name.complex",
        "dtype.promote.complex",
        "dtype.promote.scalar-complex",
        "dtype.query.can-cast-complex",
        "numpy.dtype.complex",
        "numpy.dtype.complex.alias",
        "numpy.export.refused.conjugate",
        "numpy.force.conjugate",
        "pointwise.complex.absolute",
        "pointwise.complex.parts",
    ),
}


def backend() -> Backend:
    """The sound backend with a claim that is not true."""
    found = base()
    return replace(found, lacks={**found.lacks, "complex": "never built"})
