"""`abs` returns its argument."""

from __future__ import annotations

from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "autograd.graph.loop",
        "complex.absolute.inplace.refused",
        "complex.absolute.large",
        "complex.build.polar",
        "complex.gradient.descent",
        "complex.gradient.real",
        "derivative.choice.untaken",
        "derivative.kink.absolute",
        "device.mix.out",
        "error.type.tensor",
        "functional.gumbel.hard",
        "init.fan.normal",
        "init.normal",
        "linalg.eig.complex",
        "linalg.eigh.hermitian",
        "linalg.gradient.phase",
        "linalg.qr.gradient",
        "linalg.svd.order",
        "loss.gradient",
        "loss.gradient.second",
        "loss.linear.options",
        "loss.pairs",
        "loss.pairs.function",
        "pointwise.absolute",
        "pointwise.arithmetic.exact",
        "pointwise.complex.absolute",
        "pointwise.dtype",
        "pointwise.empty",
        "pointwise.forms",
        "pointwise.gradient",
        "pointwise.gradient.complex",
        "pointwise.gradient.kink",
        "pointwise.gradient.second",
        "pointwise.integer.signs",
        "pointwise.signed-zero",
        "python.operator.unary",
        "sequence.attention.gradient.weights",
        "sequence.recurrent.gradient.saved",
        "sequence.recurrent.parameters.functional",
    ),
}


def broken(sound: Call) -> Call:
    """The identity."""

    def call(x: Any, *args: Any, **kwargs: Any) -> Any:
        return x

    return call


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_calls(found, ("torch.abs", "Tensor.abs", "Tensor.__abs__"), broken)
    return found
