"""Adding many values to few places: what the gradients of reading and the `*_add` operations need.

`np.add.at` is fast for single numbers alone: for slices it takes a tenth of a microsecond for each element. There, a
sparse product adds, and bools are joined slice by slice.
"""

from __future__ import annotations

import numpy as np

from .dtype import bool as bool_
from .dtype import dtype
from .hollow import has_values
from .promote import cast
from .quiet import quiet
from .storage import Array

FEW = 2000
"""From this many values on, the sparse product is faster."""

LONG = 256
"""Longer slices than this are added one by one."""


def added(array: Array, places: Array, values: Array, d: dtype) -> Array:
    """A copy of the array with values (slices along the first dimension) added at places of its first dimension."""
    result = array.copy("C")
    if not places.size or not values.size or not has_values(array):
        return result
    values = values.astype(d.compute, copy=False)
    if d is bool_:
        for place, value in zip(places.tolist(), values, strict=True) if values.ndim > 1 else ():
            result[place] |= value
        if values.ndim == 1:
            result[places[values]] = True
    elif values.ndim == 1:
        sums = result.astype(d.compute, copy=False)
        quiet(np.add.at, sums, places, values)
        result = cast(sums, d)
    elif d.compute is not d.numpy:
        result[...] = cast(result.astype(d.compute) + _sums(places, values, len(array)), d)
    elif values.size < FEW:
        quiet(np.add.at, result, places, values)
    elif values[0].size > LONG:
        quiet(_add_slices, result, places, values)
    else:
        quiet(np.add, result, _sums(places, values, len(array)), result)
    return result


def _add_slices(result: Array, places: Array, values: Array) -> None:
    for place, value in zip(places.tolist(), values, strict=True):
        row = result[place]
        np.add(row, value, out=row)


def _sums(places: Array, values: Array, length: int) -> Array:
    """For each of `length` places the sum of the values that belong there: the product with a matrix that has a one in
    each column, in the row of its place."""
    from scipy.sparse import csc_array  # its import takes longer than most programs want to wait

    count = len(places)
    flat = np.ascontiguousarray(values).reshape(count, -1)
    if flat.dtype.kind == "c":  # its parts apart: a complex one times an infinite part is NaN
        parts = _sums(places, flat.view(flat.real.dtype), length)
        return parts.view(flat.dtype).reshape(length, *values.shape[1:])
    chosen = csc_array((np.ones(count, flat.dtype), places, np.arange(count + 1)), shape=(length, count))
    sums: Array = quiet(chosen.__matmul__, flat)
    return sums.reshape(length, *values.shape[1:])
