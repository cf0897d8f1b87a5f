"""Creation from ranges: evenly spaced values, grids, and the indices of triangles."""

from __future__ import annotations

import itertools
import math
import warnings
from typing import Any

import numpy as np

from .create import made
from .derivative import refuse
from .dtype import DEFAULT, chosen, dtype, int64
from .dtype import bool as bool_
from .inplace_rules import fill_out
from .promote import cast
from .quiet import quiet
from .storage import Array
from .tensor import Tensor


def _finished(values: Array, d: dtype, out: Tensor | None, device: Any, requires_grad: bool) -> Tensor:
    if out is not None:
        return fill_out(out, made(cast(values, d), d, out._device))
    return made(cast(values, d), d, device, requires_grad)


def _numbers(*values: Any) -> list[Any]:
    return [v.item() if isinstance(v, (Tensor, np.generic)) else v for v in values]


def arange(
    start: Any,
    end: Any = None,
    step: Any = 1,
    *,
    out: Tensor | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    **layout: Any,
) -> Tensor:
    """The values from start (0 if only one bound is given) to end, without the end. Integers give int64, floats the
    default dtype. RuntimeError for a step that does not lead from start to end."""
    if end is None:
        start, end = 0, start
    start, end, step = _numbers(start, end, step)
    whole = all(isinstance(b, int) for b in (start, end, step))
    d = chosen(dtype, "arange") or (int64 if whole else DEFAULT.floating)
    if out is not None:
        d = out._dtype
    refuse("arange_cpu", d is bool_ or d.is_complex, d)
    if step == 0:
        raise RuntimeError("step must be nonzero")
    if not (math.isfinite(start) and math.isfinite(end)):
        raise RuntimeError(f"unsupported range: {_shown(start)} -> {_shown(end)}")
    if (end - start) * step < 0:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")
    if whole:
        values: Array = np.arange(start, end, step, dtype=np.int64)
    else:
        values = start + step * np.arange(math.ceil((end - start) / step), dtype=np.float64)
    return _finished(values, d, out, device, requires_grad)


def _shown(bound: Any) -> str:
    return str(int(bound)) if math.isfinite(bound) and bound == int(bound) else str(bound)


def linspace(
    start: Any,
    end: Any,
    steps: int,
    *,
    out: Tensor | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    **layout: Any,
) -> Tensor:
    """Evenly spaced values from start to end, both included. RuntimeError for a negative number of them."""
    d = chosen(dtype, "linspace") or (DEFAULT.floating if out is None else out._dtype)
    start, end = _numbers(start, end)
    if isinstance(start, complex) or isinstance(end, complex):
        d = chosen(dtype, "linspace") or DEFAULT.complex
    return _finished(_spaced(start, end, steps), d, out, device, requires_grad)


def _spaced(start: Any, end: Any, steps: int) -> Array:
    """The values in double precision, the second half counted from the end."""
    if steps < 0:
        raise RuntimeError("number of steps must be non-negative")
    kind = np.complex128 if isinstance(start, complex) or isinstance(end, complex) else np.float64
    if steps == 1:
        return np.asarray([start], kind)
    step = (end - start) / (steps - 1) if steps else 0.0
    count = np.arange(steps, dtype=np.float64)
    values = np.where(count < steps // 2, start + step * count, end - step * (steps - 1 - count))
    return np.asarray(values, kind)


def logspace(
    start: Any,
    end: Any,
    steps: int,
    base: float = 10.0,
    *,
    out: Tensor | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    **layout: Any,
) -> Tensor:
    """Powers of the base with evenly spaced exponents. RuntimeError for a negative number of them."""
    d = chosen(dtype, "logspace") or (DEFAULT.floating if out is None else out._dtype)
    start, end = _numbers(start, end)
    values: Array = quiet(np.power, float(base), _spaced(start, end, steps))
    return _finished(values, d, out, device, requires_grad)


def meshgrid(*tensors: Any, indexing: str | None = None) -> tuple[Tensor, ...]:
    """One tensor for each input, of the shape of all their lengths, varying along its own dimension; with "xy" the
    first two dimensions change places. RuntimeError for inputs of more than one dimension."""
    inputs: tuple[Tensor, ...] = (
        tuple(tensors[0]) if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)) else tensors
    )
    if indexing is None:
        warnings.warn(
            "torch.meshgrid: in an upcoming release, it will be required to pass the indexing argument.",
            UserWarning,
            stacklevel=2,
        )
        indexing = "ij"
    if indexing not in ("ij", "xy"):
        raise RuntimeError(f'torch.meshgrid: indexing must be one of "xy" or "ij", but received: {indexing}')
    for t in inputs:
        if t.ndim > 1:
            raise RuntimeError(f"torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: {t}")
    swap = indexing == "xy" and len(inputs) > 1
    ordered = (inputs[1], inputs[0], *inputs[2:]) if swap else inputs
    shape = tuple(t.numel() for t in ordered)
    grids = [
        t.reshape(tuple(-1 if i == k else 1 for k in range(len(shape)))).expand(shape) for i, t in enumerate(ordered)
    ]
    return (grids[1], grids[0], *grids[2:]) if swap else tuple(grids)


def cartesian_prod(*tensors: Tensor) -> Tensor:
    """Every combination of the elements of one-dimensional tensors, one to a row, the last varying fastest."""
    for t in tensors:
        if t.ndim != 1:
            raise RuntimeError(f"Expect a 1D vector, but got shape {list(t.shape)}")
    if len(tensors) == 1:
        return tensors[0]
    from .join import stack

    return stack([g.reshape(-1) for g in meshgrid(*tensors, indexing="ij")], 1)


def combinations(input: Tensor, r: int = 2, with_replacement: bool = False) -> Tensor:
    """The subsets of r elements of a one-dimensional tensor, one to a row, in order."""
    if input.ndim != 1:
        raise RuntimeError(f"Expect a 1D vector, but got shape {list(input.shape)}")
    if r < 0:
        raise RuntimeError(f"Expect a non-negative number, but got {r}")
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    rows = list(choose(range(input.numel()), r))
    index = np.asarray(rows, np.int64).reshape(len(rows), r)
    return input[made(index, int64, input._device)] if r else input[:0]


def _triangle(keep: Any, row: int, col: int, offset: int, dtype: Any, device: Any) -> Tensor:
    for name, size in (("row", row), ("col", col)):
        if size < 0:
            raise RuntimeError(f"{name} must be non-negative, got{size}")
    d = chosen(dtype, "tril_indices") or int64
    places = np.stack(np.nonzero(keep(np.ones((row, col), np.bool_), offset)))
    return made(cast(places, d), d, device)


def tril_indices(
    row: int, col: int, offset: int = 0, *, dtype: Any = None, device: Any = None, **layout: Any
) -> Tensor:
    """The rows and the columns of the lower triangle of a matrix, in row-major order."""
    return _triangle(np.tril, row, col, offset, dtype, device)


def triu_indices(
    row: int, col: int, offset: int = 0, *, dtype: Any = None, device: Any = None, **layout: Any
) -> Tensor:
    """The rows and the columns of the upper triangle of a matrix, in row-major order."""
    return _triangle(np.triu, row, col, offset, dtype, device)
