"""The law of empty inputs: a size of zero is a size like any other."""

from __future__ import annotations

from functools import partial

from conformance.case import Trial
from conformance.law.value import compare
from conformance.operation import Operation
from conformance.sample import admitted, arrays, call, describe, double, tensors, wanted


def check(operation: Operation, trial: Trial) -> None:
    """Each size of the row set to zero in turn; shape and values as the formula gives them."""
    dtype = admitted(operation, trial, "float32", "int64")[0]
    for symbol in operation.shrinkable:
        name = f"{dtype} {symbol} is 0"
        values = arrays(operation, trial, name, dtype, {symbol: 0})
        with trial.case(name, call=operation.call, inputs=partial(describe, operation, values, dtype)) as case:
            want = wanted(operation, double(operation, values, dtype))
            results = call(operation, trial, tensors(operation, trial, values, dtype), dtype)
            compare(case, operation, values, results, want, dtype)
            if operation.gives_tensors:
                case.equal("dtype", results[0].dtype, getattr(trial.namespace, operation.results(dtype)[0]))
