"""The law of NaN: element by element, NaN comes out where it goes in, and nowhere else."""

from __future__ import annotations

from functools import partial

import numpy as np

from conformance.case import Trial
from conformance.operation import Operation
from conformance.sample import admitted, arrays, call, describe, tensors


def check(operation: Operation, trial: Trial) -> None:
    """NaN in the middle of each input in turn; the floating results are NaN at its places."""
    dtype = admitted(operation, trial, "float32")[0]
    for item in operation.varied:
        name = f"{dtype} NaN in {item.name}"
        values = arrays(operation, trial, name, dtype)
        flat = values[item.name].reshape(-1)
        flat[flat.size // 2] = np.nan
        with trial.case(name, call=operation.call, inputs=partial(describe, operation, values, dtype)) as case:
            results = call(operation, trial, tensors(operation, trial, values, dtype), dtype)
            planted = np.isnan(values[item.name])
            for result in results:
                if result.dtype.is_floating_point:
                    got = trial.read(result)
                    case.same(np.isnan(got), np.broadcast_to(planted, got.shape), name="places of NaN")
