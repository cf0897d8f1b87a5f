"""The gradient of a product of complex numbers is the other factor, and not its conjugate."""

from __future__ import annotations

from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, forms, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "complex.grad.retained",
        "complex.gradient.complex.second",
        "complex.gradient.conjugate",
        "complex.gradient.function",
        "complex.gradient.incoming",
        "complex.gradient.inplace",
        "complex.gradient.magnitude",
        "complex.gradient.saved",
        "func.grad.complex",
        "grad.check.complex",
        "hook.tensor.complex",
        "pointwise.gradient.complex",
    ),
}


def broken(sound: Call) -> Call:
    """The product of the numbers, and zeros whose gradients are those of products with the conjugates."""

    def call(x: Any, y: Any, *args: Any, **kwargs: Any) -> Any:
        if not (flows(x) or flows(y)):
            return sound(x, y, *args, **kwargs)
        result = sound(fixed(x), fixed(y), *args, **kwargs)
        for operand, other in ((x, y), (y, x)):
            if flows(operand):
                result = result + sound(operand - operand.detach(), conjugate(other), *args, **kwargs)
        return result

    return call


def flows(operand: Any) -> bool:
    """Whether a gradient flows back to a complex operand."""
    return bool(getattr(operand, "requires_grad", False) and operand.is_complex())


def fixed(operand: Any) -> Any:
    """The numbers alone."""
    return operand.detach() if hasattr(operand, "detach") else operand


def conjugate(operand: Any) -> Any:
    """The conjugate, of a tensor or a number."""
    return operand.detach().conj() if hasattr(operand, "detach") else operand.conjugate()


def backend() -> Backend:
    """The broken backend."""
    found = base()
    replace_calls(found, (*forms("mul"), "Tensor.__mul__"), broken)
    return found
