"""Host tensors that stand for simulated ones during one call."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import torch

from conformance.backends.torch_sim.generator import device_of
from conformance.backends.torch_sim.memory import is_sim, run_layout, to_host, to_sim, whole_on_host, with_bits

_set_storage: Any = torch.ops.aten.set_.source_Storage_storage_offset


def _storage(tensor: torch.Tensor) -> int:
    """Return where a tensor's storage begins, which is far cheaper to ask than the storage itself."""
    return int(tensor.data_ptr() - tensor.storage_offset() * tensor.element_size()) if tensor.numel() else 0


def _simulated_generator(generator: Any) -> Any:
    kind = device_of(generator).type
    if kind != "sim":
        raise RuntimeError(f"Expected a 'sim' device type for generator but found '{kind}'")
    return generator


class StandIns:
    """The host tensors that stand for simulated ones during one call."""

    def __init__(self, tensors: Iterable[torch.Tensor], *, beside: bool) -> None:
        """Prepare for a call that writes some of `tensors`; `beside` is memory for out= arguments that can grow."""
        self._simulated: dict[int, torch.Tensor] = {}  # id of a host tensor → the simulated tensor it stands for
        self._host: list[torch.Tensor] = []  # keeps those ids taken
        self._outputs: list[tuple[torch.Tensor, torch.Tensor]] = []  # out= arguments and the host tensors for them
        self._beside = beside
        self._shared = Counter(_storage(tensor) for tensor in tensors if is_sim(tensor))
        self._whole: dict[tuple[int, torch.dtype], torch.Tensor] = {}  # storage, dtype → host tensor over all of it

    def replace(self, value: Any, is_out: bool) -> Any:
        """Replace simulated tensors by host tensors over the same memory, and the simulated device by the host."""
        if isinstance(value, (list, tuple)):
            return type(value)(self.replace(item, is_out) for item in value)
        if isinstance(value, torch.Generator):
            return _simulated_generator(value)
        if isinstance(value, torch.device):
            return torch.device("cpu") if value.type == "sim" else value
        return self._replace_tensor(value, is_out) if is_sim(value) else value

    def _replace_tensor(self, tensor: torch.Tensor, is_out: bool) -> torch.Tensor:
        if is_out and (self._beside or tensor.numel() == 0):
            host = torch.empty_strided(tensor.size(), tensor.stride(), dtype=tensor.dtype)
        elif tensor.numel() and self._shared[_storage(tensor)] > 1:
            host = self._in_storage(tensor)
        else:
            host = to_host(tensor)
        if is_out:
            self._outputs.append((tensor, host))
        self._simulated[id(host)] = tensor
        self._host.append(host)
        return host

    def _in_storage(self, tensor: torch.Tensor) -> torch.Tensor:
        """Return a host tensor in one storage with others of the call, for the kernel to see where they overlap."""
        key = (_storage(tensor), tensor.dtype)
        if key not in self._whole:
            self._whole[key] = whole_on_host(tensor)
        host = self._whole[key].as_strided(tensor.size(), tensor.stride(), tensor.storage_offset())
        return with_bits(host, tensor)

    def store_outputs(self) -> None:
        """Give the out= arguments the layout and, where it was computed beside, the contents of their stand-ins."""
        for tensor, host in self._outputs:
            if tensor.size() != host.size():
                source = self._grown(tensor, host)
                place = (source.untyped_storage(), source.storage_offset(), host.size(), host.stride())
                run_layout(_set_storage, tensor, *place)
            if tensor.data_ptr() != host.data_ptr():
                to_host(tensor).copy_(host)
            elif host.is_conj() != tensor.is_conj():  # the kernel has marked its output as lazily conjugate
                to_host(tensor).conj_physical_()

    def _grown(self, tensor: torch.Tensor, host: torch.Tensor) -> torch.Tensor:
        """Return the tensor, resized, or the stand-in's own memory where its elements have gaps between them."""
        span = 1 + sum((size - 1) * stride for size, stride in zip(host.size(), host.stride(), strict=True))
        return to_sim(host, tensor.device.index) if span > host.numel() > 0 else tensor.resize_(host.size())

    def restore(self, result: Any, device: torch.device) -> Any:
        """Replace the host tensors of a result by the simulated tensors they stand for, or by new ones."""
        if isinstance(result, (list, tuple)):
            return type(result)(self.restore(item, device) for item in result)
        if not isinstance(result, torch.Tensor):
            return result
        return self._simulated[id(result)] if id(result) in self._simulated else to_sim(result, device.index)
