"""Laws of the chapter view, over the rows of its operation tables, and over views of parts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from conformance.arrangement import strides_of
from conformance.case import Trial
from conformance.law import alias, empty, forms, gradient, layout, result, sweep, value
from conformance.law.forms import readable
from conformance.law.levels import needs
from conformance.operation import Operation
from conformance.promotion import DTYPES
from conformance.sample import stored, tensor


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


@pytest.mark.clause("view.view.every")
def test_view(row: dict[str, str], trial: Trial) -> None:
    """Sizes on parts of every layout, by NumPy's own rule of what can be had without a copy."""
    size = eval(row["size"])
    for name in alias.BASES:
        with trial.case(name, call=f"x.view{size}", inputs=f"x: int64 {alias.SHAPE}, {name}") as case:
            place = alias.place(trial, name)
            reshaped = place.part.reshape(size)
            case.same(reshaped, place.mirror.reshape(size), "reshape")
            in_place = np.may_share_memory(place.mirror.reshape(size), place.array)
            if in_place:
                steps = [step // 8 for step in place.mirror.reshape(size).strides]
                for kind, view in (("view", place.part.view(size)), ("reshape", reshaped)):
                    counted = [step for step, n in zip(strides_of(view), view.shape, strict=True) if n != 1]
                    want = [step for step, n in zip(steps, view.shape, strict=True) if n != 1]
                    case.equal(f"strides of {kind}", counted, want)
            else:
                with case.raises("RuntimeError", "view size is not compatible with input tensor's size and stride"):
                    place.part.view(size)
                case.equal("row-major", reshaped.is_contiguous(), True)
            reshaped.add_(1000)
            place.mirror[...] += 1000 * in_place
            place.check(case, "memory after a write")


@pytest.mark.clause("view.dtype.pairs")
def test_dtype_pairs(row: dict[str, str], trial: Trial) -> None:
    """The bytes of small numbers in each dtype, read as each other; as bools only where they are zeros and ones."""
    source = row["source"].removeprefix("torch.")
    small = np.arange(32).reshape(2, 16)
    array = (small % 2 if np.dtype(stored(source)).itemsize == 1 else small).astype(stored(source))
    for target in DTYPES:
        if target == "bool" and array.itemsize > 1:
            continue
        told = f"x: {source} = {array.tolist()}"
        with trial.case(target, f"x.view(torch.{target})", told, needs(source, target)) as case:
            x = tensor(trial, array, source)
            view = x.view(getattr(trial.namespace, target))
            want = array.view(stored(target))
            case.same(view, readable(want))
            case.equal("dtype", view.dtype, getattr(trial.namespace, target))
            case.equal("strides", strides_of(view), tuple(step // want.itemsize for step in want.strides))
            x.zero_()
            case.same(view, np.zeros(want.shape, readable(want).dtype), "after a write")


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
