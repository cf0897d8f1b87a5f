"""Inputs of operations: which values, in which dtype and size, and the tensors and arrays made of them.

Values are drawn from a generator seeded by the case's own name, so that every backend meets the same ones. Most are
multiples of one eighth: few enough bits that sums and products stay exact, and never constant. Gradient inputs lie
on a lattice that keeps away from the multiples of one tenth, where the kinks are, and apart from each other.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from functools import cache
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from scipy import linalg as scipy_linalg
from scipy import special as scipy_special

from conformance import matrix
from conformance.case import Trial
from conformance.compare import show
from conformance.operation import Input, Operation
from conformance.promotion import COMPLEXES, HALVES, INTEGERS, kind

Arrays = dict[str, np.ndarray]

STORED: dict[str, np.dtype[Any]] = {"bfloat16": np.dtype(ml_dtypes.bfloat16)}
SPECIAL = (math.nan, math.inf, -math.inf, 0.0, -0.0, 1.0, -1.0, 2.5, -2.5)
GRADIENT_OFFSETS = (0.0314, 0.0718, 0.0549, 0.0427)
CAPABILITY_OF = {"complex": COMPLEXES, "half": ("float16",), "bf16": ("bfloat16",)}


def stored(dtype: str) -> np.dtype[Any]:
    """The NumPy dtype that holds the values of a dtype name."""
    return STORED.get(dtype) or np.dtype(dtype)


def admitted(operation: Operation, trial: Trial, *wanted: str) -> tuple[str, ...]:
    """The dtypes to run: what the row admits, less what the backend declares that it lacks, or the one asked for.

    With `wanted`, only those among them, or else the first. Skips the item where nothing is left.
    """
    lacked = {dtype for name, dtypes in CAPABILITY_OF.items() if name in trial.backend.lacks for dtype in dtypes}
    left = tuple(d for d in operation.dtypes if d not in lacked and trial.dtype in (None, d))
    if not left:
        pytest.skip(f"no dtype of this row is left to run: {', '.join(operation.dtypes)}")
    return tuple(d for d in wanted if d in left) or left[:1] if wanted else left


def limits(item: Input, dtype: str) -> tuple[float, float]:
    """The interval that values of an input are drawn from; integers take its whole-number hull."""
    low, high = (-3.0, 3.0) if item.low is None or item.high is None else (item.low, item.high)
    if dtype in INTEGERS:
        if item.low is None:
            low, high = -9.0, 9.0
        low, high = math.floor(low), math.ceil(high)
        if dtype == "uint8":
            low, high = max(0, low), max(1, high)
    return low, high


def draw(rng: np.random.Generator, item: Input, dtype: str, shape: tuple[int, ...], fine: bool = False) -> np.ndarray:
    """Values of one input in its own dtype. `fine` fills the whole significand; else floats are eighths."""
    size = math.prod(shape)
    if item.matrix:
        return matrix.draw(rng, item, dtype, shape).astype(stored(dtype))
    if dtype == "bool":
        truths = rng.integers(0, 2, size)
        truths[:2] = (1, 0)[: min(2, size)]
        return truths.astype(bool).reshape(shape)
    if item.distinct:
        return _distinct(rng, dtype, size, fine).reshape(shape)
    low, high = limits(item, dtype)
    values: np.ndarray
    if dtype in COMPLEXES:
        parts = rng.integers(math.ceil(low * 8), math.floor(high * 8) + 1, (2, size)) / 8
        parts[parts == 0] = 0.125  # the sign of a part that is zero is open
        values = parts[0] + 1j * parts[1]
    elif dtype in INTEGERS:
        values = rng.integers(int(low), int(high) + 1, size)
    elif fine:
        values = rng.uniform(low, high, size)
    else:
        values = rng.integers(math.ceil(low * 8), math.floor(high * 8) + 1, size) / 8
    if item.nonzero:
        values = np.where(np.abs(values) < 0.25, 1, values)
    return values.astype(stored(dtype)).reshape(shape)


def _distinct(rng: np.random.Generator, dtype: str, size: int, fine: bool) -> np.ndarray:
    order = rng.permutation(size)
    if dtype in INTEGERS:
        return (order if dtype == "uint8" else order - size // 2).astype(stored(dtype))
    values = (order - size // 2 + (rng.uniform(0.0, 0.9, size) if fine else 0.0)) / 8
    return (values + 1j * rng.permutation(size) / 8 if dtype in COMPLEXES else values).astype(stored(dtype))


def arrays(
    operation: Operation,
    trial: Trial,
    case: str,
    dtype: str,
    change: Mapping[int, int] | None = None,
    fine: bool = False,
) -> Arrays:
    """Every input of the row for one case, in its stored dtype."""
    rng = trial.generator(case)
    result: Arrays = {}
    for item in operation.inputs:
        own = operation.dtype_of(item, dtype)
        result[item.name] = draw(rng, item, own, item.shape(change), fine and own not in HALVES)
    return result


def scalars(operation: Operation, trial: Trial, case: str, dtype: str) -> Arrays:
    """Every input as a 0-dim array."""
    rng = trial.generator(case)
    return {i.name: draw(rng, i, operation.dtype_of(i, dtype), (1,)).reshape(()) for i in operation.inputs}


def gradient_arrays(operation: Operation, trial: Trial, case: str, dtype: str = "float64") -> Arrays:
    """Inputs at smooth points: distinct, apart from each other and from every multiple of one tenth.

    `dtype` is float64 or complex128; the parts of complex numbers keep away from the axes alike.
    """
    rng = trial.generator(case)
    result: Arrays = {}
    for position, item in enumerate(operation.inputs):
        shape, own = item.shape(), operation.dtype_of(item, dtype)
        if own not in ("float64", dtype) or item.matrix:
            result[item.name] = draw(rng, item, own, shape)
            continue
        values = _lattice(rng, item, shape, GRADIENT_OFFSETS[position % len(GRADIENT_OFFSETS)])
        if own in COMPLEXES:
            values = values + 1j * _lattice(rng, item, shape, GRADIENT_OFFSETS[(position + 1) % len(GRADIENT_OFFSETS)])
        result[item.name] = np.where(np.abs(values) < 0.25, values + 0.5, values) if item.nonzero else values
    return result


def _lattice(rng: np.random.Generator, item: Input, shape: tuple[int, ...], offset: float) -> np.ndarray:
    """Different tenths of the input's interval, each moved by `offset`."""
    low, high = limits(item, "float64")
    steps = np.arange(math.ceil(low * 10), math.floor(high * 10))
    size = math.prod(shape)
    chosen = rng.permutation(steps)[:size] if len(steps) >= size else rng.choice(steps, size)
    return np.round(chosen / 10 + offset, 4).reshape(shape)


def special_arrays(operation: Operation, trial: Trial, case: str, dtype: str) -> Arrays:
    """Infinities, NaN, both zeros and ones: every combination over one or two varied inputs, a choice over more."""
    rng = trial.generator(case)
    names = [item.name for item in operation.varied]
    values = np.array([v for v in SPECIAL if "zeros" not in operation.special or math.copysign(1, v) > 0 or v])
    if len(names) <= 2:
        grid = np.meshgrid(*[values] * len(names), indexing="ij")
        chosen = dict(zip(names, (axis.ravel() for axis in grid), strict=True))
    else:
        chosen = {name: rng.choice(values, 160) for name in names}
    size = len(chosen[names[0]])
    result: Arrays = {}
    for item in operation.inputs:
        own = operation.dtype_of(item, dtype)
        result[item.name] = (
            chosen[item.name].astype(stored(own)) if item.dtype is None else draw(rng, item, own, (size,))
        )
    return result


@cache
def extremes(dtype: str) -> np.ndarray:
    """The edges of an integer dtype."""
    info = np.iinfo(dtype)
    edges = sorted({info.min, info.min + 1, 0, 1, 2, 7, info.max - 1, info.max} | ({-1, -2, -7} if info.min else set()))
    return np.array(edges, dtype)


def extreme_arrays(operation: Operation, dtype: str) -> Arrays:
    """Every combination of the edges of an integer dtype over the varied inputs."""
    names = [item.name for item in operation.varied]
    grid = np.meshgrid(*[extremes(dtype)] * len(names), indexing="ij")
    return {name: axis.ravel() for name, axis in zip(names, grid, strict=True)}


def double(operation: Operation, values: Arrays, dtype: str) -> Arrays:
    """The inputs as the formula takes them: float64, complex128, int64 or bool.

    Where the row's result is floating for integers too, integers and bools become float64 before the formula.
    """
    to_float = operation.result[0].split()[0] in ("float", "complex") and kind(dtype) < 2
    return {item.name: _double(values[item.name], to_float and item.dtype is None) for item in operation.inputs}


def _double(array: np.ndarray, to_float: bool) -> np.ndarray:
    if array.dtype.kind == "c":
        return array.astype(np.complex128)
    if array.dtype.kind in "iu" and not to_float:
        return array.astype(np.int64)
    return array if array.dtype == bool and not to_float else array.astype(np.float64)


def wanted(operation: Operation, values: Arrays) -> tuple[Any, ...]:
    """The row's formula over double-precision inputs: one array for each result, or the one Python value."""
    scope = {"np": np, "math": math, "special": scipy_special, "linalg": scipy_linalg, **values}
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NumPy's remarks on its own means of nothing
        results = eval(operation.formula(), scope)
    if not operation.gives_tensors:
        return (_python(results),)
    return tuple(np.asarray(r) for r in (results if isinstance(results, tuple) else (results,)))


def _python(value: Any) -> Any:
    """NumPy's numbers and arrays as Python's numbers and lists."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    return type(value)(map(_python, value)) if isinstance(value, tuple | list) else value


def tensor(trial: Trial, array: np.ndarray, dtype: str) -> Any:
    """A contiguous tensor of the backend on the trial's device, made from Python numbers alone."""
    torch = trial.namespace
    place = {} if trial.device == "cpu" else {"device": trial.device}
    if not array.size:
        return torch.empty(array.shape, dtype=getattr(torch, dtype), **place)
    return torch.tensor(array.tolist(), dtype=getattr(torch, dtype), **place)


def tensors(operation: Operation, trial: Trial, values: Arrays, dtype: str) -> dict[str, Any]:
    """Every input of the row as a contiguous tensor."""
    return {i.name: tensor(trial, values[i.name], operation.dtype_of(i, dtype)) for i in operation.inputs}


def call(operation: Operation, trial: Trial, inputs: Mapping[str, Any], dtype: str) -> tuple[Any, ...]:
    """The row's call on the backend: one tensor for each result, or the one Python value."""
    return each(operation, eval(operation.code(), _scope(trial, inputs, dtype)))


def evaluate(source: str, trial: Trial, inputs: Mapping[str, Any], dtype: str) -> Any:
    """Another form of the row's call, as written."""
    return eval(source, _scope(trial, inputs, dtype))


def _scope(trial: Trial, inputs: Mapping[str, Any], dtype: str) -> dict[str, Any]:
    torch = trial.namespace
    return {"torch": torch, "dtype": getattr(torch, dtype), **inputs}


def each(operation: Operation, result: Any) -> tuple[Any, ...]:
    """What a call gives, one by one."""
    return tuple(result) if isinstance(result, tuple | list) and operation.gives_tensors else (result,)


def through(operation: Operation, results: tuple[Any, ...], inputs: Mapping[str, Any]) -> tuple[Any, ...]:
    """What is unique about the results: the column `through` over them, tensors or arrays, or else they themselves."""
    if not operation.through:
        return results
    found = eval(operation.gate(), {**inputs, "result": results[0] if len(results) == 1 else results})
    return found if isinstance(found, tuple) else (found,)


def seen(operation: Operation, trial: Trial, results: tuple[Any, ...], values: Arrays) -> tuple[np.ndarray, ...]:
    """The results as arrays, by the column `through` in double precision."""
    read = tuple(trial.read(result) for result in results)
    if not operation.through:
        return read
    wide = {name: _double(array, False) for name, array in values.items()}
    with np.errstate(all="ignore"):
        found = through(operation, tuple(_double(array, False) for array in read), wide)
    return tuple(np.asarray(array) for array in found)


def describe(operation: Operation, values: Arrays, dtype: str) -> str:
    """The inputs as a failure message shows them."""
    parts = []
    for item in operation.inputs:
        array = values[item.name]
        parts.append(f"{item.name}: {operation.dtype_of(item, dtype)} {array.shape} = {show(array)}")
    return "   ".join(parts)


def describe_defined(operation: Operation, values: Arrays, dtype: str) -> str:
    """The inputs, and by what formula the results, or what is unique about them, are wanted."""
    gate = f"compared: {operation.through}" if operation.through else ""
    return "   ".join(filter(None, [describe(operation, values, dtype), gate, f"formula: {operation.equals}"]))


def length(operation: Operation, values: Arrays, want: tuple[np.ndarray, ...]) -> int:
    """Over how many terms a result accumulates: 1 for elementwise rows."""
    if not operation.accumulates:
        return 1
    whole = max((array.size for array in values.values()), default=1)
    longest = max((max(array.shape, default=1) for array in values.values()), default=1)
    return max(1, whole // max(1, want[0].size), longest)
