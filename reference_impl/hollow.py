"""Arrays without values, for the meta device: as large as wanted, in the memory of one element.

NumPy's functions work on them through its own protocols. What is computed element by element, reduced or multiplied is
computed on arrays of one element, and its result spread over the shape that it would have; everything else is computed
as it is, on elements that are all alike, and its result emptied.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from . import layout

NO_DATA = "Cannot copy out of meta tensor; no data!"


class Hollow(np.ndarray[Any, Any]):
    """An array whose elements are one and the same. `strides` and `flags` tell of the memory that it would have."""

    steps: tuple[int, ...] | None

    def __array_finalize__(self, other: Any) -> None:
        self.steps = None

    @property  # type: ignore[misc]
    def strides(self) -> tuple[int, ...]:
        """In bytes; row-major unless it was made otherwise."""
        return (
            layout.in_bytes(layout.contiguous_strides(self.shape), self.itemsize) if self.steps is None else self.steps
        )

    @property
    def flags(self) -> Any:
        """Whether the elements would lie in order, and that they can be written to."""
        rows = layout.in_bytes(layout.contiguous_strides(self.shape), self.itemsize)
        alike = all(n == 1 or a == b for n, a, b in zip(self.shape, self.strides, rows, strict=True))
        return SimpleNamespace(c_contiguous=alike or not self.size, f_contiguous=False, writeable=True, owndata=True)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = None, **options: Any) -> Any:
        if method == "__call__" and ufunc.signature is None:
            found = _elementwise(ufunc, inputs, options)
        elif method in ("reduce", "accumulate"):
            found = _reduced(ufunc, method, *inputs, **options)
        elif ufunc is np.matmul:
            found = _product(*inputs)
        else:
            found = emptied(getattr(ufunc, method)(*[_plain(x) for x in inputs], **options))
        return found if out is None else out[0] if len(out) == 1 else out

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if func.__name__ in _NEED_VALUES:
            refuse_reading(_NEED_VALUES[func.__name__])
        rule = _RULES.get(func.__name__)
        found = NotImplemented if rule is None else rule(*args, **kwargs)
        if found is NotImplemented:
            found = emptied(super().__array_function__(func, types, args, kwargs))
        return found

    def __setitem__(self, key: Any, value: Any) -> None:
        """Writes nothing. ValueError for a value of a shape that does not fit."""
        if key is ...:
            _check_target(self, value)

    def fill(self, value: Any) -> None:
        """Writes nothing."""

    def astype(self, dtype: Any, *args: Any, **kwargs: Any) -> Any:
        """The same in another type."""
        return _like(self, np.dtype(dtype))

    def copy(self, order: Any = "C") -> Any:
        """The same on memory of its own."""
        return hollow(self.shape, self.dtype) if order == "C" else _like(self, self.dtype)

    def ravel(self, order: Any = "C") -> Any:
        """The same as one row."""
        return hollow((self.size,), self.dtype)

    flatten = ravel

    def item(self, *args: Any) -> Any:
        """RuntimeError: there is none."""
        raise RuntimeError("Tensor.item() cannot be called on meta tensors")

    def tolist(self) -> Any:
        """NotImplementedError: there are no values."""
        raise NotImplementedError(NO_DATA)


def hollow(shape: tuple[int, ...], numpy: np.dtype[Any], steps: tuple[int, ...] | None = None) -> Hollow:
    """An array of this shape and type, with these strides in bytes (None: row-major)."""
    return _filled(shape, numpy, 1 if numpy.kind in "fcV" else 0, steps)


def _filled(shape: tuple[int, ...], numpy: np.dtype[Any], element: Any, steps: tuple[int, ...] | None = None) -> Hollow:
    made = Hollow(shape, numpy, np.full(1, element, numpy), 0, (0,) * len(shape))
    made.steps = steps
    return made


def emptied(found: Any) -> Any:
    """Arrays, and tuples and lists of them, without their values. Strides are kept where no two elements share
    memory."""
    if isinstance(found, (tuple, list)) and any(isinstance(each, np.ndarray) for each in found):
        parts = [emptied(each) for each in found]
        return type(found)(*parts) if hasattr(found, "_fields") else type(found)(parts)
    if not isinstance(found, np.ndarray) or (type(found) is Hollow and not _is_full(found)):
        return found
    steps = found.strides
    return hollow(found.shape, found.dtype, None if 0 in steps else steps)


def _is_full(array: Hollow) -> bool:
    """Whether the array has memory for every element after all, as NumPy's results may."""
    return array.size > 1 and 0 not in np.ndarray.strides.__get__(array)


def has_values(array: Any) -> bool:
    """Whether there is an element to look at."""
    return bool(array.size) and type(array) is not Hollow


def regular(array: Any) -> Any:
    """The matrices; identities in place of those without values, so that no algorithm stumbles over them."""
    if type(array) is not Hollow:
        return array
    return np.broadcast_to(np.eye(*array.shape[-2:], dtype=array.dtype), array.shape)


def rows(array: Any) -> np.ndarray[Any, np.dtype[Any]]:
    """The array with its elements in memory row by row."""
    found: np.ndarray[Any, np.dtype[Any]] = array.copy() if type(array) is Hollow else np.asarray(array, order="C")
    return found


def refuse_reading(word: str) -> None:
    """What depends on values is not to be had without them: NotImplementedError."""
    raise NotImplementedError(
        f"aten::{word}: attempted to run this operator with Meta tensors, but there was no fake impl or Meta kernel "
        "registered."
    )


def _like(array: Hollow, numpy: np.dtype[Any]) -> Hollow:
    dense = layout.dense_strides(array.shape, tuple([s // array.itemsize for s in array.strides]))
    return hollow(array.shape, numpy, layout.in_bytes(dense, numpy.itemsize))


def _plain(x: Any) -> Any:
    return np.asarray(x) if type(x) is Hollow else x


def _one(x: Any) -> Any:
    """The first element of an array, with as many dimensions; none of an empty one."""
    return np.asarray(x)[(slice(0, 1),) * x.ndim] if isinstance(x, np.ndarray) else x


def _spread(shape: tuple[int, ...], numpy: np.dtype[Any], operands: list[Any]) -> Hollow:
    """A result whose dimensions lie in memory in the order that those of the operands do."""
    seen = []
    for each in operands:
        lead = len(shape) - each.ndim
        steps = [0 if n == 1 and m != 1 else s for n, m, s in zip(each.shape, shape[lead:], each.strides, strict=True)]
        seen.append((0,) * lead + tuple(steps))
    dense = layout.ordered_strides(shape, layout.memory_order(shape, *seen))
    return hollow(shape, numpy, layout.in_bytes(dense, numpy.itemsize))


def _elementwise(ufunc: np.ufunc, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
    options.pop("where", None)
    found = ufunc(*[_one(x) for x in inputs], **options)
    arrays = [x for x in inputs if isinstance(x, np.ndarray)]
    shape = np.broadcast_shapes(*[x.shape for x in arrays])
    if isinstance(found, tuple):
        return tuple([_spread(shape, np.asarray(each).dtype, arrays) for each in found])
    return _spread(shape, np.asarray(found).dtype, arrays)


def _reduced(ufunc: np.ufunc, method: str, array: Any, axis: Any = 0, *, keepdims: bool = False, **options: Any) -> Any:
    options.pop("where", None)
    numpy = np.asarray(getattr(ufunc, method)(_one(array), axis=axis, **options)).dtype
    if method == "accumulate":
        return hollow(array.shape, numpy)
    dims = range(array.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    gone = {dim % max(array.ndim, 1) for dim in dims}
    kept = [1 if i in gone else n for i, n in enumerate(array.shape) if keepdims or i not in gone]
    if ufunc is np.logical_and:  # "all are fine" and "none is wrong", for checks of values
        return _filled(tuple(kept), numpy, True)
    return hollow(tuple(kept), numpy)


def _product(a: Any, b: Any) -> Hollow:
    if a.shape[-1] != b.shape[-2 if b.ndim > 1 else 0]:
        raise ValueError(f"matmul: {a.shape} and {b.shape} do not go together")
    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    return hollow(batch + a.shape[-2:-1] + (b.shape[-1:] if b.ndim > 1 else ()), np.result_type(a, b))


def _check_target(target: Any, value: Any) -> None:
    if np.broadcast_shapes(target.shape, np.shape(value)) != target.shape:
        raise ValueError(f"could not broadcast input array from shape {np.shape(value)} into shape {target.shape}")


def _copyto(dst: Any, src: Any, **options: Any) -> Any:
    return _check_target(dst, src) if type(dst) is Hollow else NotImplemented


def _alike(
    array: Any, dtype: Any = None, order: Any = None, subok: bool = True, shape: Any = None, **kwargs: Any
) -> Any:
    return hollow(array.shape if shape is None else shape, array.dtype if dtype is None else np.dtype(dtype))


def _choice(condition: Any, *choices: Any) -> Any:
    if len(choices) != 2:
        return NotImplemented
    arrays = [x for x in (condition, *choices) if isinstance(x, np.ndarray)]
    return hollow(np.broadcast_shapes(*[x.shape for x in arrays]), np.result_type(*choices))


def _joined(arrays: Any, axis: Any = 0, **options: Any) -> Any:
    if axis is None or len({x.shape[:axis] + x.shape[axis % x.ndim + 1 :] for x in arrays}) != 1:
        return NotImplemented
    shape = list(arrays[0].shape)
    shape[axis] = sum(x.shape[axis] for x in arrays)
    return hollow(tuple(shape), np.result_type(*arrays))


def _dot(a: Any, b: Any, out: Any = None) -> Any:
    return _product(a, b) if np.ndim(a) and 0 < np.ndim(b) < 3 and np.ndim(a) < 3 else NotImplemented


def _ordered(array: Any, *args: Any, **options: Any) -> Any:
    return hollow(array.shape, array.dtype)


def _places(array: Any, *args: Any, **options: Any) -> Any:
    return hollow(array.shape, np.dtype(np.int64)) if options.get("axis", -1) is not None else NotImplemented


def _greatest(array: Any, axis: Any = None, *, keepdims: bool = False, **options: Any) -> Any:
    return _reduced(np.maximum, "reduce", array, axis, keepdims=bool(keepdims)).astype(np.int64)


def _taken(array: Any, indices: Any, axis: Any = None, **options: Any) -> Any:
    if axis is None:
        return hollow(np.shape(indices), array.dtype)
    axis %= array.ndim
    return hollow(array.shape[:axis] + np.shape(indices) + array.shape[axis + 1 :], array.dtype)


def _taken_along(array: Any, indices: Any, axis: Any = -1) -> Any:
    return hollow(indices.shape, array.dtype) if axis is not None else NotImplemented


_NEED_VALUES = {
    "nonzero": "nonzero",
    "flatnonzero": "nonzero",
    "argwhere": "nonzero",
    "unique": "_unique2",
    "bincount": "bincount",
    "array_equal": "equal",
    "histogram": "histogram",
    "histogramdd": "histogramdd",
}
"""NumPy's functions whose results depend on values, and torch's names for them."""

_RULES: dict[str, Any] = {
    "copyto": _copyto,
    "empty_like": _alike,
    "zeros_like": _alike,
    "ones_like": _alike,
    "where": _choice,
    "concatenate": _joined,
    "dot": _dot,
    "sort": _ordered,
    "flip": _ordered,
    "roll": _ordered,
    "cumsum": _ordered,
    "cumprod": _ordered,
    "tril": _ordered,
    "triu": _ordered,
    "argsort": _places,
    "argmax": _greatest,
    "argmin": _greatest,
    "take": _taken,
    "take_along_axis": _taken_along,
    "put_along_axis": lambda *args, **options: None,
}
