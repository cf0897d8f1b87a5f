"""Laws of the chapter index, over the rows of its operation tables, and over indices that NumPy reads the same way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from conformance.arrangement import Layout, stepped
from conformance.case import Case, Trial
from conformance.law import alias, empty, forms, gradient, layout, result, sweep, value
from conformance.operation import Operation
from conformance.sample import tensor


@pytest.mark.clause("@operation")
def test_value(operation: Operation, trial: Trial) -> None:
    """The call gives what the row's formula gives, in every dtype."""
    value.check(operation, trial)


@pytest.mark.clause("index.call.dtype", rows="gives_tensors")
def test_dtype(operation: Operation, trial: Trial) -> None:
    """The dtype of the result follows the row's rule."""
    result.check(operation, trial)


@pytest.mark.clause("index.call.layout", rows="may_be_strided")
def test_layout(operation: Operation, trial: Trial) -> None:
    """Operands in any memory layout give what contiguous ones give."""
    layout.check(operation, trial)


@pytest.mark.clause("index.call.forms", rows="has_forms")
def test_forms(operation: Operation, trial: Trial) -> None:
    """Function, method, in-place and `out=` agree."""
    forms.check(operation, trial)


@pytest.mark.clause("index.call.empty", rows="may_be_empty")
def test_empty(operation: Operation, trial: Trial) -> None:
    """A size of zero is a size like any other."""
    empty.check(operation, trial)


@pytest.mark.clause("index.call.gradient", rows="differentiable")
def test_gradient(operation: Operation, trial: Trial) -> None:
    """The gradient is the central difference of the formula."""
    gradient.check(operation, trial)


@pytest.mark.clause("index.call.gradient.second", rows="twice_differentiable")
def test_second_gradient(operation: Operation, trial: Trial) -> None:
    """The gradient of the gradient is the second difference of the formula."""
    gradient.check_second(operation, trial)


@pytest.mark.clause("index.call.gradient.complex", rows="complex_differentiable")
def test_complex_gradient(operation: Operation, trial: Trial) -> None:
    """The gradient to complex operands, by both of their parts."""
    gradient.check_complex(operation, trial)


@pytest.mark.clause("index.form.arguments")
def test_arguments(row: dict[str, str], trial: Trial) -> None:
    """Each argument in range and out of range, beside NumPy's."""
    sweep.check(row, trial)


@pytest.mark.clause("index.basic.memory")
def test_basic(row: dict[str, str], trial: Trial) -> None:
    """Read, write a number, write a tensor: in every layout, and with the memory around the tensor watched."""
    check(trial, row["index"], {"slices": lambda entry: entry})


@pytest.mark.clause("index.advanced.memory")
def test_gather(row: dict[str, str], trial: Trial) -> None:
    """Index tensors contiguous and strided, of int64, int32 or bool, and lists where they have one dimension."""
    check(
        trial,
        row["index"],
        {
            "tensors": lambda entry: index_tensor(trial, entry, "int64"),
            "int32 tensors": lambda entry: index_tensor(trial, entry, "int32"),
            "strided tensors": lambda entry: index_tensor(trial, entry, "int64", stepped),
            "lists": lambda entry: entry,
        },
    )


@pytest.mark.clause("index.form.every")
def test_form(row: dict[str, str], trial: Trial) -> None:
    """Every form of an index, read and assigned: numbers, and tensors of every shape that broadcasts."""
    index = eval(row["index"], {"np": np})
    entries = index if isinstance(index, tuple) else (index,)
    spellings = ("int64 contiguous", "int64 stepped", "int32 contiguous")
    for spelling in spellings if any(isinstance(entry, list) for entry in entries) else spellings[:1]:
        dtype, lay = spelling.split()
        for name in alias.BASES if spelling == spellings[0] else ("turned",):
            inputs = f"x: int64 {alias.SHAPE}, {name}; index tensors {spelling}"
            with trial.case(f"{spelling} {name}", call=f"x[{row['index']}]", inputs=inputs) as case:
                make = stepped if lay == "stepped" else tensor
                spelled = tuple(index_tensor(trial, e, dtype, make) if isinstance(e, list) else e for e in entries)
                assign(case, alias.place(trial, name), spelled, places(row["numpy"], entries))


def places(formula: str, entries: tuple[Any, ...]) -> np.ndarray:
    """The elements that an index names, as places in row-major order."""
    every = np.arange(np.prod(alias.SHAPE)).reshape(alias.SHAPE)
    if formula:
        return np.asarray(eval(formula, {"np": np, "x": every}))
    return np.asarray(every[tuple(index_array(entry) if isinstance(entry, list) else entry for entry in entries)])


def assign(case: Case, place: alias.Place, spelled: tuple[Any, ...], found: np.ndarray) -> None:
    """Read, and write values of each shape that broadcasts; what is written twice is written as one number."""
    where = np.unravel_index(found, alias.SHAPE)
    case.same(place.part[spelled], place.mirror[where], "read")
    place.part[spelled] = -1
    place.mirror[where] = -1
    place.check(case, "memory after a number was written")
    once = np.unique(found).size == found.size
    for start, shape in enumerate(broadcasting(found.shape) if once else [()]):
        values = np.arange(np.prod(shape)).reshape(shape) - 100 * (start + 2)
        place.part[spelled] = tensor(case.trial, values, "int64")
        place.mirror[where] = values.reshape(shape[max(0, len(shape) - found.ndim) :])
        place.check(case, f"memory after a tensor of shape {shape} was written")


def broadcasting(shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Shapes that broadcast to another: itself, with leading ones, without leading dimensions, with one size of 1."""
    ones = [(*shape[:i], 1, *shape[i + 1 :]) for i in range(len(shape))]
    return [shape, (1, 1, *shape), *(shape[i + 1 :] for i in range(len(shape))), *ones]


def check(trial: Trial, source: str, spellings: dict[str, Any]) -> None:
    """One index, in each spelling and on each part of memory."""
    index = eval(source, {"np": np})
    entries = index if isinstance(index, tuple) else (index,)
    mirrored = tuple(index_array(entry) if isinstance(entry, list) else entry for entry in entries)
    for spelling, spell in spellings.items():
        if spelling == "lists" and any(isinstance(entry, list) and np.ndim(entry) > 1 for entry in entries):
            continue
        for name in alias.BASES:
            inputs = f"x: int64 {alias.SHAPE}, {name}; index in {spelling}"
            with trial.case(f"{spelling} {name}", call=source, inputs=inputs) as case:
                spelled = tuple(spell(entry) if isinstance(entry, list) else entry for entry in entries)
                compare(case, alias.place(trial, name), spelled, mirrored)


def compare(case: Case, place: alias.Place, spelled: tuple[Any, ...], mirrored: tuple[Any, ...]) -> None:
    """Read and write through the part and its mirror."""
    want = place.mirror[mirrored]
    case.same(place.part[spelled], want, "read")
    place.part[spelled] = -1
    place.mirror[mirrored] = -1
    place.check(case, "memory after a number was written")
    values = np.arange(want.size).reshape(want.shape) - 500
    place.part[spelled] = tensor(case.trial, values, "int64")
    place.mirror[mirrored] = values
    place.check(case, "memory after a tensor was written")


def index_array(entry: list[Any]) -> np.ndarray:
    """A list as NumPy indexes by it; an empty one holds integers."""
    return np.array(entry, dtype=None if entry else np.int64)


def index_tensor(trial: Trial, entry: list[Any], dtype: str, lay: Layout = tensor) -> Any:
    """A list as an index tensor; a list of bools is a mask."""
    array = index_array(entry)
    return lay(trial, array, "bool" if array.dtype == bool else dtype)
