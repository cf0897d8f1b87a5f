"""Creation from ranges: evenly spaced values, grids, and the indices of triangles."""

from __future__ import annotations

import itertools
import math
import warnings
from numbers import Number
from typing import Any

import numpy as np

from .arguments import spoken
from .create import checked, made, memory
from .dtype import DEFAULT, dtype, int32, int64
from .dtype import bool as bool_
from .factory import factory, type_of
from .promote import cast, same_device
from .quiet import quiet
from .storage import Array
from .tensor import Tensor


def _number(name: str, parameter: str, position: int, value: Any) -> Any:
    """A bound: a number, or that of a 0-dim tensor. TypeError for anything else."""
    if isinstance(value, Tensor) and not value._array.ndim:
        return value.item()
    if not isinstance(value, (Number, np.generic)):
        found = type(value).__name__
        raise TypeError(f"{name}(): argument '{parameter}' (position {position}) must be Number, not {found}")
    return value.item() if isinstance(value, np.generic) else value


def arange(*bounds: Any, dtype: Any = None, **options: Any) -> Tensor:
    """The values from start (0 if only one bound is given) to end, without the end, in steps. Integers give int64,
    floats the default dtype. RuntimeError for a step that does not lead from start to end."""
    start, end, step = _bounds(bounds, options)
    whole = all(isinstance(b, int) for b in (start, end, step))
    d = type_of("arange", dtype, options.get("out"), int64 if whole else None)
    if any(isinstance(b, complex) for b in (start, end, step)):
        raise RuntimeError("value cannot be converted to type double without overflow")
    if d is bool_ or d.is_complex:
        raise NotImplementedError(f"\"arange_cpu\" not implemented for '{d.word}'")
    if not (math.isfinite(start) and math.isfinite(end)):
        raise RuntimeError(f"unsupported range: {_shown(start)} -> {_shown(end)}")
    if d is int64:
        start, end, step = int(start), int(end), int(step)
    if step == 0 or step != step:
        raise (ValueError if d is int64 and not whole else RuntimeError)("step must be nonzero")
    if (end - start) * step < 0:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")
    if d.is_floating_point or whole or d is int64:
        return factory("arange", d, lambda where: cast(_counted(start, end, step), d), **options)
    count = math.ceil((end - start) / step)  # counted as floats, stepped as integers
    return factory("arange", d, lambda where: cast(int(start) + int(step) * np.arange(count), d), **options)


def range_(start: Any, end: Any, step: Any = 1, *, dtype: Any = None, **options: Any) -> Tensor:
    """The values from start to end, both included, in steps, in the default dtype; deprecated for `arange`.
    RuntimeError for a step that does not lead from start to end."""
    warnings.warn(
        "torch.range is deprecated and will be removed in a future release because its behavior is inconsistent with "
        "Python's range builtin. Instead, use torch.arange, which produces values in [start, end).",
        UserWarning,
        stacklevel=2,
    )
    d = type_of("range", dtype, options.get("out"))
    if d is bool_ or d.is_complex:
        raise NotImplementedError(f"\"range_cpu\" not implemented for '{d.word}'")
    if step == 0:
        raise RuntimeError("step must be nonzero")
    if not (math.isfinite(start) and math.isfinite(end)):
        raise RuntimeError(f"unsupported range: {_shown(start)} -> {_shown(end)}")
    if (end - start) * step < 0:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")
    count = math.floor((end - start) / step) + 1
    return factory("range", d, lambda where: cast(start + step * np.arange(count, dtype=np.float64), d), **options)


def _bounds(bounds: tuple[Any, ...], options: dict[str, Any]) -> tuple[Any, Any, Any]:
    """Start, end and step, given by place or by name. TypeError for too few or too many."""
    names = ("end",) if len(bounds) == 1 else ("start", "end", "step")
    given = dict(zip(names, bounds, strict=False))
    for name in ("start", "end", "step"):
        if name in options and not (name == "end" and len(bounds) == 1):
            given[name] = options.pop(name)
        elif name in options:
            given = {"start": bounds[0], "end": options.pop("end")}
    if len(bounds) > 3 or "end" not in given:
        got = ", ".join(type(value).__name__ for value in bounds)
        raise TypeError(f"arange() received an invalid combination of arguments - got ({got})")
    named = {"start": 0, "step": 1} | given
    place = {name: place for place, name in enumerate(given, 1)}
    start, end, step = (_number("arange", name, place.get(name, 1), named[name]) for name in ("start", "end", "step"))
    return start, end, step


def _counted(start: Any, end: Any, step: Any) -> Array:
    """From start, in multiples of the step."""
    count = -((start - end) // step) if isinstance(step, int) and isinstance(end, int) else (end - start) / step
    memory((math.ceil(count),), int64)
    if all(isinstance(b, int) for b in (start, end, step)):
        return np.arange(start, end, step, dtype=np.int64)
    return np.asarray(start + step * np.arange(math.ceil((end - start) / step), dtype=np.float64))


def _shown(bound: Any) -> str:
    return str(int(bound)) if math.isfinite(bound) and bound == int(bound) else str(bound)


def linspace(start: Any, end: Any, steps: int, *, dtype: Any = None, **options: Any) -> Tensor:
    """Evenly spaced values from start to end, both included. RuntimeError for a negative number of them and for ends
    with dimensions, TypeError for what is no number."""
    start, end, d = _ends("linspace", start, end, steps, dtype, options.get("out"))
    return factory("linspace", d, lambda where: cast(_spaced(start, end, steps), d), **options)


def _ends(name: str, start: Any, end: Any, steps: Any, dtype: Any, out: Any) -> tuple[Any, Any, dtype]:
    """The ends as numbers, whole ones for an integer dtype, and the dtype."""
    for side, value in (("start", start), ("end", end)):
        if isinstance(value, Tensor) and value._array.ndim:
            raise RuntimeError(
                f"{name} only supports 0-dimensional start and end tensors, but got {side} with "
                f"{value._array.ndim} dimension(s)."
            )
        if not isinstance(value, (Tensor, Number, np.generic)) or not hasattr(steps, "__index__"):
            got = ", ".join(type(each).__name__ for each in (start, end, steps))
            raise TypeError(f"{name}() received an invalid combination of arguments - got ({got})")
    start, end = (v.item() if isinstance(v, (Tensor, np.generic)) else v for v in (start, end))
    inferred = DEFAULT.complex if isinstance(start, complex) or isinstance(end, complex) else DEFAULT.floating
    d = type_of(name, dtype, out, inferred)
    if inferred.is_complex and not d.is_complex:
        raise RuntimeError(
            f"torch.{name}(): inferred dtype {inferred.legacy} can't be safely cast to passed dtype {d.word}"
        )
    if steps < 0:
        raise RuntimeError("number of steps must be non-negative")
    if d is bool_:
        raise NotImplementedError(f"\"{name}_cpu\" not implemented for 'Bool'")
    if not d.differentiable:
        start, end = checked(start, d).item(), checked(end, d).item()
    return start, end, d


def _spaced(start: Any, end: Any, steps: int) -> Array:
    """The values in double precision, the second half counted from the end."""
    if steps == 1:
        return np.asarray([start])
    step = (end - start) / (steps - 1) if steps else 0.0
    half = steps // 2
    values: Array = np.arange(steps, dtype=np.float64)
    values[half:] -= steps - 1
    values = values * step if isinstance(step, complex) else np.multiply(values, step, out=values)
    values[:half] += start
    values[half:] += end
    return values


def logspace(start: Any, end: Any, steps: int, base: float = 10.0, *, dtype: Any = None, **options: Any) -> Tensor:
    """Powers of the base with evenly spaced exponents. RuntimeError for a negative number of them and for ends with
    dimensions, TypeError for what is no number."""
    start, end, d = _ends("logspace", start, end, steps, dtype, options.get("out"))
    return factory(
        "logspace", d, lambda where: cast(quiet(np.power, float(base), _spaced(start, end, steps)), d), **options
    )


@spoken
def meshgrid(*tensors: Any, indexing: str | None = None) -> tuple[Tensor, ...]:
    """One tensor for each input, of the shape of all their lengths, varying along its own dimension; with "xy" the
    first two dimensions change places. RuntimeError for inputs of more than one dimension."""
    inputs: tuple[Tensor, ...] = (
        tuple(tensors[0]) if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)) else tensors
    )
    if not inputs:
        raise RuntimeError("meshgrid expects a non-empty TensorList")
    if any(t._dtype is not inputs[0]._dtype for t in inputs):
        raise RuntimeError("meshgrid expects all tensors to have the same dtype")
    same_device(*inputs)
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


@spoken
def cartesian_prod(*tensors: Tensor) -> Tensor:
    """Every combination of the elements of one-dimensional tensors, one to a row, the last varying fastest."""
    for t in tensors:
        if t.ndim != 1:
            raise RuntimeError(f"Expect a 1D vector, but got shape {list(t.shape)}")
    if len(tensors) == 1:
        return tensors[0]
    from .join import stack

    return stack([g.reshape(-1) for g in meshgrid(*tensors, indexing="ij")], 1)


@spoken
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


def _triangle(name: str, keep: Any, row: int, col: int, offset: int, dtype: Any, options: dict[str, Any]) -> Tensor:
    for position, (side, size) in enumerate((("row", row), ("col", col)), 1):
        if not hasattr(size, "__index__"):
            raise TypeError(f"{name}(): argument '{side}' (position {position}) must be int, not {type(size).__name__}")
        if size < 0:
            raise RuntimeError(f"{side} must be non-negative, got{size}")
    d = type_of(name, dtype, None, int64)
    if d not in (int32, int64):
        raise NotImplementedError(f"\"{name}\" not implemented for '{d.word}'")
    places = np.stack(np.nonzero(keep(np.ones((row, col), np.bool_), offset)))
    return factory(name, d, lambda where: cast(places, d), **options)


def tril_indices(row: int, col: int, offset: int = 0, *, dtype: Any = None, **options: Any) -> Tensor:
    """The rows and the columns of the lower triangle of a matrix, in row-major order."""
    return _triangle("tril_indices", np.tril, row, col, offset, dtype, options)


def triu_indices(row: int, col: int, offset: int = 0, *, dtype: Any = None, **options: Any) -> Tensor:
    """The rows and the columns of the upper triangle of a matrix, in row-major order."""
    return _triangle("triu_indices", np.triu, row, col, offset, dtype, options)
