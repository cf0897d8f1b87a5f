"""Every operation of every chapter with one tensor on another device: as an operand, as a target, as `out=`."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
import pytest

from conformance import planning, specification
from conformance.case import Case, Trial
from conformance.law.forms import source_of
from conformance.law.placement import GATED, Pair, accelerators, floats, is_host, lies_on, made
from conformance.operation import Operation
from conformance.sample import Arrays, arrays, call, describe, each, evaluate, tensor

APART = {
    "reshape_as": "takes only a shape",
    "view_as": "takes only a shape",
    "expand_as": "takes only a shape",
    "resize_as_": "takes only a shape",
    "broadcast_tensors": "takes only shapes",
    "select_scatter": "copies, from any device",
    "slice_scatter": "copies, from any device",
    "diagonal_scatter": "copies, from any device",
    "as_strided_scatter": "copies, from any device",
    "fill": "reads its value as a number",
    "index_fill": "reads its value as a number",
    "index_put": "is indexed from the CPU too",
    "histogram": "is for the CPU alone",
    "histogramdd": "is for the CPU alone",
    "lu": "copies to its out=",
    "svd": "gives its out= another size before it refuses",
    "as_tensor": "goes to the default device",
    "asarray": "goes to the default device",
}
INNER = re.compile(r".+torch\.(tensor|zeros|ones|full|arange)\(")
FEW = 7  # a quick run, and what is much like another, takes one operation in so many


def mixable(operation: Operation) -> bool:
    """Whether devices have to agree: an operation of operands alone, none of which is there for its shape."""
    named = operation.name.rpartition(".")[2]
    return bool(operation.inputs) and named not in APART and "[" not in named and not INNER.match(operation.call)


def rows(
    row: Mapping[str, str], trial: Trial, wanted: Callable[[Operation], bool], pair: Pair | None = None
) -> Iterator[tuple[Operation, str, tuple[str, ...]]]:
    """The wanted operations of a chapter with a dtype to run them in and the capabilities that they need. All of them
    for the first accelerator before and after the CPU and before the second; a few for the other pairs."""
    whole = specification.load()
    host, first, second = "cpu", *(*accelerators(trial), "", "")[:2]
    few = trial.quick or pair not in (None, (host, first), (first, host), (first, second))
    found = [op for op in planning.operations(whole, row["chapter"]) if mixable(op) and wanted(op)]
    for operation in found[:: FEW if few else 1]:
        dtype = next((d for d in ("float32", "int64", "bool") if d in operation.dtypes), operation.dtypes[0])
        needs = {*whole.clauses[operation.clause].requires} | ({GATED[dtype]} if dtype in GATED else set())
        if trial.dtype in (None, dtype) and not needs & {"numpy", "sparse"}:
            yield operation, dtype, tuple(sorted(needs))


def put(operation: Operation, trial: Trial, values: Arrays, dtype: str, where: Mapping[str, str]) -> dict[str, Any]:
    """Every input on the device that `where` gives for its name."""
    made = {item.name: tensor(trial, values[item.name], operation.dtype_of(item, dtype)) for item in operation.inputs}
    return {name: made[name].to(where[name]) for name in made}


@contextmanager
def unwarned() -> Iterator[None]:
    """What an older name warns of has clauses of its own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def refuses(case: Case, source: str, inputs: dict[str, Any], values: Arrays, dtype: str) -> None:
    """A RuntimeError that speaks of devices, or as convolutions do of types that differ, and every tensor as it was."""
    try:
        with unwarned():
            evaluate(source, case.trial, inputs, dtype)
    except RuntimeError as error:
        said = "device" in str(error).lower() or "should be the same" in str(error)
        case.holds("refused", said, "RuntimeError: device", f"{type(error).__name__}: {error}")
    else:
        case.holds("refused", False, "RuntimeError: device", "no exception")
    for name, array in values.items():
        case.same(inputs[name], array, f"{name} afterwards")


def operands(row: Mapping[str, str], trial: Trial, pair: Pair) -> None:
    """Each operand in turn on the second device, the others on the first. What combines with everything, a 0-dim
    tensor on the CPU, is left to clauses of its own."""
    home, away = pair
    for operation, dtype, needs in rows(row, trial, lambda op: len(op.inputs) > 1, pair):
        values = arrays(operation, trial, "devices", dtype)
        for item in operation.inputs:
            where = {name: away if name == item.name else home for name in values}
            hosts = [values[name].ndim for name, place in where.items() if is_host(place)]
            if hosts and not any(hosts):
                continue
            told = partial(describe, operation, values, dtype)
            name = f"{operation.call}, {item.name} on {away}"
            with trial.case(name, call=operation.call, inputs=told, requires=needs) as case:
                inputs = put(operation, trial, values, dtype, where)
                refuses(case, operation.call, inputs, values, dtype)


def targets(row: Mapping[str, str], trial: Trial, pair: Pair) -> None:
    """The target on the first device, every operand on the second."""
    home, away = pair
    for operation, dtype, needs in rows(row, trial, lambda op: "in-place" in op.forms and len(op.inputs) > 1, pair):
        values = arrays(operation, trial, "devices", dtype)
        first = operation.inputs[0].name
        if is_host(away) and all(not values[name].ndim for name in values if name != first):
            continue
        source = source_of(operation.call, "in-place")
        told = partial(describe, operation, values, dtype)
        with trial.case(f"{source}, {first} on {home}", call=source, inputs=told, requires=needs) as case:
            where = {name: home if name == first else away for name in values}
            refuses(case, source, put(operation, trial, values, dtype, where), values, dtype)


def outputs(row: Mapping[str, str], trial: Trial, pair: Pair) -> None:
    """The operands on the first device, what is written to on the second."""
    home, away = pair
    torch = trial.namespace
    for operation, dtype, needs in rows(row, trial, lambda op: "out" in op.forms, pair):
        values, source = arrays(operation, trial, "devices", dtype), source_of(operation.call, "out")
        told = partial(describe, operation, values, dtype)
        with trial.case(f"{source}, out on {away}", call=source, inputs=told, requires=needs) as case:
            inputs = put(operation, trial, values, dtype, dict.fromkeys(values, home))
            with unwarned():
                results = call(operation, trial, inputs, dtype)
            written = [torch.full(tuple(r.shape), 5, dtype=r.dtype, device=away) for r in results]
            before = [trial.read(each).copy() for each in written]
            inputs["out"] = tuple(written) if len(written) > 1 else written[0]
            refuses(case, source, inputs, values, dtype)
            for target, old in zip(written, before, strict=True):
                lies_on(case, target, away, "device of out")
                case.same(target, old, "out afterwards")


def results(row: Mapping[str, str], trial: Trial, device: str) -> None:
    """On the device under test, with the operands there."""
    for operation, dtype, needs in rows(row, trial, lambda op: op.gives_tensors):
        values = arrays(operation, trial, "devices", dtype)
        told = partial(describe, operation, values, dtype)
        with trial.case(f"{operation.call} on {device}", call=operation.call, inputs=told, requires=needs) as case:
            inputs = put(operation, trial, values, dtype, dict.fromkeys(values, device))
            with trial.namespace.device("cpu"), unwarned():
                found = each(operation, evaluate(operation.call, trial, inputs, dtype))
            for result in found:
                lies_on(case, result, device)


def refused(row: dict[str, str], trial: Trial, pair: Pair) -> None:
    """The same call is accepted when both operands are on the first device."""
    with trial.case(
        "a and b", call=row["operation"], inputs=f"a: (2, 2) on {pair[0]}; b: (2, 2), i on {pair[1]}"
    ) as case:
        values = [[1.0, 2.0], [3.0, 4.0]]
        for place in pair:
            names = {"a": made(trial, values, pair[0]), "b": made(trial, values, place)}
            names["i"] = made(trial, [1, 0], place, "int64")
            if place == pair[0]:
                got = eval(row["operation"], {"torch": trial.namespace, **names})
                lies_on(case, got, place, "device of the operation on one device")
                continue
            with case.raises("RuntimeError", "device"):
                eval(row["operation"], {"torch": trial.namespace, **names})


def untouched(trial: Trial, pair: Pair) -> None:
    """In place, and with an output argument."""
    torch = trial.namespace
    for source in ("a.add_(b)", "a.mul_(b)", "torch.add(a, a, out=b)"):
        with trial.case(source, call=source, inputs=f"a on {pair[0]}, b on {pair[1]}") as case:
            a, b = made(trial, [1.0, 2.0], pair[0]), made(trial, [3.0, 4.0], pair[1])
            with case.raises("RuntimeError", "device"):
                eval(source, {"torch": torch, "a": a, "b": b})
            case.same(a, floats([1, 2]), "a")
            case.same(b, floats([3, 4]), "b")


def ordinals(trial: Trial) -> None:
    """The first two devices of the accelerator's type."""
    found = accelerators(trial)
    if len(found) < 2:
        pytest.skip("one device of the accelerator's type")
    with trial.case("a + b", call="a + b", inputs=f"a on {found[0]}, b on {found[1]}") as case:
        a, b = made(trial, [1.0, 2.0], found[0]), made(trial, [3.0, 4.0], found[1])
        case.holds("devices", a.device != b.device, "different", f"{a.device} and {b.device}")
        with case.raises("RuntimeError", "device"):
            a + b
        with case.raises("RuntimeError", "device"):
            a + b[0]
        case.same(a + b.to(found[0]), floats([4, 6]))


def scalars(row: dict[str, str], trial: Trial) -> None:
    """With tensors of several shapes on every accelerator."""
    for place in accelerators(trial):
        for shape in ((3,), (2, 2), (0,), (1,)):
            with trial.case(
                f"{place} {shape}", call=row["operation"], inputs=f"x: {shape} on {place}, s: () on cpu"
            ) as case:
                values = np.arange(1, 1 + int(np.prod(shape)), dtype=np.float32).reshape(shape)
                x, s = made(trial, values.tolist(), place), made(trial, 2.0, "cpu")
                want = eval(row["equals"], {"np": np, "x": values, "s": floats(2)})
                got = eval(row["operation"], {"torch": trial.namespace, "x": x, "s": s})
                lies_on(case, got, place)
                case.same(got, want)


def indices(trial: Trial, pair: Pair) -> None:
    """The tensor on the first device, the index on the second, in reading and in assignment."""
    first, second = pair
    values = floats([[1, 2, 3], [4, 5, 6], [7, 8, 9]])
    indices: dict[str, tuple[Any, str]] = {"integers": ([2, 0], "int64"), "bools": ([True, False, True], "bool")}
    for name, (entries, dtype) in indices.items():
        for place in pair:
            with trial.case(f"{name} on {place}", call="x[i]; x[:, i]; x[i] = 0", inputs=f"x on {first}") as case:
                x, i = made(trial, values.tolist(), first), made(trial, entries, place, dtype)
                if place == second and not is_host(second):
                    with case.raises("RuntimeError", "indices should be either on"):
                        x[i]
                    continue
                case.same(x[i], values[entries])
                lies_on(case, x[i], first)
                case.same(x[:, i], values[:, entries], "columns")
                want = values.copy()
                x[i], want[entries] = 0, 0
                case.same(x, want, "after assignment")


def stays(row: dict[str, str], trial: Trial) -> None:
    """On every device of the type under test."""
    kind = trial.device.split(":")[0]
    for place in (name for name in trial.backend.devices if name.split(":")[0] == kind):
        with trial.case(place, call=row["result"], inputs=f"x: float32 (2, 2) on {place}") as case:
            x = made(trial, [[1.0, 2.0], [3.0, 4.0]], place)
            lies_on(case, eval(row["result"], {"torch": trial.namespace, "x": x}), place)
