"""`maximum` and `minimum` give the whole gradient to the first of equal operands."""

from __future__ import annotations

import functools
from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, forms, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "derivative.kink.absolute",
        "derivative.kink.relu",
        "derivative.second.kink",
        "derivative.tie.pair",
        "pointwise.gradient.equal",
    ),
}


def chosen(where: Call, greater: bool, sound: Call) -> Call:
    """A comparison and a choice; NaN is chosen, of either operand."""

    def call(x: Any, y: Any, *args: Any, **kwargs: Any) -> Any:
        if args or kwargs or not x.is_floating_point() or getattr(y, "dtype", None) != x.dtype:
            return sound(x, y, *args, **kwargs)
        return where(((x >= y) if greater else (x <= y)) | (x != x), x, y)

    return call


def backend() -> Backend:
    """The broken backend."""
    found = base()
    where = found.namespace.where
    replace_calls(found, forms("maximum"), functools.partial(chosen, where, True))
    replace_calls(found, forms("minimum"), functools.partial(chosen, where, False))
    return found
