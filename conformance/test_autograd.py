"""Laws of the chapter autograd: graphs that loops and branches build."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from conformance.case import Trial

DEPTH = 10_000
DOUBLINGS = 64


def square_or_negate(x: Any) -> Any:
    """A value that decides which operation runs."""
    return x * x if x > 0 else -x


def double_up(a: Any) -> Any:
    """A value that decides how often an operation runs, and one that decides whether a last one does."""
    b = a * 2
    for _ in range(DOUBLINGS):  # far more than it takes: a loop that a wrong answer does not keep going
        if abs(b) >= 1000:
            break
        b = b * 2
    return b if b > 0 else 100 * b


@pytest.mark.clause("autograd.graph.branch")
def test_branch(trial: Trial) -> None:
    """Each call is differentiated along the branch it took."""
    for value, gradient in ((3.0, 6.0), (-3.0, -1.0), (0.5, 1.0)):
        with trial.case(f"x = {value}", call="x * x if x > 0 else -x", inputs=f"x = {value}") as case:
            x = trial.namespace.tensor(value, requires_grad=True)
            y = square_or_negate(x)
            y.backward()
            case.same(y, np.float32(square_or_negate(value)), "result")
            case.same(x.grad, np.float32(gradient), "gradient")


@pytest.mark.clause("autograd.graph.loop")
def test_loop(trial: Trial) -> None:
    """The function only multiplies, so that its derivative is its value over its argument."""
    call = "b = a * 2; while abs(b) < 1000: b = b * 2; b if b > 0 else 100 * b"
    for value in (1.5, -0.75, 600.0, -0.001):
        with trial.case(f"a = {value}", call=call, inputs=f"a = {value}") as case:
            a = trial.namespace.tensor(value, requires_grad=True)
            double_up(a).backward()
            case.close(a.grad, np.asarray(double_up(value) / value), "float32")


@pytest.mark.clause("autograd.graph.depth")
def test_depth(trial: Trial) -> None:
    """Chains far longer than the interpreter's stack is deep."""
    torch = trial.namespace
    with trial.case("additions of a leaf", call=f"y = y + x, {DEPTH} times") as case:
        x = torch.tensor(1.0, requires_grad=True)
        y = x * 1
        for _ in range(DEPTH):
            y = y + x
        y.backward()
        case.same(y, np.float32(DEPTH + 1), "result")
        case.same(x.grad, np.float32(DEPTH + 1), "gradient")
    with trial.case("operations in place", call=f"y.neg_(), {DEPTH + 1} times") as case:
        x = torch.tensor(3.0, requires_grad=True)
        y = x * 1
        for _ in range(DEPTH + 1):
            y.neg_()
        y.backward()
        case.same(x.grad, np.float32(-1), "gradient")
    with trial.case("dropped", call=f"y = -y, {DEPTH} times; del y") as case:
        x = torch.tensor(2.0, requires_grad=True)
        y = x * 1
        for _ in range(DEPTH):
            y = -y
        del y
        (x * 3).backward()
        case.same(x.grad, np.float32(3), "gradient")


@pytest.mark.clause("autograd.parameter.shared")
def test_shared(trial: Trial) -> None:
    """The gradient of ``sum(x @ w @ … @ w)`` is the sum over the places where `w` stands."""
    start, weight = np.array([[1.0, 2.0], [0.0, -1.0], [3.0, 1.0]]), np.array([[1.0, 2.0], [-1.0, 0.5]])
    for uses in (1, 2, 4):
        with trial.case(
            f"{uses} uses", call="h = h @ w in a loop; h.sum().backward()", inputs=f"uses = {uses}"
        ) as case:
            w = trial.namespace.tensor(weight.tolist(), requires_grad=True)
            h = trial.namespace.tensor(start.tolist())
            for _ in range(uses):
                h = h @ w
            h.sum().backward()
            case.close(w.grad, shared_gradient(start, weight, uses), "float32")


def shared_gradient(start: np.ndarray, weight: np.ndarray, uses: int) -> np.ndarray:
    """The derivative of ``sum(start @ weight ** uses)`` with respect to `weight`."""
    power = np.linalg.matrix_power
    ones = np.ones_like(start)
    terms = [(start @ power(weight, i)).T @ ones @ power(weight, uses - 1 - i).T for i in range(uses)]
    return np.asarray(np.sum(terms, axis=0))
