"""Laws of the chapter mutation: saved tensors and buffers filled in loops."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from conformance.case import Trial
from conformance.law import history, writing
from conformance.operation import Operation

PROGRAMS = 300
FEW = 30  # programs of a quick run
NO_INPLACE_DERIVATIVE = ("asinh", "acosh", "atanh")  # PyTorch refuses to differentiate these when they are in place
SECOND_PASS = "Trying to backward through the graph a second time"


@pytest.mark.clause("mutation.saved.freed")
def test_freed(trial: Trial) -> None:
    """Attributes named ``_saved_…`` are torch's; a backend that shows none still refuses the second pass."""
    torch = trial.namespace
    for name, attribute in (("exp", "_saved_result"), ("x * x", "_saved_self")):
        with trial.case(name, call=f"{name}, backward, {attribute}") as case:
            x = torch.tensor([0.0, 0.0], requires_grad=True)
            y = torch.exp(x) if name == "exp" else x * x
            node, shown = y.grad_fn, hasattr(y.grad_fn, attribute)
            if shown:
                case.same(getattr(node, attribute), y if attribute == "_saved_result" else x, f"{attribute} before")
            y.sum().backward()
            with case.raises("RuntimeError", SECOND_PASS):
                y.sum().backward()
            if shown:
                with case.raises("RuntimeError", SECOND_PASS):
                    getattr(node, attribute)


@pytest.mark.clause("mutation.saved.hooks")
def test_hooks(trial: Trial) -> None:
    """What `unpack` gives is what the backward pass computes with."""
    torch = trial.namespace
    packed: list[Any] = []

    def pack(saved: Any) -> int:
        packed.append(saved)
        return len(packed) - 1

    def unpack(number: int) -> Any:
        return packed[number] * 10

    with trial.case("y = x * c", call="with saved_tensors_hooks(pack, unpack): y = x * c") as case:
        x = torch.tensor([1.0, 2.0], requires_grad=True)
        c = torch.tensor([3.0, 4.0])
        with torch.autograd.graph.saved_tensors_hooks(pack, unpack):
            y = x * c
        z = x * c
        case.equal("number of tensors packed", len(packed), 1)
        case.same(packed[0], c, "packed")
        y.sum().backward()
        case.same(x.grad, [30.0, 40.0], "gradient inside the block")
        x.grad = None
        z.sum().backward()
        case.same(x.grad, [3.0, 4.0], "gradient outside the block")


@pytest.mark.clause("mutation.buffer.rows")
def test_rows(trial: Trial) -> None:
    """Row `i` holds ``x ** (i + 1)``; the gradient is that of the sum of these powers."""
    values = np.array([2.0, -1.0, 0.5])
    for rows in (1, 4, 7):
        call = f"buffer = zeros({rows}, 3); buffer[i] = x ** (i + 1) in a loop"
        with trial.case(f"{rows} rows", call=call, inputs=f"x = {values.tolist()}") as case:
            x = trial.namespace.tensor(values.tolist(), requires_grad=True)
            buffer = trial.namespace.zeros(rows, 3)
            power = x
            for i in range(rows):
                buffer[i] = power
                power = power * x
            buffer.sum().backward()
            case.same(buffer, np.stack([values ** (i + 1) for i in range(rows)]), "buffer")
            case.equal("buffer.requires_grad", buffer.requires_grad, True)
            case.same(x.grad, np.sum([(i + 1) * values**i for i in range(rows)], axis=0), "gradient")


@pytest.mark.clause("mutation.history.view")
def test_history(row: dict[str, str], trial: Trial) -> None:
    """Every write in every order, beside the same program in NumPy."""
    history.check_row(row, trial)


@pytest.mark.clause("mutation.history.view.complex")
def test_complex_history(row: dict[str, str], trial: Trial) -> None:
    """The same, with real views of a complex result."""
    start = history.Step("b = torch.complex(x, x * 2)", "b = x + 2j * x")
    history.check_row(row, trial, start, history.SMOOTH)


@pytest.mark.clause("mutation.history.random")
def test_random_history(trial: Trial) -> None:
    """Each program from a seed of its own."""
    for number in range(FEW if trial.quick else PROGRAMS):
        rng = trial.generator(f"program {number}")
        history.check_program(history.drawn(rng, int(rng.integers(5, 13))), trial, f"program {number}")


@pytest.mark.clause("mutation.version.every")
def test_versions(trial: Trial) -> None:
    """Rows of the tables of every chapter, one case each."""
    writing.sweep(trial, ("float32", "int64", "bool", "complex64"), lambda row: True, writing.check_version)


@pytest.mark.clause("mutation.leaf.every")
def test_leaves(trial: Trial) -> None:
    """Rows of the tables of every chapter whose operation has a gradient."""
    writing.sweep(trial, ("float32", "complex64"), lambda row: row.grad != "no", writing.check_leaf)


@pytest.mark.clause("mutation.inplace.every")
def test_gradients(trial: Trial) -> None:
    """Rows of the tables of every chapter whose operation has a gradient, and whose in-place form writes elements."""

    def wanted(row: Operation) -> bool:
        return row.differentiable and row.chapter != "view" and row.name not in NO_INPLACE_DERIVATIVE

    writing.sweep(trial, ("float64",), wanted, writing.check_gradient)


@pytest.mark.clause("mutation.version.failed")
def test_failed(row: dict[str, str], trial: Trial) -> None:
    """After one write that succeeded."""
    with trial.case(row["write"], call=row["write"], inputs="x = [1, 2, 3] * 2, in place") as case:
        x = trial.namespace.tensor([1.0, 2.0, 3.0])
        x.mul_(2)
        with case.raises(row["kind"], row["words"]):
            eval(row["write"], {"torch": trial.namespace, "x": x})
        case.equal("version", x._version, 1)
        case.same(x, [2.0, 4.0, 6.0])
