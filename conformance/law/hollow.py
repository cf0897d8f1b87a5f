"""Every operation on tensors without data: the shape, the dtype and the strides that it gives elsewhere."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from functools import partial
from typing import Any

from conformance import planning, specification
from conformance.case import Trial
from conformance.law.placement import GATED
from conformance.operation import Operation
from conformance.sample import arrays, describe, evaluate, tensor

LOOK_AT_VALUES = (
    "allclose argwhere bincount combinations corrcoef cov equal histogram histogramdd item masked_select nonzero "
    "repeat_interleave unique unique_consecutive"
)
"""What they give depends on values, or what they ask first does."""
NOT_THERE = "geqrf householder_product istft lstsq ormqr"
"""PyTorch does without them on the meta device."""
APART = {*LOOK_AT_VALUES.split(), *NOT_THERE.split()}
FREE_STRIDES = ("linalg", "fft")
"""Chapters whose results come from libraries that lay them out as they like."""
FEW = 7


def shaped(operation: Operation) -> bool:
    """Whether the operation takes tensors, and tells its result from their shapes."""
    named = {operation.name.rpartition(".")[2], *operation.call.replace("(", ".").split(".")}
    return bool(operation.inputs) and not named & APART and operation.call != "x[m]"


def parts(result: Any) -> list[Any]:
    """The results of an operation, one or several."""
    return [part for each in result for part in parts(each)] if isinstance(result, (tuple, list)) else [result]


def told(result: Any, strides: bool) -> list[Any]:
    """Shapes, dtypes and strides of results; the type of what is no tensor."""
    found: list[Any] = []
    for part in parts(result):
        if hasattr(part, "stride"):
            found.append((tuple(part.shape), str(part.dtype), tuple(part.stride()) if strides else ()))
        else:
            found.append(type(part).__name__)
    return found


def every(row: Mapping[str, str], trial: Trial) -> None:
    """All operations of a chapter, each with the same values here and without values there."""
    torch, whole = trial.namespace, specification.load()
    found = [op for op in planning.operations(whole, row["chapter"]) if shaped(op)]
    for operation in found[:: FEW if trial.quick else 1]:
        dtype = next((d for d in ("float32", "int64", "bool") if d in operation.dtypes), operation.dtypes[0])
        needs = {*whole.clauses[operation.clause].requires} | ({GATED[dtype]} if dtype in GATED else set())
        if trial.dtype not in (None, dtype) or needs & {"numpy", "sparse"}:
            continue
        values = arrays(operation, trial, "meta", dtype)
        inputs = partial(describe, operation, values, dtype)
        with trial.case(operation.call, call=operation.call, inputs=inputs, requires=tuple(sorted(needs))) as case:
            here = {i.name: tensor(trial, values[i.name], operation.dtype_of(i, dtype)) for i in operation.inputs}
            there = {name: t.to("meta") for name, t in here.items()}
            strides = row["chapter"] not in FREE_STRIDES
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # old names warn
                want = told(evaluate(operation.call, trial, here, dtype), strides)
                with torch.device("meta"):
                    result = evaluate(operation.call, trial, there, dtype)
            case.equal("shape, dtype, strides", told(result, strides), want)
            places = {part.device.type for part in parts(result) if hasattr(part, "device")}
            case.equal("devices", places - {"meta"}, set())
