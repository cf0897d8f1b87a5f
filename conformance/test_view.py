"""Laws of the chapter view, over the rows of its operation tables, and over views of parts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from conformance.arrangement import strides_of
from conformance.case import Trial
from conformance.law import alias, empty, forms, gradient, layout, result, sweep, value
from conformance.operation import Operation


@pytest.mark.clause("@operation")
def test_value(operation: Operation, trial: Trial) -> None:
    """The call gives what the row's formula gives, in every dtype."""
    value.check(operation, trial)


@pytest.mark.clause("view.move.dtype", rows="gives_tensors")
def test_dtype(operation: Operation, trial: Trial) -> None:
    """The dtype of the result follows the row's rule."""
    result.check(operation, trial)


@pytest.mark.clause("view.move.layout", rows="may_be_strided")
def test_layout(operation: Operation, trial: Trial) -> None:
    """Operands in any memory layout give what contiguous ones give."""
    layout.check(operation, trial)


@pytest.mark.clause("view.move.forms", rows="has_forms")
def test_forms(operation: Operation, trial: Trial) -> None:
    """Function, method, in-place and `out=` agree."""
    forms.check(operation, trial)


@pytest.mark.clause("view.move.empty", rows="may_be_empty")
def test_empty(operation: Operation, trial: Trial) -> None:
    """A size of zero is a size like any other."""
    empty.check(operation, trial)


@pytest.mark.clause("view.move.gradient", rows="differentiable")
def test_gradient(operation: Operation, trial: Trial) -> None:
    """The gradient is the central difference of the formula."""
    gradient.check(operation, trial)


@pytest.mark.clause("view.move.gradient.second", rows="twice_differentiable")
def test_second_gradient(operation: Operation, trial: Trial) -> None:
    """The gradient of the gradient is the second difference of the formula."""
    gradient.check_second(operation, trial)


@pytest.mark.clause("view.move.gradient.complex", rows="complex_differentiable")
def test_complex_gradient(operation: Operation, trial: Trial) -> None:
    """The gradient to complex operands, by both of their parts."""
    gradient.check_complex(operation, trial)


@pytest.mark.clause("view.move.arguments")
def test_arguments(row: dict[str, str], trial: Trial) -> None:
    """Each argument in range and out of range, beside NumPy's."""
    sweep.check(row, trial)


@pytest.mark.clause("view.alias.every")
def test_alias(row: dict[str, str], trial: Trial) -> None:
    """The view shows what the formula shows; a write through either reaches the other, and not the memory around."""
    for name in alias.BASES:
        with trial.case(name, call=row["view"], inputs=f"x: int64 {alias.SHAPE}, {name}") as case:
            place = alias.place(trial, name)
            view, formula = eval(row["view"], {"x": place.part}), compile(row["formula"], "formula", "eval")
            case.same(view, shown(formula, place.mirror), "view")
            view.add_(1000)
            place.mirror[...] += np.isin(place.mirror, shown(formula, place.mirror)) * 1000
            place.check(case, "memory after a write through the view")
            place.part.mul_(2)
            place.mirror[...] *= 2
            place.check(case, "memory after a write through the part")
            case.same(view, shown(formula, place.mirror), "view after a write through the part")


@pytest.mark.clause("view.stride.every")
def test_strides(row: dict[str, str], trial: Trial) -> None:
    """Sizes, strides and offset by the row's formulas; the elements that they name are shared, and no others."""
    for name in alias.BASES:
        with trial.case(name, call=row["view"], inputs=f"x: int64 {alias.SHAPE}, {name}") as case:
            place = alias.place(trial, name)
            x, flat = place.part, place.array.reshape(-1)
            known = {"n": tuple(x.shape), "s": strides_of(x), "o": int(x.storage_offset())}
            view = eval(row["view"], {"x": x})
            size, stride, offset = (eval(row[column], known) for column in ("size", "stride", "offset"))
            case.equal("size", tuple(view.shape), size)
            case.equal("stride", strides_of(view), stride)
            case.equal("offset", view.storage_offset(), offset)
            steps = zip(np.indices(size), stride, strict=True)
            where = np.asarray(offset + sum(index * step for index, step in steps), dtype=np.int64)
            case.same(view, flat[where], "view")
            if 0 not in stride:
                view.add_(1000)
                flat[where] += 1000
                place.check(case, "memory after a write through the view")
            x.mul_(2)
            place.mirror[...] *= 2
            case.same(view, flat[where], "view after a write through the tensor")


def shown(formula: Any, x: np.ndarray) -> np.ndarray:
    """What the formula shows of `x`."""
    return np.asarray(eval(formula, {"np": np, "x": x}))
