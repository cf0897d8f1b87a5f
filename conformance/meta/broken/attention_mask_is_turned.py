"""Attention of several heads reads a bool mask as `scaled_dot_product_attention` does: true where a key takes part."""

from __future__ import annotations

from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "sequence.attention.definition",
        "sequence.attention.mask",
        "sequence.attention.mask.causal",
        "sequence.attention.mask.heads",
        "sequence.attention.mask.none",
        "sequence.transformer.decoder.layer",
        "sequence.transformer.encoder.layer",
        "sequence.transformer.stack",
    ),
}


def broken(sound: Call) -> Call:
    """The mask of pairs alone, and only where it is a bool one."""

    def call(layer: Any, *args: Any, **kwargs: Any) -> Any:
        mask = kwargs.get("attn_mask")
        if mask is not None and str(mask.dtype).endswith("bool"):
            kwargs["attn_mask"] = ~mask
        return sound(layer, *args, **kwargs)

    return call


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_calls(found, ("torch.nn.MultiheadAttention.__call__",), broken)
    return found
