"""Memory of the simulated device: the same bytes, labelled with another device.

A DLPack capsule carries a device label beside the pointer. Exporting a tensor, changing the label and importing
it again gives a plain ``torch.Tensor`` of the other device over the same bytes: with real strides, storage offset
and storage, so views, version counters and autograd are PyTorch's own. PyTorch reads the label for "device from
outside" as PrivateUse1, the slot that the simulated device occupies.
"""

from __future__ import annotations

import ctypes
from typing import Any

import torch

_HOST, _OUTSIDE = 1, 12  # DLDeviceType: kDLCPU, kDLExtDev
_CPU_KERNEL = torch._C.DispatchKeySet(torch._C.DispatchKey.CPU)

_export: Any = torch._C._to_dlpack
_import: Any = torch._C._from_dlpack
_pointer = ctypes.pythonapi.PyCapsule_GetPointer
_pointer.restype = ctypes.c_void_p
_pointer.argtypes = [ctypes.py_object, ctypes.c_char_p]


class _Prefix(ctypes.Structure):
    """The first fields of a DLTensor, up to the device label."""

    _fields_ = (("data", ctypes.c_void_p), ("device_type", ctypes.c_int32), ("device_id", ctypes.c_int32))


def _relabel(tensor: torch.Tensor, device_type: int, index: int) -> torch.Tensor:
    capsule = _export(tensor)
    prefix = _Prefix.from_address(_pointer(capsule, b"dltensor"))
    prefix.device_type, prefix.device_id = device_type, index
    labelled: torch.Tensor = _import(capsule)
    if labelled.stride() != tensor.stride():  # an exporter rewrites the strides of dimensions of size 1
        labelled = run_layout(torch.ops.aten.as_strided.default, labelled, tensor.size(), tensor.stride())
    return labelled


def to_sim(tensor: torch.Tensor, index: int) -> torch.Tensor:
    """Return a tensor of device ``sim:index`` over the memory of a host tensor that nobody else keeps."""
    return _relabel(tensor.resolve_conj().resolve_neg(), _OUTSIDE, index)


def to_host(tensor: torch.Tensor) -> torch.Tensor:
    """Return a host tensor over the memory of a simulated one; its storage cannot be resized."""
    return with_bits(_relabel(tensor, _HOST, 0), tensor)


def with_bits(host: torch.Tensor, tensor: torch.Tensor) -> torch.Tensor:
    """Mark a host tensor as lazily conjugate or negative where the simulated one is."""
    if tensor.is_conj():
        host = host.conj()
    if tensor.is_neg():
        host = torch._neg_view(host)
    return host


def whole_on_host(tensor: torch.Tensor) -> torch.Tensor:
    """Return a flat host tensor over all the memory of a simulated tensor's storage, of the tensor's dtype."""
    length = tensor.untyped_storage().nbytes() // tensor.element_size()
    return _relabel(run_layout(torch.ops.aten.as_strided.default, tensor, [length], [1], 0), _HOST, 0)


def run_layout(operator: Any, *args: Any, **kwargs: Any) -> Any:
    """Run the CPU kernel of an operator that handles shapes and storages only, on simulated tensors as they are."""
    return operator.redispatch(_CPU_KERNEL, *args, **kwargs)


def is_sim(value: object) -> bool:
    """Say whether a value is a tensor of the simulated device."""
    return isinstance(value, torch.Tensor) and value.device.type == "sim"
