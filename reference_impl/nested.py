"""What a user writes as data: numbers, arrays, tensors, and sequences of them, nested."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np

from .dtype import DEFAULT, PROMOTE, dtype, int64, of_scalar
from .dtype import bool as bool_
from .numpy import from_numpy, numpy_dtype
from .storage import Array
from .tensor import Tensor

NUMBERS = {bool, int, float, complex}
SEQUENCES = {list, tuple}

DEEPEST = 64
"""NumPy has no more dimensions."""


def array_of(data: Any) -> tuple[Array, dtype]:
    """The values of data given by a user, and the type inferred from them."""
    if isinstance(data, Tensor):
        return data._array, data._dtype
    if isinstance(data, np.ndarray):
        if any(s < 0 for s in data.strides):
            from_numpy(data)  # it says what is wrong
        return data, numpy_dtype(data.dtype)
    if isinstance(data, np.generic):
        return np.asarray(data), numpy_dtype(data.dtype)
    if isinstance(data, (str, bytes)):
        raise TypeError(f"new(): invalid data type '{type(data).__name__}'")
    if isinstance(data, Sequence):
        return _plain(data) or _mixed(data)
    d = of_scalar(data)
    return np.asarray(data, np.complex128 if d.is_complex else None), d


def _plain(data: Any) -> tuple[Array, dtype] | None:
    """Nested lists of Python numbers, at NumPy's speed; None for what needs a closer look."""
    kinds = _kinds(data)
    if not kinds <= NUMBERS:
        return None
    try:
        array = np.array(data)
    except (ValueError, OverflowError):  # of uneven lengths, or too large
        return None
    types = {"b": bool_, "i": int64, "f": DEFAULT.floating, "c": DEFAULT.complex}
    inferred = types.get(array.dtype.kind)
    if inferred is None or (inferred.is_floating_point and kinds and kinds <= {int, bool}):
        return None  # beyond 64 bits with a sign
    return array, inferred


def _kinds(data: Any) -> set[type]:
    """The types of the innermost elements; where sequences stand beside numbers, theirs too."""
    kinds = set(map(type, data))
    for _ in range(DEEPEST):
        if not kinds or not kinds <= SEQUENCES:
            return kinds
        data = list(chain.from_iterable(data))
        kinds = set(map(type, data))
    raise ValueError(f"too many dimensions '{kinds.pop().__name__}'")


def _mixed(data: Any) -> tuple[Array, dtype]:
    """Nested sequences with arrays, tensors or NumPy numbers among them."""
    shape = _shape(data)
    leaves: list[Any] = []
    _flatten(data, shape, 0, leaves)
    if not leaves:
        return np.zeros(shape, DEFAULT.floating.numpy), DEFAULT.floating
    found = _promoted(leaves)
    values = [x.item() if isinstance(x, Tensor) else x for x in leaves]
    array = np.array(values, np.complex128 if found.is_complex else None)
    if found is int64 and array.dtype.kind != "i":  # NumPy makes floats of integers beyond 64 bits with a sign
        unsigned = all(0 <= int(v) < 1 << 64 for v in values)
        array = np.array([int(v) for v in values], np.uint64 if unsigned else object)
    return array.reshape(shape), found


def _shape(data: Any) -> list[int]:
    """The lengths along the first element of each level."""
    shape: list[int] = []
    while isinstance(data, (Sequence, np.ndarray)) and not isinstance(data, str):
        if isinstance(data, np.ndarray) and not data.ndim:
            break
        shape.append(len(data))
        if not shape[-1]:
            break
        data = data[0]
    return shape


def _promoted(leaves: list[Any]) -> dtype:
    """The type that holds every leaf."""
    tensors = {x._dtype for x in leaves if isinstance(x, Tensor)}
    firsts = {type(x): x for x in leaves if not isinstance(x, Tensor)}
    found: dtype | None = None
    for d in [*tensors, *map(_dtype_of, firsts.values())]:
        found = d if found is None else PROMOTE[found, d]
    assert found is not None
    return found


def _dtype_of(leaf: Any) -> dtype:
    return numpy_dtype(leaf.dtype) if isinstance(leaf, np.generic) else of_scalar(leaf)


def _flatten(data: Any, shape: list[int], dim: int, leaves: list[Any]) -> None:
    """Collect the leaves in order. ValueError for uneven lengths, TypeError for what is no sequence."""
    if dim == len(shape):
        leaves.append(_leaf(data, not leaves))
        return
    if isinstance(data, str):
        raise TypeError("new(): invalid data type 'str'")
    if not isinstance(data, (Sequence, np.ndarray)):
        raise TypeError("not a sequence")
    if len(data) != shape[dim]:
        raise ValueError(f"expected sequence of length {shape[dim]} at dim {dim} (got {len(data)})")
    items: Any = data
    for item in items:
        _flatten(item, shape, dim + 1, leaves)


def _leaf(data: Any, first: bool) -> Any:
    """One element: a number, or a tensor or array of one element."""
    if isinstance(data, (str, bytes)):
        if not first:
            raise TypeError(f"new(): invalid data type '{type(data).__name__}'")
        raise ValueError(f"too many dimensions '{type(data).__name__}'")
    if isinstance(data, Sequence):
        raise TypeError(f"'{type(data).__name__}' object cannot be interpreted as an integer")
    if isinstance(data, Tensor) and data.numel() != 1:
        raise ValueError("only one element tensors can be converted to Python scalars")
    return data[()] if isinstance(data, np.ndarray) else data
