"""Many parameters as one vector, and back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...join import cat
from ...tensor import Tensor
from ..register import typename


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """All elements one after the other, with gradients. TypeError for parameters on several devices."""
    return cat([t.view(-1) for t in _together(parameters)])


def vector_to_parameters(vec: Any, parameters: Iterable[Tensor]) -> None:
    """Makes the parameters show the parts of a vector: they share its memory. TypeError for what is no tensor, and for
    parameters on several devices."""
    if not isinstance(vec, Tensor):
        raise TypeError(f"expected torch.Tensor, but got: {typename(vec)}")
    start = 0
    for t in _together(parameters):
        end = start + t.numel()
        t.data = vec[start:end].view_as(t).data
        start = end


def _together(parameters: Iterable[Tensor]) -> Iterable[Any]:
    first: Any = None
    for t in parameters:
        first = t.device if first is None else first
        if t.device != first:
            raise TypeError("Found two parameters on different devices, this is currently not supported.")
        yield t
