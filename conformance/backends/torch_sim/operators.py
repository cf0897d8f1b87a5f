"""Operators of the simulated device that the fallback cannot serve: memory, copies, and what a device overrides."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import torch

from conformance.backends.torch_sim.device import checked_index
from conformance.backends.torch_sim.kernels import fallback
from conformance.backends.torch_sim.memory import is_sim, run_layout, to_host, to_sim

_aten: Any = torch.ops.aten


def _empty(size: Any, *, dtype: Any = None, device: Any = None, memory_format: Any = None, **_: Any) -> torch.Tensor:
    """Return new memory; the factory operators of PyTorch are built on it."""
    host = torch.empty(size, dtype=dtype, device="cpu", memory_format=memory_format or torch.contiguous_format)
    return to_sim(host, checked_index(device))


def _empty_strided(size: Any, stride: Any, *, dtype: Any = None, device: Any = None, **_: Any) -> torch.Tensor:
    return to_sim(torch.empty_strided(size, stride, dtype=dtype, device="cpu"), checked_index(device))


def _zeros(size: Any, *, dtype: Any = None, device: Any = None, **_: Any) -> torch.Tensor:
    """Return zeros with memory; PyTorch's own have none, which only its own devices can read."""
    return to_sim(torch.zeros(size, dtype=dtype, device="cpu"), checked_index(device))


def _kaiser_window(size: int, *args: Any, dtype: Any = None, device: Any = None, **_: Any) -> torch.Tensor:
    """Return the window, which PyTorch computes with a kernel of the device."""
    return to_sim(torch.kaiser_window(size, *args, dtype=dtype, device="cpu"), checked_index(device))


def _copy_from(source: torch.Tensor, target: torch.Tensor, non_blocking: bool = False) -> Any:
    """Copy between any two devices, converting the dtype."""
    if source.device == target.device:  # they may overlap, which the fallback lets the kernel see
        return fallback(_aten.copy_.default, target, source)
    host = to_host(target) if is_sim(target) else target
    host.copy_(to_host(source) if is_sim(source) else source)
    return target


def _to_copy(
    tensor: torch.Tensor, *, device: Any = None, pin_memory: Any = None, non_blocking: bool = False, **kwargs: Any
) -> torch.Tensor:
    """Copy to a device; never through pinned memory, which PyTorch would ask for when the host does not wait."""
    target = tensor.device if device is None else torch.device(device)
    if target.type not in ("cpu", "sim"):
        return torch.empty_like(tensor, device=target, **kwargs)  # the only other device, meta, has no memory
    copied: torch.Tensor = _aten._to_copy.default(to_host(tensor), **kwargs)
    return to_sim(copied, checked_index(target)) if target.type == "sim" else copied


def _resize(tensor: torch.Tensor, size: Any, *, memory_format: Any = None) -> torch.Tensor:
    """Resize in place, with new memory when the old is too small."""
    needed = (math.prod(size) + tensor.storage_offset()) * tensor.element_size()
    if needed > tensor.untyped_storage().nbytes():
        larger = to_sim(torch.empty(needed // tensor.element_size(), dtype=tensor.dtype), checked_index(tensor.device))
        kept = tensor.untyped_storage().nbytes() // tensor.element_size()
        whole = run_layout(_aten.as_strided.default, tensor, [kept], [1], 0)
        to_host(larger)[:kept].copy_(to_host(whole))
        offset = tensor.storage_offset()
        set_storage = _aten.set_.source_Storage_storage_offset
        run_layout(set_storage, tensor, larger.untyped_storage(), offset, tensor.size(), tensor.stride())
    resized: torch.Tensor = run_layout(_aten.resize_.default, tensor, size, memory_format=memory_format)
    return resized


def _layout_kernel(operator: Any) -> Callable[..., Any]:
    return lambda *args, **kwargs: run_layout(operator, *args, **kwargs)


def _convolution_backward(grad: Any, x: Any, weight: Any, *settings: Any) -> tuple[Any, ...]:
    *geometry, wanted = settings
    host = (to_host(grad), to_host(x), to_host(weight))
    grads = _aten.convolution_backward.default(*host, [weight.size(0)], *geometry, wanted)
    return tuple(None if tensor is None else to_sim(tensor, x.device.index) for tensor in grads)


def _record_stream(tensor: torch.Tensor, stream: Any) -> None:
    """Note that a stream uses the tensor's memory; the simulated streams run nothing by themselves."""


def _no_fused_attention(*args: Any, **kwargs: Any) -> int:
    return 0  # SDPBackend.MATH


_LAYOUT = (
    "set_.source_Storage",
    "set_.source_Storage_storage_offset",
    "set_.source_Tensor",
    "set_",
    "is_set_to",
)


def kernels() -> dict[str, Callable[..., Any]]:
    """Return the operators with a kernel of their own."""
    own: dict[str, Callable[..., Any]] = {
        "empty.memory_format": _empty,
        "empty_strided": _empty_strided,
        "_efficientzerotensor": _zeros,
        "kaiser_window": _kaiser_window,
        "kaiser_window.periodic": _kaiser_window,
        "kaiser_window.beta": _kaiser_window,
        "_copy_from": _copy_from,
        "_to_copy": _to_copy,
        "resize_": _resize,
        "record_stream": _record_stream,
        "convolution_overrideable": functools.partial(fallback, _aten.convolution.default),
        "convolution_backward_overrideable": _convolution_backward,
        "_fused_sdp_choice": _no_fused_attention,
    }
    for name in _LAYOUT:
        base, _, overload = name.partition(".")
        own[name] = _layout_kernel(getattr(getattr(_aten, base), overload or "default"))
    for name in ("mse_loss", "smooth_l1_loss"):  # their out= forms warn about their own result
        own[name] = functools.partial(fallback, getattr(_aten, name).default)
    own["conj_physical_"] = functools.partial(fallback, _aten.conj_physical_.default)  # calls a kernel by its device
    own["addr"] = functools.partial(fallback, _aten.addr.default)  # composed of others, with fewer checks
    own["addr.out"] = functools.partial(fallback, _aten.addr.out)
    own["mode.values"] = functools.partial(fallback, _aten.mode.values)  # asks for the devices it knows
    return own
