"""PyTorch with a simulated accelerator, ``sim``, so that clauses about devices have a witness without hardware.

The device is PyTorch's own slot for devices from outside (PrivateUse1), filled from Python: memory of the host with
another label, and CPU kernels that run over it. Loading the backend registers the device for the whole process, so
``torch.accelerator`` reports it to everybody there.
"""

from __future__ import annotations

import functools
from typing import Any

import safetensors.torch
import torch
import torch.nn.utils.prune
from torch.utils import backend_registration

from conformance.backend import Backend
from conformance.backends import torch_vision
from conformance.backends.torch_sim import autocast, completion, device, generator, kernels, operators, recurrent

LACKS = {
    "pin": "PyTorch takes an allocator of pinned memory from C++ only",
}
_library: Any = torch.library.Library
_libraries: list[Any] = []  # a registration lives as long as its library


def backend() -> Backend:
    """Return PyTorch on the host and on two simulated devices."""
    register()
    torch.set_warn_always(True)  # many warnings are given once in a process
    return Backend(
        name="torch-sim",
        version=torch.__version__,
        namespace=torch,
        devices=("cpu", *(f"sim:{index}" for index in range(device.COUNT))),
        accelerator="sim:0",
        lacks={**LACKS, **torch_vision.lacks()},
        companions={"safetensors": safetensors.torch, **torch_vision.companions()},
    )


@functools.cache
def register() -> None:
    """Make ``sim`` a device of PyTorch, once in a process."""
    setup: Any = backend_registration._setup_privateuseone_for_python_backend
    setup("sim", backend_module=device.module(generator.default_generator), device_guard=completion.Guard())
    everything, aten = _library("_", "IMPL"), _library("aten", "IMPL")
    everything.fallback(kernels.fallback, "PrivateUse1")
    everything.fallback(torch.library.fallthrough_kernel, "AutocastPrivateUse1")
    for name, kernel in operators.kernels().items():
        aten.impl(name, kernel, "PrivateUse1")
    for name, kernel in recurrent.kernels().items():
        aten.impl(name, kernel, "PrivateUse1")
        aten.impl(name, kernel, "AutogradPrivateUse1")
    for name, kernel in autocast.kernels().items():
        aten.impl(name, kernel, "AutocastPrivateUse1")
    for lazily in ("Conjugate", "Negative"):  # the copy reads these bits itself
        aten.impl("_copy_from", torch.library.fallthrough_kernel, lazily)
    _libraries.extend((everything, aten))
    completion.complete()
