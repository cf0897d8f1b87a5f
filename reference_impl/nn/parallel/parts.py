"""Taking tensors apart over several accelerators, and putting them together on one device."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from ...accelerator import ordinal_of
from ...device import ACCELERATOR, CPU, device
from ...join import cat
from ...tensor import Tensor


def place(target: Any) -> device:
    """The accelerator of an ordinal, a text or a device; the CPU for `"cpu"`. ValueError for another device."""
    if target == -1 or (not isinstance(target, int) and device(target) == CPU):
        return CPU
    return device(ACCELERATOR.name, ordinal_of(target))


def scatter(inputs: Any, target_gpus: Sequence[Any], dim: int = 0) -> Any:
    """One part of the inputs for each device: of a tensor a chunk along `dim`, of tuples, lists and dictionaries what
    they hold, part by part, and of everything else the thing itself. A batch too small leaves devices out."""
    if isinstance(inputs, Tensor):
        parts = inputs.chunk(len(target_gpus), dim)
        return tuple([part.to(place(target)) for part, target in zip(parts, target_gpus, strict=False)])
    if isinstance(inputs, (tuple, list, dict)) and inputs:
        held = inputs.items() if isinstance(inputs, dict) else inputs
        rows = zip(*[scatter(each, target_gpus, dim) for each in held], strict=False)
        return [_like(inputs, row) for row in rows]
    return [inputs for _ in target_gpus]


def _like(whole: Any, row: tuple[Any, ...]) -> Any:
    """The row as a tuple, list or dictionary of the kind of the whole."""
    if hasattr(whole, "_fields"):
        return type(whole)(*row)
    return row if isinstance(whole, tuple) else type(whole)(row)


def scatter_kwargs(inputs: Any, kwargs: Any, target_gpus: Sequence[Any], dim: int = 0) -> tuple[Any, Any]:
    """The parts of positional and of keyword arguments, as many of the one as of the other."""
    args = list(scatter(inputs, target_gpus, dim)) if inputs else []
    named = list(scatter(kwargs, target_gpus, dim)) if kwargs else []
    args += [()] * (len(named) - len(args))
    named += [{}] * (len(args) - len(named))
    return tuple(args), tuple(named)


def gather(outputs: Any, target_device: Any, dim: int = 0) -> Any:
    """What `scatter` takes apart, joined along `dim` on one device. Zero-dimensional tensors give a vector, with a
    UserWarning. AssertionError for tensors on the CPU, ValueError for dictionaries of different lengths."""
    first = outputs[0]
    if isinstance(first, Tensor):
        return _joined(outputs, place(target_device), dim)
    if first is None:
        return None
    if isinstance(first, dict):
        if any(len(first) != len(each) for each in outputs):
            raise ValueError("All dicts must have the same number of keys")
        return type(first)((key, gather([each[key] for each in outputs], target_device, dim)) for key in first)
    joined = [gather(row, target_device, dim) for row in zip(*outputs, strict=True)]
    return type(first)(*joined) if hasattr(first, "_fields") else type(first)(joined)


def _joined(tensors: Sequence[Tensor], where: device, dim: int) -> Tensor:
    if any(t._device is CPU for t in tensors):
        raise AssertionError("Gather function not implemented for CPU tensors")
    if dim == 0 and all(t.ndim == 0 for t in tensors):
        warnings.warn(
            "Was asked to gather along dimension 0, but all input tensors were scalars; will instead unsqueeze and "
            "return a vector.",
            UserWarning,
            stacklevel=4,
        )
        tensors = [t.reshape(1) for t in tensors]
    return cat([t.to(where) for t in tensors], dim)
