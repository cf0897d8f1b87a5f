"""The fallback of the simulated device: every operator runs its CPU kernel over the simulated memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from conformance.backends.torch_sim.device import checked_index
from conformance.backends.torch_sim.generator import device_of
from conformance.backends.torch_sim.memory import is_sim, run_layout, to_host, to_sim

_TAKE_HOST_INDICES = {"aten::index", "aten::_index_put_impl_", "aten::_unsafe_index"}


def fallback(operator: Any, *args: Any, **kwargs: Any) -> Any:
    """Run the CPU kernel of an operator and label what it returns; refuse tensors of different devices."""
    schema = operator._schema
    if any(result.alias_info and not result.alias_info.is_write for result in schema.returns):
        return run_layout(operator, *args, **kwargs)  # a view
    arguments = {argument.name: argument for argument in schema.arguments}
    named = dict(zip(arguments, args, strict=False)) | kwargs
    device = _device(schema, arguments, named)
    stand_ins = _StandIns()
    given = {name: stand_ins.replace(value, arguments[name].is_out) for name, value in named.items()}
    results = operator(*(given[name] for name in list(named)[: len(args)]), **{name: given[name] for name in kwargs})
    stand_ins.store_outputs()
    return stand_ins.restore(results, device)


def _device(schema: Any, arguments: dict[str, Any], named: dict[str, Any]) -> torch.device:
    """Return the one device of a call, or raise RuntimeError when there are two."""
    tensors = [(arguments[name], tensor) for name, value in named.items() for tensor in _tensors(value)]
    simulated = [tensor.device for _, tensor in tensors if is_sim(tensor)]
    if not simulated:
        return torch.device("sim", checked_index(named.get("device")))
    for argument, tensor in tensors:
        if tensor.device == simulated[0]:
            continue
        if tensor.device.type == "cpu" and _takes_host_tensor(schema, argument, tensor):
            continue
        raise RuntimeError(
            "Expected all tensors to be on the same device, but found at least two devices, "
            f"{simulated[0]} and {tensor.device}!"
        )
    return simulated[0]


def _takes_host_tensor(schema: Any, argument: Any, tensor: torch.Tensor) -> bool:
    """A host scalar mixes with every device, and so does a host tensor of indices."""
    written = argument.alias_info is not None and argument.alias_info.is_write
    indices = schema.name in _TAKE_HOST_INDICES and argument.name == "indices"
    return indices or (tensor.dim() == 0 and not written)


def _tensors(value: Any) -> Iterator[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _tensors(item)


def _simulated_generator(generator: Any) -> Any:
    kind = device_of(generator).type
    if kind != "sim":
        raise RuntimeError(f"Expected a 'sim' device type for generator but found '{kind}'")
    return generator


class _StandIns:
    """The host tensors that stand for simulated ones during one call."""

    def __init__(self) -> None:
        self._simulated: dict[int, torch.Tensor] = {}  # id of a host tensor → the simulated tensor it stands for
        self._host: list[torch.Tensor] = []  # keeps those ids taken
        self._outputs: list[tuple[torch.Tensor, torch.Tensor]] = []  # out= arguments and what is computed for them

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
        if is_out:  # computed beside: the kernel may resize it
            host = torch.empty_strided(tensor.size(), tensor.stride(), dtype=tensor.dtype)
            self._outputs.append((tensor, host))
        else:
            host = to_host(tensor)
        self._simulated[id(host)] = tensor
        self._host.append(host)
        return host

    def store_outputs(self) -> None:
        """Write what was computed for the out= arguments into them, in its size."""
        for tensor, host in self._outputs:
            if tensor.size() != host.size():
                tensor.resize_(host.size())
            to_host(tensor).copy_(host)

    def restore(self, result: Any, device: torch.device) -> Any:
        """Replace the host tensors of a result by the simulated tensors they stand for, or by new ones."""
        if isinstance(result, (list, tuple)):
            return type(result)(self.restore(item, device) for item in result)
        if not isinstance(result, torch.Tensor):
            return result
        return self._simulated[id(result)] if id(result) in self._simulated else to_sim(result, device.index)
