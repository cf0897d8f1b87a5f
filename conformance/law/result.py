"""The result dtype law: the rule of the row's column `result`, over every dtype it admits and over mixed ones."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

from conformance.case import Trial
from conformance.operation import Operation
from conformance.promotion import kind
from conformance.sample import admitted, call, draw, tensor

MIXED = ("bool", "uint8", "int8", "int64", "float16", "float32", "float64", "complex64")


def check(operation: Operation, trial: Trial) -> None:
    """The dtype of every result, for one dtype of all inputs and for pairs of different ones."""
    dtypes = admitted(operation, trial)
    for dtype in dtypes:
        _check(operation, trial, dtype, [dtype] * max(1, len(operation.varied)), ())
    if operation.promotes and len(operation.varied) == 2 and not trial.quick:
        for first, second in permutations([dtype for dtype in MIXED if dtype in dtypes], 2):
            _check(operation, trial, f"{first} and {second}", [first, second], ())
        for first, second in zero_dim_pairs(dtypes) if operation.kind == "elementwise" else ():
            _check(operation, trial, f"{first} and 0-dim {second}", [first, second], (1,))


def zero_dim_pairs(dtypes: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Pairs whose second operand is 0-dim and of the same or a lower category, which leaves the first's dtype."""
    for first, second in (("float32", "float64"), ("int32", "int64"), ("float32", "int64"), ("int64", "float32")):
        if first in dtypes and second in dtypes:
            yield first, second


def _check(operation: Operation, trial: Trial, name: str, dtypes: list[str], zero_dim: tuple[int, ...]) -> None:
    rng = trial.generator(name)
    drawn, remaining = {}, iter(dtypes)
    position = 0
    for item in operation.inputs:
        own = item.dtype or next(remaining)
        shape = () if item.dtype is None and position in zero_dim else item.shape()
        position += item.dtype is None
        drawn[item.name] = draw(rng, item, own, shape or (1,)).reshape(shape), own
    told = ", ".join(f"{key}: {own}" for key, (_, own) in drawn.items())
    with trial.case(name, call=operation.call, inputs=told) as case:
        results = call(operation, trial, {key: tensor(trial, *given) for key, given in drawn.items()}, dtypes[0])
        for number, (got, want) in enumerate(
            zip(results, wanted_dtypes(operation, dtypes, zero_dim, len(results)), strict=True)
        ):
            label = "dtype" if len(results) == 1 else f"dtype {number}"
            case.equal(label, got.dtype, getattr(trial.namespace, want))


def wanted_dtypes(operation: Operation, dtypes: list[str], zero_dim: tuple[int, ...], count: int) -> tuple[str, ...]:
    """The dtypes by the row's rule; a 0-dim operand counts only where its category is higher."""
    weighing = [d for i, d in enumerate(dtypes) if i not in zero_dim]
    top = max(map(kind, weighing))
    raising = [dtypes[i] for i in zero_dim if kind(dtypes[i]) > top]
    return operation.results(*weighing, *raising, count=count)
