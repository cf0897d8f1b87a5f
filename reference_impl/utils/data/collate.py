"""Collating: a list of samples becomes a batch of tensors, in whatever containers the samples hold them."""

from __future__ import annotations

import collections.abc
import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from ...create import as_tensor, tensor
from ...dtype import float64
from ...join import stack
from ...tensor import Tensor

Registry = dict[Any, Callable[..., Any]]
"""The type of a sample (or a tuple of types) → what makes a batch of a list of them, given ``collate_fn_map=`` too."""

REFUSED = "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found {}"


def collate(batch: Any, *, collate_fn_map: Registry | None = None) -> Any:
    """Make a batch of samples by the functions of `collate_fn_map`, in the containers that the first sample has.

    The function is that of the sample's own type, otherwise of the first entry that it is an instance of.

    Raises:
        RuntimeError: sequences of different lengths. TypeError: a type that neither has a function nor is a container.
    """
    first = batch[0]
    if collate_fn_map is not None:
        if type(first) in collate_fn_map:
            return collate_fn_map[type(first)](batch, collate_fn_map=collate_fn_map)
        for kind, function in collate_fn_map.items():
            if isinstance(first, kind):
                return function(batch, collate_fn_map=collate_fn_map)

    def again(samples: Any) -> Any:
        return collate(samples, collate_fn_map=collate_fn_map)

    if isinstance(first, collections.abc.Mapping):
        return mapping_like(first, {key: again([sample[key] for sample in batch]) for key in first})
    if isinstance(first, tuple) and hasattr(first, "_fields"):
        return type(first)(*map(again, zip(*batch, strict=False)))
    if isinstance(first, collections.abc.Sequence):
        if any(len(sample) != len(first) for sample in batch):
            raise RuntimeError("each element in list of batch should be of equal size")
        return sequence_like(first, list(map(again, zip(*batch, strict=True))))
    raise TypeError(REFUSED.format(type(first)))


def mapping_like(model: Any, found: dict[Any, Any]) -> Any:
    """A mapping of the model's type (and its further attributes) where one can be made, otherwise a dict."""
    try:
        if not isinstance(model, collections.abc.MutableMapping):
            return type(model)(found)
        clone = copy.copy(model)
        clone.update(found)
        return clone
    except TypeError:
        return found


def sequence_like(model: Any, found: list[Any]) -> Any:
    """A sequence of the model's type where one can be made; of a tuple, and elsewhere, a list."""
    if isinstance(model, tuple):
        return found
    try:
        if not isinstance(model, collections.abc.MutableSequence):
            return type(model)(found)
        clone = copy.copy(model)
        for i, value in enumerate(found):
            clone[i] = value
        return clone
    except TypeError:
        return found


def collate_tensor_fn(batch: Any, *, collate_fn_map: Registry | None = None) -> Tensor:
    """Stack tensors of one shape on a new first dimension. RuntimeError for sparse tensors."""
    if "sparse" in str(batch[0].layout):
        raise RuntimeError(
            "Batches of sparse tensors are not currently supported by the default collate_fn; "
            "please provide a custom collate_fn to handle them appropriately."
        )
    return stack(batch, 0)


def collate_numpy_array_fn(batch: Any, *, collate_fn_map: Registry | None = None) -> Any:
    """Make tensors of arrays, and collate those. TypeError for arrays of strings and objects."""
    if _holds_objects(batch[0]):
        raise TypeError(REFUSED.format(batch[0].dtype))
    return collate([as_tensor(array) for array in batch], collate_fn_map=collate_fn_map)


def collate_numpy_scalar_fn(batch: Any, *, collate_fn_map: Registry | None = None) -> Any:
    """A tensor of NumPy's numbers, of their dtype."""
    return as_tensor(batch)


def collate_float_fn(batch: Any, *, collate_fn_map: Registry | None = None) -> Any:
    """A float64 tensor: Python's floats are."""
    return tensor(batch, dtype=float64)


def collate_int_fn(batch: Any, *, collate_fn_map: Registry | None = None) -> Any:
    """An int64 tensor, of bools a bool one."""
    return tensor(batch)


def collate_str_fn(batch: Any, *, collate_fn_map: Registry | None = None) -> Any:
    """Strings and bytes stay as they are."""
    return batch


default_collate_fn_map: Registry = {
    Tensor: collate_tensor_fn,
    np.ndarray: collate_numpy_array_fn,
    (np.bool_, np.number, np.object_): collate_numpy_scalar_fn,
    float: collate_float_fn,
    int: collate_int_fn,
    str: collate_str_fn,
    bytes: collate_str_fn,
}


def default_collate(batch: Any) -> Any:
    """Make a batch of samples: tensors and arrays stacked, numbers as a tensor, strings in a list, containers by part.

    Raises:
        RuntimeError: shapes or lengths that differ. TypeError: samples of a type that is not known.
    """
    return collate(batch, collate_fn_map=default_collate_fn_map)


def default_convert(data: Any) -> Any:
    """Make tensors of the NumPy arrays and numbers in a sample; everything else stays as it is.

    Containers keep their type, except that a tuple becomes a list.
    """
    if isinstance(data, Tensor | str | bytes):
        return data
    if type(data).__module__ == "numpy":
        return data if isinstance(data, np.ndarray) and _holds_objects(data) else as_tensor(data)
    if isinstance(data, collections.abc.Mapping):
        return mapping_like(data, {key: default_convert(data[key]) for key in data})
    if isinstance(data, tuple) and hasattr(data, "_fields"):
        return type(data)(*map(default_convert, data))
    if isinstance(data, collections.abc.Sequence):
        return sequence_like(data, [default_convert(value) for value in data])
    return data


def _holds_objects(array: Any) -> bool:
    """Whether an array's elements are strings or objects."""
    return array.dtype.kind in "SUO"
