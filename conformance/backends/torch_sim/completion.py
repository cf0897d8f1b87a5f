"""What PyTorch does in C++ for its own devices and leaves out for a device written in Python."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from typing import Any

import torch
from torch.cuda import nccl

from conformance.backends.torch_sim import device, generator, parallel

_native_storage: Any = torch.UntypedStorage.__new__
_native_apply: Any = torch.nn.Module._apply
_autograd: Any = torch.autograd
_native_backward: Any = _autograd._engine_run_backward
_underway = threading.local()  # the exception that travels through the engine of this thread
_core: Any = torch._C


def complete() -> None:
    """Let storages, modules, the accelerator's queries and backward know the simulated device."""
    untyped: Any = torch.UntypedStorage
    untyped.__new__ = staticmethod(_new_storage)
    module: Any = torch.nn.Module
    module._apply = _apply
    _core._accelerator_getDeviceIndex = device.current_device  # torch.accelerator asks these
    _core._accelerator_setDeviceIndex = device.set_device
    _core._accelerator_exchangeDevice = device.exchange_device
    _core._accelerator_maybeExchangeDevice = device.exchange_device
    _core._accelerator_synchronizeDevice = lambda index: None
    _core._accelerator_isAllocatorInitialized = lambda: False  # memory of the host, of which nobody keeps count
    for name, function in parallel.functions().items():
        setattr(_core, name, function)
    nccl.is_available = lambda tensors: False  # PyTorch says so with a warning
    namespace: Any = torch
    namespace.Generator = generator.Generator
    _autograd._engine_run_backward = _run_backward


def _new_storage(cls: Any, *args: Any, **kwargs: Any) -> Any:
    """Make a storage; PyTorch has no allocator for a Python device, so its memory comes from ``torch.empty``."""
    where = kwargs.get("device")
    if where is None or torch.device(where).type != "sim":
        return _native_storage(cls, *args, **kwargs)
    size = args[0] if args else kwargs.get("size", 0)
    return torch.empty(size, dtype=torch.uint8, device=where).untyped_storage()


class Guard(_core._acc.DeviceGuard):  # type: ignore[misc]
    """The guard of the simulated device, which PyTorch asks for its type and nothing else.

    Backward asks also while an exception of a hook leaves the engine, in a destructor, where Python answers with a
    second exception and the process ends. So the exception is taken out of its way here, and raised again once
    the engine has returned.
    """

    def type_(self) -> Any:
        """PrivateUse1."""
        try:
            ctypes.pythonapi.Py_IsInitialized()  # any call by way of ctypes raises the exception that is pending
        except BaseException as error:
            _underway.error = error
        return _core._autograd.DeviceType.PrivateUse1


def _run_backward(*args: Any, **kwargs: Any) -> Any:
    """Run backward in the calling thread; the engine would start a thread for ordinal 0 only."""
    with torch.autograd.set_multithreading_enabled(False):
        try:
            return _native_backward(*args, **kwargs)
        except SystemError:  # failed, and without an exception
            error = vars(_underway).pop("error", None)
            if error is None:
                raise
    raise error


def _apply(self: torch.nn.Module, fn: Callable[[torch.Tensor], torch.Tensor], recurse: bool = True) -> torch.nn.Module:
    """Apply a function to a module's tensors; a move to or from the device keeps the Parameter objects.

    PyTorch keeps them by assigning ``.data``, which it refuses between the host and a Python device. Its other way,
    swapping what the two objects hold, is chosen for such moves.
    """
    future: Any = torch.__future__
    before = future.get_swap_module_params_on_conversion()
    future.set_swap_module_params_on_conversion(before or _crosses(self, fn))
    try:
        moved: torch.nn.Module = _native_apply(self, fn, recurse)
        return moved
    finally:
        future.set_swap_module_params_on_conversion(before)


def _crosses(module: torch.nn.Module, fn: Callable[[torch.Tensor], torch.Tensor]) -> bool:
    """Say whether a function moves a parameter between the host and the simulated device."""
    for parameter in module.parameters(recurse=False):
        with torch.no_grad():
            probe = torch.empty(0, dtype=parameter.dtype, device=parameter.device)  # a lazy one has no `new_empty`
            return fn(probe).device.type != parameter.device.type
    return False
