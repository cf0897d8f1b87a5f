"""`torch.func.grad` marks the tensors that it is given as requiring grad, and leaves them so."""

from __future__ import annotations

from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "func.grad.aux",
        "func.grad.callable",
        "func.grad.closure",
        "func.grad.exception",
        "func.grad.inplace",
        "func.grad.pure",
    ),
}


def broken(sound: Call) -> Call:
    """The first argument is marked."""

    def transform(*args: Any, **kwargs: Any) -> Call:
        transformed = sound(*args, **kwargs)

        def call(first: Any, *others: Any, **named: Any) -> Any:
            if getattr(first, "is_leaf", False) and first.is_floating_point():
                first.requires_grad_()
            return transformed(first, *others, **named)

        return call

    return transform


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_calls(found, ("torch.func.grad", "torch.func.grad_and_value"), broken)
    return found
