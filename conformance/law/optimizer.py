"""Steps of optimizers, held against recurrences in double precision."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from conformance.case import Case, Trial
from conformance.law.recurrence import RECURRENCES

Array = np.ndarray[Any, Any]
Row = Mapping[str, str]

STEPS = 7
SHAPES: tuple[tuple[int, ...], ...] = ((3, 4), (5,), (), (2, 3, 2))
MATRICES: tuple[tuple[int, ...], ...] = ((3, 4), (5, 2), (4, 4))
LATE = {1: (0, 1, 4)}  # the second parameter has no gradient at these steps
FLOATS = ("float32", "float64")
# relative and absolute errors: float32 rounds at every step; the state of NAdam and ASGD has numbers in float32
WITHIN = {"float32": 2e-5, "complex64": 2e-5, "float64": 1e-12}
COARSE = {"NAdam": 2e-6, "ASGD": 2e-6, "Muon": 4e-2}  # Muon multiplies in bfloat16
KINDS = tuple(RECURRENCES)
EVERY = tuple(name for name in KINDS if name not in ("Adafactor", "Muon"))


def given(options: str) -> dict[str, Any]:
    """The cell `options` as keyword arguments."""
    return dict(eval(f"dict({options})", {"np": np}))


def drawn(
    trial: Trial, case: str, shapes: Sequence[tuple[int, ...]], paired: bool = False, late: bool = True
) -> list[list[Array | None]]:
    """For each shape the start, and a gradient for each step: of both signs, zeros for the last shape, none at some
    steps if `late`. `paired` numbers are complex, as a last dimension of two."""
    generator = trial.generator(case)
    found: list[list[Array | None]] = []
    for i, shape in enumerate(shapes):
        size = (*shape, 2) if paired else shape
        start = generator.uniform(0.5, 2, size) * generator.choice([-1, 1], size)
        scale = 0.0 if i == len(shapes) - 1 and len(shapes) > 3 else 1.0
        steps = [generator.uniform(-1, 1, size) * scale for _ in range(STEPS)]
        missing = LATE.get(i, ()) if late else ()
        found.append([start, *(None if t in missing else g for t, g in enumerate(steps))])
    return found


def made(trial: Trial, array: Array | None, dtype: str, device: str) -> Any:
    """A tensor of the values; pairs become complex numbers."""
    if array is None:
        return None
    values = array[..., 0] + 1j * array[..., 1] if dtype.startswith("complex") else array
    return trial.namespace.tensor(values.tolist(), dtype=getattr(trial.namespace, dtype), device=device)


def parameters(
    trial: Trial, paths: list[list[Array | None]], dtype: str, device: str, turned: bool = True
) -> list[Any]:
    """Parameters at their starts; matrices lie column by column if `turned`."""
    starts = [made(trial, path[0], dtype, device) for path in paths]
    return [trial.namespace.nn.Parameter(x.t().contiguous().t() if turned and x.dim() == 2 else x) for x in starts]


def read(trial: Trial, p: Any) -> Array:
    """The values of a parameter, complex numbers as pairs."""
    array = trial.read(p)
    return np.stack((array.real, array.imag), -1) if np.iscomplexobj(array) else array


def near(case: Case, got: Array, want: Array, name: str, kind: str, dtype: str) -> None:
    """Compare with the errors that the dtype and the state allow."""
    allowed = max(WITHIN[dtype], COARSE.get(kind, 0.0))
    case.within(got, want, allowed, allowed, name)


def follows(trial: Trial, kind: str, row: Row, device: str, shapes: Sequence[tuple[int, ...]] = SHAPES) -> None:
    """Every parameter follows the recurrence at every step, in both dtypes and, for numbers in pairs, in complex."""
    dtypes = [*FLOATS, *(["complex64"] if kind not in ("Adafactor", "Muon") else [])]
    for dtype in dtypes:
        if trial.dtype not in (None, dtype):
            continue
        call = f"torch.optim.{kind}(parameters, {row['options']}).step()"
        needs = ("complex",) if dtype == "complex64" else ()
        with trial.case(dtype, call=call, inputs=f"shapes {list(shapes)}, {STEPS} steps", requires=needs) as case:
            run(trial, case, kind, given(row["options"]), dtype, device, shapes)


def run(
    trial: Trial, case: Case, kind: str, options: dict[str, Any], dtype: str, device: str,
    shapes: Sequence[tuple[int, ...]],
) -> None:  # fmt: skip
    """One optimizer along all steps."""
    paths = drawn(trial, f"{kind} {options}", shapes, dtype.startswith("complex"))
    params = parameters(trial, paths, dtype, device)
    idle = trial.namespace.nn.Parameter(trial.namespace.ones(3, device=device))
    optimizer = getattr(trial.namespace.optim, kind)([*params, *([idle] if kind != "Muon" else [])], **options)
    wanted = [expected(kind, options, path, dtype) for path in paths]
    for t in range(STEPS):
        for p, path in zip(params, paths, strict=True):
            p.grad = made(trial, path[t + 1], dtype, device)
        optimizer.step()
        for i, (p, want) in enumerate(zip(params, wanted, strict=True)):
            near(case, read(trial, p.detach()), want[t], f"parameter {i} after step {t + 1}", kind, dtype)
    case.same(idle.detach(), np.ones(3, np.float32), "a parameter without gradient")


def expected(kind: str, options: dict[str, Any], path: list[Array | None], dtype: str) -> list[Array]:
    """The parameter after each step; it stays where there is no gradient."""
    options = dict(options)
    sign = -1.0 if options.pop("maximize", False) else 1.0
    if kind == "Adafactor":
        options["smallest"] = float(np.finfo(dtype).eps)
    start, *gradients = path
    assert start is not None
    line = RECURRENCES[kind](start, (sign * g for g in gradients if g is not None), **options)
    found, p = [], start
    for g in gradients:
        p = p if g is None else next(line)
        found.append(p)
    return found


def trained(
    trial: Trial, kind: str, options: dict[str, Any], device: str, steps: range, held: list[Any] | None = None,
    state: Any = None, late: bool = True,
) -> tuple[list[Any], Any]:  # fmt: skip
    """Parameters and the optimizer after some steps in float32, begun afresh or from copies with a state."""
    paths = drawn(trial, f"{kind} trained", SHAPES, late=late)
    params = parameters(trial, paths, "float32", device, turned=late)
    if held is not None:
        params = [copy.deepcopy(p) for p in held]
    optimizer = getattr(trial.namespace.optim, kind)(params, **options)
    if state is not None:
        optimizer.load_state_dict(state)
    for t in steps:
        for p, path in zip(params, paths, strict=True):
            p.grad = made(trial, path[t + 1], "float32", device)
        optimizer.step()
    return params, optimizer
