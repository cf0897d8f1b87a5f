"""The layout law: how the operands lie in memory does not show in the result."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from conformance.arrangement import LAYOUTS, possible, values_for
from conformance.case import Trial
from conformance.law.value import compare
from conformance.operation import Operation
from conformance.sample import Arrays, admitted, arrays, call, describe, seen, tensors


def check(operation: Operation, trial: Trial) -> None:
    """Every operand in every layout, then all at once, against the run on contiguous operands."""
    for name, dtype, values, laid in samples(operation, trial):
        with trial.case(name, call=operation.call, inputs=partial(describe, operation, values, dtype)) as case:
            inputs = tensors(operation, trial, values, dtype)
            want = call(operation, trial, inputs, dtype)
            before = seen(operation, trial, want, values) if operation.gives_tensors else want
            for item in operation.inputs:
                if item.name in laid:
                    make = LAYOUTS[laid[item.name]]
                    inputs[item.name] = make(trial, values[item.name], operation.dtype_of(item, dtype))
            compare(case, operation, values, call(operation, trial, inputs, dtype), before, dtype)


def samples(operation: Operation, trial: Trial) -> Iterator[tuple[str, str, Arrays, dict[str, str]]]:
    """Case name, dtype, values, and which operand lies how."""
    dtypes = admitted(operation, trial)
    main = admitted(operation, trial, "float32", "int64")[0]
    values = arrays(operation, trial, f"{main} layouts", main)
    for layout in ("transposed", "offset") if trial.quick else LAYOUTS:
        yield from one_by_one(operation, layout, main, values)
    if trial.quick:
        return
    if operation.shrinkable:
        narrow = arrays(operation, trial, f"{main} size 1", main, {operation.shrinkable[0]: 1})
        yield from one_by_one(operation, "odd", f"{main}", narrow)
    for layout in ("transposed", "stepped"):
        laid = {name: layout for name, array in values.items() if possible(layout, array)}
        if len(laid) > 1:
            yield f"{main} all {layout}", main, values, laid
    small = next((dtype for dtype in ("int8", "uint8", "bool") if dtype in dtypes), None)
    if small is not None:
        name = f"{small} offset"
        narrow = arrays(operation, trial, name, small)
        yield name, small, narrow, {key: "offset" for key, array in narrow.items() if possible("offset", array)}


def one_by_one(
    operation: Operation, layout: str, dtype: str, values: Arrays
) -> Iterator[tuple[str, str, Arrays, dict[str, str]]]:
    """One case for each operand that can lie so."""
    for item in operation.inputs:
        array = values[item.name]
        fewest = 3 if item.matrix else 2 if item.distinct else 1  # dimensions of what may repeat along the first
        if not possible(layout, array) or (layout == "expanded" and array.ndim < fewest):
            continue
        changed = {**values, item.name: values_for(layout, array)}
        shape = "x".join(map(str, np.shape(array)))
        yield f"{dtype} {item.name} {shape} {layout}", dtype, changed, {item.name: layout}
