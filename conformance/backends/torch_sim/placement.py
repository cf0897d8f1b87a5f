"""Where a call runs: on the one device of its tensors, or nowhere, with PyTorch's words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from conformance.backends.torch_sim.device import checked_index
from conformance.backends.torch_sim.memory import is_sim

_TAKE_HOST_INDICES = {"aten::index", "aten::_index_put_impl_", "aten::_unsafe_index"}


def device_of_call(schema: Any, arguments: dict[str, Any], named: dict[str, Any]) -> torch.device:
    """Return the one device of a call, or raise RuntimeError when there are two."""
    tensors = [(arguments[name], tensor) for name, value in named.items() for tensor in tensors_of(value)]
    simulated = [tensor.device for _, tensor in tensors if is_sim(tensor)]
    if not simulated:
        return torch.device("sim", checked_index(named.get("device")))
    if schema.name in _TAKE_HOST_INDICES:
        for index in tensors_of(named["indices"]):
            _check_index(index, named["self"].device)
        tensors = [(argument, tensor) for argument, tensor in tensors if argument.name != "indices"]
    for argument, tensor in tensors:
        if tensor.device != simulated[0] and not _is_host_scalar(argument, tensor):
            raise RuntimeError(
                "Expected all tensors to be on the same device, but found at least two devices, "
                f"{simulated[0]} and {tensor.device}!"
            )
    return simulated[0]


def _check_index(index: torch.Tensor, device: torch.device) -> None:
    if index.device not in (torch.device("cpu"), device):
        raise RuntimeError(f"indices should be either on cpu or on the same device as the indexed tensor ({device})")


def _is_host_scalar(argument: Any, tensor: torch.Tensor) -> bool:
    """A host scalar that is only read mixes with every device."""
    written = argument.alias_info is not None and argument.alias_info.is_write
    return tensor.device.type == "cpu" and tensor.dim() == 0 and not written


def tensors_of(value: Any) -> Iterator[torch.Tensor]:
    """Yield the tensors in a value and in the lists and tuples of it."""
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from tensors_of(item)
