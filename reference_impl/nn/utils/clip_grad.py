"""Gradients that are too long are shortened (Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent
neural networks", 2013)."""

from __future__ import annotations

import types
import warnings
from collections.abc import Iterable
from typing import Any

from ...create import tensor
from ...gradmode import no_grad
from ...join import stack
from ...norm import vector_norm
from ...tensor import Tensor

SMALL = 1e-6


@no_grad()
def get_total_norm(
    tensors: Tensor | Iterable[Tensor],
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """The norm of all tensors as one vector, on the device of the first. RuntimeError for NaN and infinity, if asked
    for; zero without tensors."""
    listed = [tensors] if isinstance(tensors, Tensor) else list(tensors)
    norm_type = float(norm_type)
    if not listed:
        nothing: Tensor = tensor(0.0)
        return nothing
    place = listed[0].device
    norms = [vector_norm(t, norm_type).to(place) for t in listed]
    total: Tensor = vector_norm(stack(norms), norm_type)
    if error_if_nonfinite and bool(total.isnan() | total.isinf()):
        raise RuntimeError(
            f"The total norm of order {norm_type} for gradients from `parameters` is non-finite, so it cannot be "
            "clipped. To disable this error and scale the gradients by the non-finite norm anyway, set "
            "`error_if_nonfinite=False`"
        )
    return total


@no_grad()
def clip_grads_with_norm_(
    parameters: Tensor | Iterable[Tensor], max_norm: float, total_norm: Tensor, foreach: bool | None = None
) -> None:
    """Scales the gradients in place by `max_norm / (total_norm + 1e-6)`, if that is less than one."""
    factor = None
    for grad in _gradients(parameters):
        if factor is None:
            factor = (float(max_norm) / (total_norm + SMALL)).clamp(max=1.0)
        grad.mul_(factor.to(grad.device))


@no_grad()
def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Scales the gradients in place so that their norm, all taken as one vector, is at most `max_norm`; returns the
    norm that they had. Parameters without gradient are passed over."""
    if not isinstance(parameters, Tensor):
        listed = list(parameters)
        if isinstance(parameters, types.GeneratorType) and not listed:
            warnings.warn(
                "`parameters` is an empty generator, no gradient clipping will occur.", UserWarning, stacklevel=3
            )
        parameters = listed
    total: Tensor = get_total_norm(_gradients(parameters), norm_type, error_if_nonfinite, foreach)
    clip_grads_with_norm_(parameters, max_norm, total, foreach)
    return total


@no_grad()
def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float, foreach: bool | None = None) -> None:
    """Limits each element of the gradients in place to `[-clip_value, clip_value]`."""
    limit = float(clip_value)
    for grad in _gradients(parameters):
        grad.clamp_(min=-limit, max=limit)


def clip_grad_norm(*args: Any, **kwargs: Any) -> Tensor:
    """The old name of `clip_grad_norm_`. FutureWarning."""
    warnings.warn(
        "`torch.nn.utils.clip_grad_norm` is now deprecated in favor of `torch.nn.utils.clip_grad_norm_`.",
        FutureWarning,
        stacklevel=2,
    )
    total: Tensor = clip_grad_norm_(*args, **kwargs)
    return total


def _gradients(parameters: Tensor | Iterable[Tensor]) -> list[Tensor]:
    listed: Any = [parameters] if isinstance(parameters, Tensor) else parameters
    return [p.grad for p in listed if p.grad is not None]
