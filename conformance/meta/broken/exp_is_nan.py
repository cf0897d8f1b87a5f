"""`exp` is NaN everywhere, of the right shape and dtype."""

from __future__ import annotations

import math
from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, forms, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "autograd.lifetime.inplace",
        "derivative.choice.untaken",
        "derivative.infinity.saturated",
        "derivative.nan.element",
        "error.gradient",
        "func.dual.agreement",
        "func.grad.agreement",
        "func.jvp.agreement",
        "function.save.output",
        "function.setup.output",
        "grad.batch.loop",
        "grad.hessian.formula",
        "grad.higher.every",
        "grad.jacobian.formula",
        "grad.vhp.formula",
        "hook.saved.result",
        "mutation.inplace.after-saved",
        "mutation.saved.again",
        "mutation.saved.alias",
        "mutation.saved.message",
        "mutation.saved.no-grad",
        "mutation.saved.result",
        "mutation.saved.result-only",
        "mutation.saved.same-values",
        "numeric.nan",
        "numeric.overflow",
        "numeric.size.elementwise",
        "numeric.subnormal",
        "numeric.underflow",
        "pointwise.accuracy.near-zero",
        "pointwise.arguments.tensor",
        "pointwise.bfloat.rounding",
        "pointwise.exponential",
        "pointwise.forms",
        "pointwise.gradient",
        "pointwise.gradient.second",
        "pointwise.half.rounding",
        "pointwise.infinity",
    ),
}


def broken(sound: Call) -> Call:
    """NaN where the sound version gives numbers."""

    def call(*args: Any, **kwargs: Any) -> Any:
        result = sound(*args, **kwargs)
        return result * math.nan if result.is_floating_point() else result

    return call


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_calls(found, forms("exp"), broken)
    return found
