"""An embedding layer lets gradients through to the row of its padding."""

from __future__ import annotations

from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "layer.embedding.definition",
        "layer.embedding.padding",
        "layer.embedding.sparse",
    ),
}


def broken(sound: Call) -> Call:
    """The layer as if it had no padding."""

    def call(module: Any, input: Any) -> Any:
        row, module.padding_idx = module.padding_idx, None
        result = sound(module, input)
        module.padding_idx = row
        return result

    return call


def backend() -> Backend:
    """The broken backend."""
    found = base()
    kind = found.namespace.nn.Embedding
    kind.forward = broken(kind.forward)
    return found
