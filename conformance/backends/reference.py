"""The reference of this project, with its simulated accelerator."""

from __future__ import annotations

import reference_impl
from conformance.backend import Backend


def backend() -> Backend:
    """Return the reference on its three devices."""
    return Backend(
        name="reference",
        version=reference_impl.__version__,
        namespace=reference_impl,
        devices=("cpu", "sim:0", "sim:1"),
        accelerator="sim:0",
    )
