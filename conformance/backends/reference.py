"""The reference of this project, with its simulated accelerator."""

from __future__ import annotations

import reference_impl
from conformance.backend import Backend

LACKS = {
    "anomaly": "keeps no record of where an operation was called",
    "checkpoint": "keeps every intermediate value",
    "forward_ad": "differentiates backward only",
    "func": "has no function transforms",
    "meta": "every tensor has values",
    "node_hooks": "shows the nodes of the graph, and lets nobody into them",
    "parallel": "has no helpers for data parallelism",
}


def backend() -> Backend:
    """Return the reference on its three devices."""
    return Backend(
        name="reference",
        version=reference_impl.__version__,
        namespace=reference_impl,
        devices=("cpu", "sim:0", "sim:1"),
        accelerator="sim:0",
        lacks=LACKS,
    )
