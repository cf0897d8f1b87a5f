"""`torch.autograd.forward_ad`: dual tensors, which carry a tangent through what is computed with them.

Inside a level operations are recorded as for a gradient; the tangent of a result is worked out when it is asked for, by
two passes backward (J. Townsend, "A new trick for calculating Jacobian vector products", 2017).
"""

from __future__ import annotations

from contextlib import ContextDecorator
from typing import NamedTuple

import numpy as np

from ..gradmode import MODE, enable_grad, switch
from ..tensor import Tensor, alias, counter, tracked, wrap
from .gradients import grad as gradients
from .reach import Dual, duals, entered, leads_outside, released

__all__ = ["UnpackedDualTensor", "dual_level", "enter_dual_level", "exit_dual_level", "make_dual", "unpack_dual"]


class UnpackedDualTensor(NamedTuple):
    """A value and its tangent, None if it has none."""

    primal: Tensor
    tangent: Tensor | None


def enter_dual_level() -> int:
    """Opens the level, and returns its number. RuntimeError inside another."""
    if MODE.dual is not None:
        raise RuntimeError("Nested forward mode AD is not supported at the moment")
    MODE.dual = object()
    MODE.forward += 1
    switch(MODE.enabled, MODE.inference)
    return 0


def exit_dual_level(*, level: int | None = None) -> None:
    """Closes the level: every tangent is gone. RuntimeError where there is none."""
    current = -1 if MODE.dual is None else 0
    if level is not None and level != current:
        raise RuntimeError(
            "Trying to exit a forward AD level that was not the last one that was created. This is not supported."
        )
    if MODE.dual is None:
        raise RuntimeError("Dual level must be a positive number.")
    MODE.dual = None
    MODE.forward -= 1
    switch(MODE.enabled, MODE.inference)


class dual_level(ContextDecorator):  # noqa: N801
    """A context manager, and a decorator: dual tensors live inside."""

    def __enter__(self) -> int:
        return enter_dual_level()

    def __exit__(self, *exc: object) -> None:
        exit_dual_level()


def make_dual(tensor: Tensor, tangent: Tensor, *, level: int | None = None) -> Tensor:
    """A tensor of the same memory that carries a tangent of its shape. RuntimeError outside a level, for a dual tensor
    or another shape, ValueError for dtypes that have no gradient."""
    if MODE.dual is None:
        raise RuntimeError(
            "Trying to create a dual Tensor for forward AD but no level exists, make sure to enter_dual_level() first."
        )
    for what, t in (("primal", tensor), ("tangent", tangent)):
        if not (t.is_floating_point() or t.is_complex()):
            raise ValueError(f"Expected {what} to be floating point or complex, but got: {t.dtype}")
    if tensor.shape != tangent.shape:
        raise RuntimeError(
            "Trying to set a forward gradient that has a different size than that of the original Tensor, this is not "
            f"supported. Tensor is of size {list(tensor.shape)} while the given forward gradient is of size "
            f"{list(tangent.shape)}."
        )
    if duals(tensor):
        raise RuntimeError(
            "Making a dual Tensor based on a Tensor that already has a forward gradient at the same level 0 is not "
            "supported."
        )
    return entered(tensor, Dual, (tangent, MODE.dual))


def unpack_dual(tensor: Tensor, *, level: int | None = None) -> UnpackedDualTensor:
    """The value of a tensor and its tangent: the derivative along the tangents of the dual tensors behind it."""
    if not isinstance(tensor, Tensor):
        raise TypeError(f"_unpack_dual(): argument 'dual' (position 1) must be Tensor, not {type(tensor).__name__}")
    found = duals(tensor) if tensor.dtype.differentiable else []
    if not found:
        return UnpackedDualTensor(tensor, None)
    primal = tensor if leads_outside(tensor) else alias(tensor, counter(tensor))
    edge = tensor._edge
    if edge is not None and edge[0] is found[0]:
        return UnpackedDualTensor(primal, found[0].args[0])
    return UnpackedDualTensor(primal, _tangent(tensor, found))


def _tangent(t: Tensor, behind: list[Dual]) -> Tensor:
    """The derivative of `t` along the tangents."""
    with enable_grad():
        u = wrap(np.zeros(t._array.shape, t._dtype.numpy), t._dtype, t._device).requires_grad_()
        back = gradients([t], [_at(dual) for dual in behind], [u], create_graph=True, allow_unused=True)
        pairs = [(g, dual.args[0]) for g, dual in zip(back, behind, strict=True) if g is not None and tracked(g)]
        vectors = [v.to(g.dtype) for g, v in pairs]
        found = None
        if pairs:
            (found,) = gradients([g for g, _ in pairs], [u], vectors, create_graph=True, allow_unused=True)
    if found is None:
        return alias(u, None)
    return released(found, {id(u)}, MODE.enabled)


def _at(dual: Dual) -> Tensor:
    """A tensor in the place of a dual one."""
    shape, dtype, device = dual.outputs[0]
    place = wrap(np.zeros(shape, dtype.numpy), dtype, device)
    place._edge = (dual, 0)
    return place
