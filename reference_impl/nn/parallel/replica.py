"""Copies of a module on several accelerators, and calling them at the same time."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Sequence
from typing import Any

from ...accelerator import device_index, ordinal_of
from ...device import CPU, device
from ...gradmode import is_grad_enabled, set_grad_enabled
from ...tensor import Tensor
from ..module import Module
from .parts import place


def replicate(network: Any, devices: Sequence[Any], detach: bool = False) -> list[Any]:
    """A copy of the module for each device, whose parameters are the results of moves, so that gradients flow to the
    module's own; what lies on the first device stays the same memory. AssertionError for a module on the CPU."""
    return [_copy(network, place(each), detach) for each in devices]


def _copy(network: Any, where: device, detach: bool) -> Any:
    moved: dict[int, Tensor] = {}

    def on_device(t: Tensor, cut: bool) -> Tensor:
        if t._device is CPU:
            raise AssertionError("Broadcast function not implemented for CPU tensors")
        if id(t) not in moved:
            there = t.to(where)
            moved[id(t)] = there.detach() if cut else there.view_as(there) if there is t else there
        return moved[id(t)]

    made: dict[int, Any] = {id(module): _shell(module) for module in network.modules()}
    for module in network.modules():
        shell = made[id(module)]
        for name, child in module._modules.items():
            shell._modules[name] = None if child is None else made[id(child)]
        for name, parameter in module._parameters.items():
            if parameter is None:
                shell._parameters[name] = None
            else:
                setattr(shell, name, on_device(parameter, detach))
        for name, buffer in module._buffers.items():
            if buffer is not None:
                shell._buffers[name] = on_device(buffer, detach or not buffer.requires_grad)
    return made[id(network)]


def _shell(module: Any) -> Any:
    """A module of the same attributes, without parameters."""
    shell = Module.__new__(type(module))
    shell.__dict__.update(module.__dict__)
    shell.__dict__.update(_parameters={}, _buffers=dict(module._buffers), _modules=dict(module._modules))
    return shell


def parallel_apply(
    modules: Sequence[Any], inputs: Sequence[Any], kwargs_tup: Any = None, devices: Sequence[Any] | None = None
) -> list[Any]:
    """The results of the modules, each called with its own inputs in its own thread, on its device as the current
    one. What a module raises is raised here, with the number of its replica."""
    named = [{}] * len(modules) if kwargs_tup is None else kwargs_tup
    for count, told in ((inputs, "inputs"), (named, "kwargs_tup"), (devices or modules, "devices")):
        if len(modules) != len(count):
            raise AssertionError(
                f"The number of modules {len(modules)} is not equal to the number of {told} {len(count)}"
            )
    where = [_ordinal(x) for x in inputs] if devices is None else [ordinal_of(each) for each in devices]
    results: dict[int, Any] = {}
    recording = is_grad_enabled()

    def work(i: int) -> None:
        args = inputs[i] if isinstance(inputs[i], (tuple, list)) else (inputs[i],)
        try:
            with set_grad_enabled(recording), device_index(where[i]):
                results[i] = (modules[i](*args, **named[i]), None)
        except Exception as error:
            results[i] = (None, _told(error, f"in replica {i} on device {where[i]}"))

    threads = [threading.Thread(target=work, args=(i,)) for i in range(len(modules))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    failed = next((results[i][1] for i in range(len(modules)) if results[i][1] is not None), None)
    if failed is not None:
        raise failed
    return [results[i][0] for i in range(len(modules))]


def _ordinal(inputs: Any) -> int:
    """The ordinal of the first tensor in the inputs."""
    if isinstance(inputs, Tensor):
        return inputs.get_device()
    held = inputs.values() if isinstance(inputs, dict) else inputs if isinstance(inputs, (tuple, list)) else ()
    return next((_ordinal(each) for each in held), 0)


def _told(error: Exception, where: str) -> Exception:
    """An exception of the same class that tells where it comes from."""
    trace = "".join(traceback.format_exception(error))
    message = f"Caught {type(error).__name__} {where}.\nOriginal {trace}"
    try:
        return type(error)(message)
    except TypeError:
        return RuntimeError(message)
