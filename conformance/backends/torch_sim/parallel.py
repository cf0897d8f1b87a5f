"""Scatter, gather and broadcast between simulated devices, which PyTorch does in C++ and for its own devices only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

from conformance.backends.torch_sim import device


def _place(index: int | None) -> torch.device:
    if index == -1:
        return torch.device("cpu")
    return torch.device("sim", device.current_device() if index is None else index)


def _scatter(
    tensor: torch.Tensor, devices: Sequence[int], sizes: Sequence[int] | None, dim: int, streams: Any
) -> list[torch.Tensor]:
    """Return one part of a tensor for each device, of the given sizes or of sizes that hardly differ."""
    parts = torch.split(tensor, list(sizes), dim) if sizes else torch.chunk(tensor, len(devices), dim)
    return [part.to(_place(index)) for part, index in zip(parts, devices, strict=False)]


def _gather(tensors: Sequence[torch.Tensor], dim: int, index: int | None) -> torch.Tensor:
    """Return the parts joined on one device; -1 is the host and None the current device."""
    return torch.cat([tensor.to(_place(index)) for tensor in tensors], dim)


def _broadcast(tensor: torch.Tensor, devices: Sequence[int]) -> list[torch.Tensor]:
    """Return the tensor on every device."""
    return [tensor.to(_place(index)) for index in devices]


def _broadcast_coalesced(tensors: Sequence[torch.Tensor], devices: Sequence[int], size: int) -> list[Any]:
    """Return the tensors on every device: on the first the same memory, on the others copies."""
    return [[tensor.detach().to(_place(index)) for tensor in tensors] for index in devices]


def functions() -> dict[str, Callable[..., Any]]:
    """Return the functions by the names that PyTorch calls them by."""
    return {
        "_scatter": _scatter,
        "_gather": _gather,
        "_broadcast": _broadcast,
        "_broadcast_coalesced": _broadcast_coalesced,
    }
