"""Laws of the chapter autograd: graphs that loops and branches build, their memory, and what is refused."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
import pytest

from conformance.case import Case, Trial
from conformance.law.lifetime import without_collector

DEPTH = 10_000
LONG = 100_000
WIDE = 20_000
FEW = 2_000  # of a quick run
MANY = 3_000
STEPS = 1_000
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


@pytest.mark.clause("autograd.graph.depth.long")
def test_long_depth(trial: Trial) -> None:
    """The graph is walked, and taken down, without recursion."""
    torch, length = trial.namespace, DEPTH if trial.quick else LONG

    def chain(x: Any) -> Any:
        y = x * 1
        for _ in range(length):
            y = y + 1
        return y

    with trial.case("forward, backward, dropped", call=f"y = y + 1, {length} times; y.backward(); del y") as case:
        x = torch.tensor(3.0, requires_grad=True)
        y = chain(x)
        y.backward()
        case.same(y, np.float32(length + 3), "result")
        case.same(x.grad, np.float32(1), "gradient")
        del y
        (x * 2).backward()
        case.same(x.grad, np.float32(3), "gradient after the graph is gone")
    with trial.case("dropped without a backward pass", call=f"y = y + 1, {length} times; del y") as case:
        x = torch.tensor(3.0, requires_grad=True)
        y = chain(x)
        del y
        (x * 2).backward()
        case.same(x.grad, np.float32(2), "gradient")


@pytest.mark.clause("autograd.graph.depth.view")
def test_view_depth(trial: Trial) -> None:
    """Each turn exchanges the dimensions; each write scales one of four rows."""
    torch = trial.namespace
    with trial.case("views of views", call=f"v = v.t(), {MANY + 1} times; v[0].sum().backward()") as case:
        x = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], requires_grad=True)
        v = x
        for _ in range(MANY + 1):
            v = v.t()
        v[0].sum().backward()
        case.same(x.grad, np.array([[1.0, 0.0], [1.0, 0.0], [1.0, 0.0]]), "gradient")
    with trial.case("writes through views", call=f"b = x * 1; b[i % 4].neg_() for i in range({MANY + 1})") as case:
        x = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]], requires_grad=True)
        b = x * 1
        for i in range(MANY + 1):
            b[i % 4].neg_()
        (b * b * b).sum().backward()
        counts = np.array([len(range(row, MANY + 1, 4)) for row in range(4)])
        signs = np.where(counts % 2, -1.0, 1.0)[:, None]
        case.same(x.grad, signs * 3 * np.arange(1.0, 9.0).reshape(4, 2) ** 2, "gradient")


@pytest.mark.clause("autograd.graph.fan-out")
def test_fan_out(trial: Trial) -> None:
    """Sums of numbers below 2 ** 24, which float32 holds exactly."""
    torch, width = trial.namespace, FEW if trial.quick else WIDE
    with trial.case("one leaf", call=f"sum(x * i for i in 1, -1, 1, … {width + 1} times)") as case:
        x = torch.tensor([1.0, 2.0], requires_grad=True)
        total = torch.zeros(2)
        for i in range(width + 1):
            total = total + x * (-1 if i % 2 else 1)
        total.sum().backward()
        case.same(x.grad, np.ones(2), "gradient")
    for name in ("stack", "cat"):
        with trial.case(
            f"one {name}", call=f"torch.{name}([y, x * 1, y, …]), {width} tensors weighted 0, 1, 2, 3, 0, …"
        ) as case:
            x, y = (torch.tensor([value], requires_grad=True) for value in (1.0, 2.0))
            joined = getattr(torch, name)([x * 1 if i % 2 else y for i in range(width)])
            (joined.reshape(-1) * (torch.arange(width) % 4)).sum().backward()
            case.same(y.grad, np.array([width // 4 * (0 + 2)]), "gradient of y")
            case.same(x.grad, np.array([width // 4 * (1 + 3)]), "gradient of x")


def watched_factor(trial: Trial) -> tuple[Any, Any, Any]:
    """A leaf, its product with a constant in the memory of an array, and a reference to the array, which nothing else
    holds."""
    torch = trial.namespace
    array = np.array([3.0, 5.0], np.float32)
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    return x, x * torch.from_numpy(array), weakref.ref(array)


@pytest.mark.clause("autograd.lifetime.saved")
def test_saved_memory(trial: Trial) -> None:
    """The memory of a saved factor, seen through the array that it is shared with."""
    call = "y = x * torch.from_numpy(array); del array; y.sum().backward()"
    with trial.case("factor", call=call) as case, without_collector() as collect:
        x, y, memory = watched_factor(trial)
        case.equal("kept before", memory() is not None, True)
        y.sum().backward()
        collect()
        case.equal("kept after", memory() is not None, False)
        case.same(y, [3.0, 10.0], "result")
        case.same(x.grad, [3.0, 5.0], "gradient")


@pytest.mark.clause("autograd.lifetime.retain")
def test_retained_memory(trial: Trial) -> None:
    """Kept after a pass that retains, and not after one that does not."""
    with trial.case("factor", call="backward(retain_graph=True); backward()") as case, without_collector() as collect:
        x, y, memory = watched_factor(trial)
        total = y.sum()
        total.backward(retain_graph=True)
        collect()
        case.equal("kept after the first pass", memory() is not None, True)
        total.backward()
        collect()
        case.equal("kept after the second", memory() is not None, False)
        case.same(x.grad, [6.0, 10.0], "gradient")


@pytest.mark.clause("autograd.lifetime.dropped")
def test_dropped_memory(trial: Trial) -> None:
    """Kept while the result is there, or any that was computed from it."""
    with trial.case("factor", call="z = (y * 2).sum(); del y; del z") as case, without_collector() as collect:
        x, y, memory = watched_factor(trial)
        z = (y * 2).sum()
        del y
        collect()
        case.equal("kept while a result has it", memory() is not None, True)
        del z
        collect()
        case.equal("kept without", memory() is not None, False)
        case.equal("x.grad", x.grad, None)


def all_gone(case: Case, name: str, references: list[Any], collect: Callable[[], object]) -> None:
    """No tensor of these is alive."""
    collect()
    case.equal(f"{name}: tensors left of {len(references)}", sum(each() is not None for each in references), 0)


@pytest.mark.clause("autograd.lifetime.intermediate")
def test_intermediate_memory(trial: Trial) -> None:
    """Results that saved their operands, their own values, and indices; with a backward pass, without, and twice."""
    torch = trial.namespace
    for name, passes in (("dropped", 0), ("backward", 1), ("retained", 2)):
        call = "y = x.exp(); z = (y * y)[index].softmax(0); loss = z.max(0)[0]"
        with trial.case(name, call=f"{call}; {passes} passes; del") as case, without_collector() as collect:
            x = torch.tensor([0.0, 0.0, 0.0], requires_grad=True)
            y = x.exp()
            z = (y * y)[torch.tensor([2, 0])].softmax(0)
            loss = z.max(0)[0]
            references = [weakref.ref(t) for t in (y, z, loss)]
            for i in range(passes):
                loss.backward(retain_graph=i + 1 < passes)
            del y, z, loss
            all_gone(case, name, references, collect)
            case.equal("gradient", x.grad is not None, passes > 0)


@pytest.mark.clause("autograd.lifetime.inplace")
def test_mutated_memory(trial: Trial) -> None:
    """Histories that were rewritten hold no cycle either."""
    torch = trial.namespace
    with trial.case("in place", call="y.cos_(); y[0].mul_(2); y[1:].sin_()") as case, without_collector() as collect:
        x = torch.tensor([1.0, 2.0], requires_grad=True)
        y = x * 1
        y.cos_()
        v, w = y[0], y[1:]
        v.mul_(2)
        w.sin_()
        references = [weakref.ref(t) for t in (y, v, w)]
        (y.sum() + v + w.sum()).backward()
        del y, v, w
        all_gone(case, "in place", references, collect)
        case.equal("gradient", x.grad is not None, True)
    with trial.case("retain_grad", call="y.retain_grad(); y.sum().backward()") as case, without_collector() as collect:
        x = torch.tensor([1.0, 2.0], requires_grad=True)
        y = x * 3
        y.retain_grad()
        y.sum().backward()
        case.same(y.grad, [1.0, 1.0], "gradient of the result")
        references = [weakref.ref(t) for t in (y, y.grad)]
        del y
        all_gone(case, "retain_grad", references, collect)
    with trial.case("refused", call="y = x.exp(); y.add_(1); y.sum().backward()") as case:
        with without_collector() as collect:
            x = torch.tensor([1.0, 2.0], requires_grad=True)
            y = x.exp()
            y.add_(1)
            references = [weakref.ref(y)]
            with suppress(RuntimeError):
                y.sum().backward()
            del y
            all_gone(case, "refused", references, collect)
        case.equal("x.grad", x.grad, None)


@pytest.mark.clause("autograd.lifetime.loop")
def test_loop_memory(trial: Trial) -> None:
    """Results and gradients of all steps but the last are gone."""
    torch = trial.namespace
    call = f"h = w * x; loss = (h * h).sum(); w.grad = None; loss.backward(); w -= 0.125 * w.grad, {STEPS} times"
    with trial.case("training", call=call) as case, without_collector() as collect:
        w, x = torch.tensor([8.0, 4.0], requires_grad=True), torch.tensor([1.0, 1.0])
        references: list[Any] = []
        for _ in range(STEPS):
            h = w * x
            loss = (h * h).sum()
            w.grad = None
            loss.backward()
            with torch.no_grad():
                w -= 0.125 * w.grad
            references += [weakref.ref(t) for t in (h, loss, w.grad)]
        all_gone(case, "earlier steps", references[:-3], collect)
        case.equal("last step", all(each() is not None for each in references[-3:]), True)
        case.holds("weight", abs(float(w[0])) < 1e-6, "near 0", str(float(w[0])))


@pytest.mark.clause("autograd.refused.state")
def test_refused(row: dict[str, str], trial: Trial) -> None:
    """Before, after, and a backward pass of the graph that was there."""
    torch = trial.namespace
    with trial.case(row["refused"], call=row["refused"], inputs="x, w leaves; y = x * w; z = (y * y).sum()") as case:
        x = torch.tensor([1.0, 2.0, -3.0], requires_grad=True)
        w = torch.tensor([2.0, 0.5, 1.0], requires_grad=True)
        c, n = torch.tensor([5.0, 6.0, 7.0]), torch.tensor([1, 2, 3])
        y = x * w
        z = (y * y).sum()
        tensors = {"x": x, "w": w, "c": c, "n": n, "y": y, "z": z}
        told, node = state(trial, tensors), y.grad_fn
        with case.raises(row["kind"], row["words"]):
            eval(row["refused"], {"torch": torch, **tensors})
        case.equal("state", state(trial, tensors), told)
        case.equal("y.grad_fn is the node it was", y.grad_fn is node, True)
        z.backward()
        case.same(x.grad, [8.0, 1.0, -6.0], "gradient of x")
        case.same(w.grad, [4.0, 4.0, 18.0], "gradient of w")


def state(trial: Trial, tensors: dict[str, Any]) -> dict[str, Any]:
    """What can be seen of the tensors: values, version, flags, gradient."""
    return {
        name: (trial.read(t.detach()).tolist(), t._version, t.requires_grad, t.is_leaf, t.is_leaf and t.grad)
        for name, t in tensors.items()
    }
