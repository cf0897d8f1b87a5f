"""Moves from one device to another: values, memory, layouts, conversions, and `copy_`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from conformance.case import Trial
from conformance.law.placement import Pair, dtypes_of, floats, lies_on, made

LAYOUTS: dict[str, Callable[[Any], Any]] = {
    "contiguous": lambda whole: whole,
    "transposed": lambda whole: whole.T,
    "stepped with offset": lambda whole: whole[1:, 1::2],
    "row": lambda whole: whole[1],
    "element": lambda whole: whole[1, 2],
    "empty": lambda whole: whole[3:],
}


def values(trial: Trial, pair: Pair) -> None:
    """Every dtype in every layout; the source stays as it was."""
    first, second = pair
    for dtype in dtypes_of(trial):
        whole = (np.arange(15) % (2 if dtype == "bool" else 7)).reshape(3, 5)
        for layout, view in LAYOUTS.items():
            with trial.case(
                f"{dtype} {layout}", call=f"x.to({second!r})", inputs=f"x: {dtype} {layout} on {first}"
            ) as case:
                x = view(made(trial, whole.tolist(), first, dtype))
                y, want = x.to(second), view(whole)
                case.equal("dtype", y.dtype, x.dtype)
                case.equal("shape", tuple(y.shape), want.shape)
                case.same(trial.read(y).astype(np.complex128), want.astype(np.complex128))
                lies_on(case, y, second)
                lies_on(case, x, first, "device of the source")
                case.same(trial.read(x).astype(np.complex128), want.astype(np.complex128), "source")


def copies(trial: Trial, pair: Pair) -> None:
    """Writes on both sides, through the tensors and through views of them."""
    first, second = pair
    with trial.case("write to both", call=f"y = x.to({second!r}); y[0] = 5; x.add_(1)", inputs=f"x on {first}") as case:
        x = made(trial, [1.0, 2.0, 3.0], first)
        y = x.to(second)
        y[0] = 5
        case.same(x, floats([1, 2, 3]), "source after a write to the result")
        x.add_(1)
        x[1:].mul_(10)
        case.same(y, floats([5, 2, 3]), "result after writes to the source")
        case.same(x, floats([2, 30, 40]), "source after its own writes")
    with trial.case("expanded", call=f"y = x.expand(2, 3).to({second!r}); y[0] = 5", inputs=f"x on {first}") as case:
        x = made(trial, [1.0, 2.0, 3.0], first)
        y = x.expand(2, 3).to(second)
        case.same(y, floats([[1, 2, 3], [1, 2, 3]]))
        y[0] = 5
        case.same(y, floats([[5, 5, 5], [1, 2, 3]]), "result after a write to one row")
        case.same(x, floats([1, 2, 3]), "source")


def round_trip(trial: Trial, pair: Pair) -> None:
    """There and back."""
    first, second = pair
    with trial.case("round trip", call=f"z = x.to({second!r}).to({first!r}); z[0] = 5", inputs=f"x on {first}") as case:
        x = made(trial, [1.0, 2.0, 3.0], first)
        z = x.to(second).to(first)
        lies_on(case, z, first)
        case.same(z, floats([1, 2, 3]), "values")
        z[0] = 5
        case.same(x, floats([1, 2, 3]), "source after a write to the result")


def converts(trial: Trial, pair: Pair) -> None:
    """Positional and keyword arguments."""
    first, second = pair
    torch = trial.namespace
    for call in ("x.to(d, t)", "x.to(device=d, dtype=t)", "x.to(torch.device(d), t)"):
        for dtype, want in (("float64", [1.5, 2.5]), ("int32", [1, 2])):
            with trial.case(f"{call} {dtype}", call=call, inputs=f"x: float32 on {first}, d = {second!r}") as case:
                t = getattr(torch, dtype)
                y = eval(call, {"torch": torch, "x": made(trial, [1.5, 2.5], first), "d": second, "t": t})
                lies_on(case, y, second)
                case.equal("dtype", y.dtype, t)
                case.same(y, np.array(want, dtype=dtype))


def to_tensor(trial: Trial, pair: Pair) -> None:
    """The other tensor gives device and dtype, and no shape."""
    first, second = pair
    with trial.case("x.to(y)", call="x.to(y)", inputs=f"x: float32 (2,) on {first}, y: int64 () on {second}") as case:
        got = made(trial, [1.5, 2.5], first).to(made(trial, 0, second, "int64"))
        lies_on(case, got, second)
        case.same(got, np.array([1, 2]))


def strides(trial: Trial, pair: Pair) -> None:
    """Transposed and permuted tensors."""
    first, second = pair
    views: dict[str, Callable[[Any], Any]] = {
        "x": lambda x: x,
        "x.transpose(0, 2)": lambda x: x.transpose(0, 2),
        "x.permute(1, 2, 0)": lambda x: x.permute(1, 2, 0),
    }
    for name, view in views.items():
        with trial.case(
            name, call=f"{name}.to({second!r}).stride()", inputs=f"x: float32 (2, 3, 4) on {first}"
        ) as case:
            x = view(made(trial, np.arange(24).reshape(2, 3, 4).tolist(), first))
            case.equal("stride", tuple(x.to(second).stride()), tuple(x.stride()))
            case.same(x.to(second), trial.read(x))


def nonblocking(trial: Trial, pair: Pair) -> None:
    """By `to` and by `copy_`; reading synchronises."""
    first, second = pair
    with trial.case("to and copy_", call=f"x.to({second!r}, non_blocking=True)", inputs=f"x on {first}") as case:
        x = made(trial, list(range(1000)), first)
        y = x.to(second, non_blocking=True)
        lies_on(case, y, second)
        case.same(y, np.arange(1000, dtype=np.float32))
        z = made(trial, [0.0] * 1000, second)
        z.copy_(x, non_blocking=True)
        case.same(z, np.arange(1000, dtype=np.float32), "values by copy_")


def copied_into(trial: Trial, pair: Pair) -> None:
    """Conversion, broadcasting, and no memory in common afterwards."""
    first, second = pair
    with trial.case(
        "x.copy_(y)", call="x.copy_(y)", inputs=f"x: float64 (2, 2) on {first}, y: int32 (2,) on {second}"
    ) as case:
        x = made(trial, [[0, 0], [0, 0]], first, "float64")
        y = made(trial, [3, 4], second, "int32")
        got = x.copy_(y)
        case.holds("returns", got is x, "the target itself", "the target" if got is x else "another object")
        lies_on(case, x, first)
        case.same(x, np.array([[3.0, 4.0], [3.0, 4.0]]))
        y[0] = 9
        case.same(x, np.array([[3.0, 4.0], [3.0, 4.0]]), "target after a write to the source")


def assigned(trial: Trial, pair: Pair) -> None:
    """A row, and a slice with steps."""
    first, second = pair
    with trial.case("x[0] = y", call="x[0] = y; x[1, ::2] = y", inputs=f"x: (2, 4) on {first}, y on {second}") as case:
        x = made(trial, [[0.0] * 4] * 2, first)
        x[0] = made(trial, [1.0, 2.0, 3.0, 4.0], second)
        x[1, ::2] = made(trial, [5.0, 6.0], second)
        lies_on(case, x, first)
        case.same(x, floats([[1, 2, 3, 4], [5, 0, 6, 0]]))


def by_every_form(row: dict[str, str], trial: Trial, pair: Pair) -> None:
    """The result shares no memory with the source, which stays where it was."""
    first, second = pair
    torch = trial.namespace
    for told, d in (("text", second), ("object", torch.device(second))):
        with trial.case(told, call=row["form"], inputs=f"x on {first}, d = {second!r} as {told}") as case:
            x = made(trial, [1.5, 2.5], first)
            y = eval(row["form"], {"torch": torch, "x": x, "d": d})
            lies_on(case, y, second)
            case.equal("dtype", y.dtype, x.dtype)
            case.same(y, floats([1.5, 2.5]))
            y[0] = 7
            lies_on(case, x, first, "device of the source")
            case.same(x, floats([1.5, 2.5]), "source after a write to the result")


def nowhere(trial: Trial) -> None:
    """Every form that names the device where the tensor is, on every device of the backend."""
    torch = trial.namespace
    calls = ("x.to(d)", "x.to(device=d)", "x.to(torch.device(d))", "x.to(d, x.dtype)", "x.to(x)", "x.to(made_there)")
    for place in trial.backend.devices:
        for call in (*calls, "torch.as_tensor(x, device=d)"):
            with trial.case(f"{call} on {place}", call=call, inputs=f"x on d = {place!r}") as case:
                x = made(trial, [1.0, 2.0], place)
                scope = {"torch": torch, "x": x, "d": place, "made_there": made(trial, [0.0], place)}
                got = eval(call, scope)
                case.holds("result", got is x, "x itself", "x itself" if got is x else "another object")
        with trial.case(f"copy=True on {place}", call="x.to(d, copy=True)[0] = 5", inputs=f"x on {place}") as case:
            x = made(trial, [1.0, 2.0], place)
            y = x.to(place, copy=True)
            y[0] = 5
            lies_on(case, y, place)
            case.same(y, floats([5, 2]), "copy")
            case.same(x, floats([1, 2]), "original")
