"""`add` refuses operands of different shapes."""

from __future__ import annotations

from typing import Any

import numpy as np

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, forms, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "autograd.refused.state",
        "autograd.worked.regression",
        "broadcast.empty.one",
        "broadcast.gradient.inplace",
        "broadcast.gradient.shape",
        "broadcast.inplace.augmented",
        "broadcast.inplace.grow",
        "broadcast.inplace.operation",
        "broadcast.inplace.other",
        "broadcast.inplace.untouched",
        "broadcast.inplace.view",
        "broadcast.rule.fresh",
        "broadcast.rule.missing",
        "broadcast.rule.numel",
        "broadcast.rule.one",
        "broadcast.rule.operands",
        "broadcast.rule.operation",
        "broadcast.rule.shape",
        "broadcast.rule.strided",
        "broadcast.rule.three",
        "broadcast.rule.trailing",
        "broadcast.zero-dim.empty",
        "broadcast.zero-dim.single",
        "complex.arithmetic.real",
        "device.meta.every",
        "device.meta.shape",
        "device.meta.version",
        "device.mix.every",
        "device.mix.inplace",
        "device.mix.ordinal",
        "device.mix.out",
        "device.result.every",
        "device.zero-dim.accelerators",
        "device.zero-dim.foreign",
        "device.zero-dim.host",
        "device.zero-dim.single",
        "dtype.inplace.keeps",
        "dtype.inplace.pairs",
        "dtype.promote.levels",
        "dtype.promote.one-element",
        "dtype.promote.zero-dim",
        "dtype.promote.zero-dim-half",
        "error.shape",
        "func.call.buffer",
        "func.call.tied",
        "func.vmap.every",
        "grad.check.found",
        "loss.linear.module",
        "module.lazy.parameter",
        "mutation.history.random",
        "mutation.history.view",
        "mutation.history.view.complex",
        "mutation.inplace.zero-dim",
        "mutation.version.failed",
        "numeric.nan",
        "pointwise.add",
        "pointwise.dtype",
        "pointwise.empty",
        "pointwise.forms",
        "pointwise.gradient",
        "pointwise.gradient.complex",
        "pointwise.gradient.second",
        "pointwise.layout",
        "program.regression.curve",
        "program.regression.found",
        "program.regression.uncleared",
        "sequence.transformer.dropout.middle",
    ),
}


def differ(*operands: Any) -> bool:
    """Whether two tensors have different shapes that go together."""
    shapes = [tuple(operand.shape) for operand in operands if hasattr(operand, "shape")]
    try:
        return len({*shapes}) > 1 and bool(np.broadcast_shapes(*shapes))
    except ValueError:
        return False


def broken(sound: Call) -> Call:
    """Equal shapes only; numbers are fine."""

    def call(x: Any, y: Any, *args: Any, **kwargs: Any) -> Any:
        if differ(x, y):
            raise RuntimeError("the shapes of the operands differ")
        return sound(x, y, *args, **kwargs)

    return call


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_calls(found, (*forms("add"), "Tensor.add_", "Tensor.__add__", "Tensor.__iadd__"), broken)
    return found
