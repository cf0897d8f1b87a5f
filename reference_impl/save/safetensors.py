"""Tensors in the safetensors format, by way of that package: names, dtypes, shapes and bytes, and no code. Its
functions are those of `safetensors.torch`; the package is imported when the first of them is called."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from ..device import CPU
from ..device import device as device_of
from ..dtype import (
    bfloat16,
    complex64,
    float16,
    float32,
    float64,
    int8,
    int16,
    int32,
    int64,
    uint8,
    uint16,
    uint32,
    uint64,
)
from ..dtype import bool as bool_
from ..nn.module import Module
from ..storage import Array
from ..tensor import Tensor, wrap

if TYPE_CHECKING:
    from safetensors import TensorSpec

__all__ = ["load", "load_file", "load_model", "save", "save_file", "save_model"]

DTYPES = {
    "F64": float64,
    "F32": float32,
    "F16": float16,
    "BF16": bfloat16,
    "C64": complex64,
    "I64": int64,
    "I32": int32,
    "I16": int16,
    "I8": int8,
    "U64": uint64,
    "U32": uint32,
    "U16": uint16,
    "U8": uint8,
    "BOOL": bool_,
}
"""How the format calls dtypes."""

Tensors = dict[str, Tensor]
Path = str | os.PathLike[str]


def save(tensors: Tensors, metadata: dict[str, str] | None = None) -> bytes:
    """The tensors as bytes. ValueError for what is no dense contiguous tensor, RuntimeError for shared memory, KeyError
    for a dtype that the format lacks."""
    from safetensors import serialize

    specs, _arrays = _described(tensors)
    return bytes(serialize(specs, metadata=metadata))


def save_file(tensors: Tensors, filename: Path, metadata: dict[str, str] | None = None) -> None:
    """The same to a file."""
    from safetensors import serialize_file

    specs, _arrays = _described(tensors)
    serialize_file(specs, filename, metadata=metadata)


def load(data: bytes) -> Tensors:
    """The tensors of `save`, on memory of their own on the CPU. `SafetensorError` for other bytes."""
    from safetensors import deserialize

    return {name: _tensor(part["dtype"], part["shape"], part["data"]) for name, part in deserialize(data)}  # type: ignore[no-untyped-call]


def load_file(filename: Path, device: str | int = "cpu", *, backend: str = "mmap") -> Tensors:
    """The tensors of a file, on a device. `SafetensorError` for a device that is none."""
    from safetensors import SafetensorError

    try:
        place = device_of(device)
        fits = isinstance(device, (str, int)) and place.type != "meta"
    except RuntimeError:
        fits = False
    if not fits:
        raise SafetensorError(f"device {device} is invalid")
    with open(filename, "rb") as file:
        return {name: t.to(place) for name, t in load(file.read()).items()}


def save_model(
    model: Module, filename: str, metadata: dict[str, str] | None = None, force_contiguous: bool = True
) -> None:
    """The state of a module. Of entries on the same memory the first by name that covers it is saved, and the metadata
    tells for the others which."""
    state = model.state_dict()
    metadata = dict(metadata or {})
    for kept, others in _doubles(state).items():
        for name in others:
            metadata.setdefault(name, kept)
            del state[name]
    if force_contiguous:
        state = {name: t.contiguous() for name, t in state.items()}
    save_file(dict(state), filename, metadata=metadata or None)


def load_model(
    model: Module, filename: Path, strict: bool = True, device: str | int = "cpu", *, backend: str = "mmap"
) -> tuple[set[str], list[str]]:
    """Loads a file into a module, tied entries by the one that is there; tells missing and unexpected names.
    RuntimeError for them, if `strict`."""
    found = load_file(filename, device)
    doubles = _doubles(model.state_dict(), prefer=set(found))
    keys = model.load_state_dict(found, strict=False)
    missing, unexpected = set(keys.missing_keys), list(keys.unexpected_keys)
    for name in (name for others in doubles.values() for name in others):
        if name in missing:
            missing.remove(name)
        else:
            unexpected.append(name)
    if strict and (missing or unexpected):
        text = f"Error(s) in loading state_dict for {type(model).__name__}:"
        for told, names in (("Missing", missing), ("Unexpected", unexpected)):
            listed = ", ".join(f'"{name}"' for name in sorted(names))
            text += f"\n    {told} key(s) in state_dict: {listed}" if names else ""
        raise RuntimeError(text)
    return missing, unexpected


def _described(tensors: Tensors) -> tuple[dict[str, TensorSpec], list[Array]]:
    """What the package wants to know of each tensor, and the arrays whose memory it is told of."""
    from safetensors import TensorSpec

    _check(tensors)
    arrays, specs = [], {}
    for name, t in tensors.items():
        if not t.is_contiguous():
            raise ValueError(
                f"You are trying to save a non contiguous tensor: `{name}` which is not allowed. It either means you "
                "are trying to save tensors which are reference of each other in which case it's recommended to save "
                "only the full tensors, and reslice at load time, or simply call `.contiguous()` on your tensor to "
                "pack it before saving."
            )
        if t.dtype not in DTYPES.values():
            raise KeyError(t.dtype)
        kind = str(t.dtype).removeprefix("torch.")
        array = np.ascontiguousarray(t._array)
        arrays.append(array)
        address = array.__array_interface__["data"][0]
        specs[name] = TensorSpec(dtype=kind, shape=list(t.shape), data_ptr=address, data_len=array.nbytes)
    return specs, arrays


def _check(tensors: Any) -> None:
    """What `save` says that it raises, but for strides and dtypes."""
    if not isinstance(tensors, dict):
        raise ValueError(f"Expected a dict of [str, torch.Tensor] but received {type(tensors)}")
    for name, t in tensors.items():
        if not isinstance(t, Tensor):
            raise ValueError(f"Key `{name}` is invalid, expected torch.Tensor but received {type(t)}")
    sparse = [name for name, t in tensors.items() if str(t.layout) != "torch.strided"]
    if sparse:
        raise ValueError(
            f"You are trying to save a sparse tensors: `{sparse}` which this library does not support. You can make it "
            "a dense tensor before saving with `.to_dense()` but be aware this might make a much larger file than "
            "needed."
        )
    shared = [names for names in _sharing(tensors) if len(names) > 1]
    if shared:
        raise RuntimeError(
            "Some tensors share memory, this will lead to duplicate memory on disk and potential differences when "
            f"loading them again: {[set(names) for names in shared]}. A potential way to correctly save your model is "
            "to use `save_model`. More information at https://huggingface.co/docs/safetensors/torch_shared_tensors"
        )


def _sharing(tensors: Tensors) -> list[list[str]]:
    """Names of tensors whose places in one memory overlap."""
    memories: dict[int, list[tuple[int, int, str]]] = {}
    for name, t in tensors.items():
        if t.numel() and t.device.type != "meta":
            stop = t.data_ptr() + sum((n - 1) * s for n, s in zip(t.shape, t.stride(), strict=True)) * t.itemsize
            memories.setdefault(id(t.untyped_storage()), []).append((t.data_ptr(), stop + t.itemsize, name))
    groups: list[list[str]] = []
    for places in memories.values():
        end = -1
        for start, stop, name in sorted(places):
            if start >= end:
                groups.append([])
            groups[-1].append(name)
            end = max(end, stop)
    return groups


def _doubles(state: Tensors, prefer: set[str] | None = None) -> dict[str, list[str]]:
    """For each entry that is saved, the others on its memory. RuntimeError where none covers it."""
    found = {}
    for names in _sharing(state):
        whole = sorted(name for name in names if state[name].nbytes == state[name].untyped_storage().nbytes())
        if len(names) > 1 and not whole:
            raise RuntimeError(
                "Error while trying to find names to remove to save state dict, but found no suitable name to keep for "
                f"saving amongst: {set(names)}. None is covering the entire storage."
            )
        if len(names) > 1:
            kept = next((name for name in whole if prefer and name in prefer), whole[0])
            found[kept] = sorted(name for name in names if name != kept)
    return found


def _tensor(kind: str, shape: list[int], data: bytearray) -> Tensor:
    d = DTYPES[kind]
    return wrap(np.frombuffer(data, d.numpy).reshape(shape), d, CPU)
