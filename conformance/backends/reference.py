"""The reference of this project, with its simulated accelerator."""

from __future__ import annotations

import reference_impl
import reference_impl.vision
from conformance.backend import Backend
from reference_impl.save import safetensors

LACKS: dict[str, str] = {}


def backend() -> Backend:
    """Return the reference on its three devices."""
    kind = str(reference_impl.accelerator.current_accelerator())  # sim, unless its environment names it otherwise
    return Backend(
        name="reference",
        version=reference_impl.__version__,
        namespace=reference_impl,
        devices=("cpu", *(f"{kind}:{index}" for index in range(reference_impl.accelerator.device_count()))),
        accelerator=f"{kind}:0",
        lacks=LACKS,
        companions={"safetensors": safetensors, "torchvision": reference_impl.vision},
    )
