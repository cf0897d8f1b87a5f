"""Laws of the chapter function: memory, training, central differences."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from conformance.case import Case, Trial
from conformance.law.lifetime import without_collector


def rectifier(torch: Any) -> Any:
    """A custom rectifier."""

    class MyRelu(torch.autograd.Function):  # type: ignore[misc]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x.clamp(min=0)

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            (x,) = ctx.saved_tensors
            grad = grad.clone()
            grad[x < 0] = 0
            return grad

    return MyRelu


def cube(torch: Any) -> Any:
    """A custom cube, times another tensor, whose gradient is written in operations on saved inputs."""

    class Cube(torch.autograd.Function):  # type: ignore[misc]
        @staticmethod
        def forward(ctx: Any, x: Any, w: Any) -> Any:
            ctx.save_for_backward(x, w)
            return x**3 * w

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            x, w = ctx.saved_tensors
            return grad * 3 * x**2 * w, grad * x**3

    return Cube


def keeping(torch: Any, what: str) -> Any:
    """A product that saves its second operand or its result."""

    class Keeping(torch.autograd.Function):  # type: ignore[misc]
        @staticmethod
        def forward(ctx: Any, x: Any, other: Any) -> Any:
            y = x * other
            ctx.save_for_backward(other if what == "input" else y)
            return y

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            (saved,) = ctx.saved_tensors
            return grad * saved, None

    return Keeping


@pytest.mark.clause("function.apply.network")
def test_network(trial: Trial) -> None:
    """Losses and weights of three steps of gradient descent, with both rectifiers, and by hand in NumPy."""
    torch = trial.namespace
    with trial.case("three steps", call="a network of two layers, with a custom rectifier") as case:
        random = trial.generator()
        x, y, first, second = (random.uniform(-1, 1, shape) for shape in ((5, 4), (5, 2), (4, 3), (3, 2)))
        custom = train(torch, trial.device, rectifier(torch).apply, x, y, first, second)
        builtin = train(torch, trial.device, torch.relu, x, y, first, second)
        wanted = train_by_hand(x, y, first, second)
        for got, same, want in zip(custom, builtin, wanted, strict=True):
            case.close(got, want, "float64", factor=64)
            case.close(got, trial.read(same), "float64", factor=64, name="values with the built-in rectifier")


def train(torch: Any, device: str, rectify: Any, *arrays: np.ndarray) -> list[Any]:
    """The losses of three steps, and the two weights after them."""
    x, y, first, second = (torch.tensor(a.tolist(), dtype=torch.float64, device=device) for a in arrays)
    first.requires_grad_()
    second.requires_grad_()
    losses = []
    for _ in range(3):
        loss = ((rectify(x @ first) @ second - y) ** 2).sum()
        losses.append(loss.detach())
        loss.backward()
        with torch.no_grad():
            for w in (first, second):
                w -= 0.125 * w.grad
                w.grad = None
    return [*losses, first, second]


def train_by_hand(x: np.ndarray, y: np.ndarray, first: np.ndarray, second: np.ndarray) -> list[np.ndarray]:
    """The same in NumPy, with gradients from the chain rule."""
    losses = []
    for _ in range(3):
        before = x @ first
        hidden = np.maximum(before, 0)
        error = hidden @ second - y
        losses.append(np.asarray((error**2).sum()))
        hidden_gradient = (2 * error @ second.T) * (before > 0)
        second = second - 0.125 * hidden.T @ (2 * error)
        first = first - 0.125 * x.T @ hidden_gradient
    return [*losses, first, second]


@pytest.mark.clause("function.apply.depth")
def test_depth(trial: Trial) -> None:
    """The interpreter's stack does not limit the depth of a graph of Functions."""
    torch = trial.namespace

    class Increment(torch.autograd.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x + 1

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            return grad + 1

    with trial.case("3000", call="x = Increment.apply(x), 3000 times") as case:
        x = torch.tensor([1.0, -2.0], dtype=torch.float64, requires_grad=True)
        y = x
        for _ in range(3000):
            y = Increment.apply(y)
        case.same(y, np.array([3001.0, 2998.0]))
        y.backward(torch.tensor([0.0, 10.0], dtype=torch.float64))
        case.same(x.grad, np.array([3000.0, 3010.0]))


@pytest.mark.clause("function.save.lifetime")
def test_memory(trial: Trial) -> None:
    """Without help of the garbage collector."""
    torch = trial.namespace
    with without_collector() as collect:
        for way in ("backward", "backward that keeps the graph", "result deleted", "nothing recorded"):
            with trial.case(f"input, {way}", call="apply saves an input") as case:
                input_lives(torch, way, case, collect)
        for way in ("backward", "result deleted"):
            with trial.case(f"result, {way}", call="apply saves its result") as case:
                result_lives(torch, way, case, collect)


def input_lives(torch: Any, way: str, case: Case, collect: Callable[[], object]) -> None:
    """The saved operand is alive as long as it is needed, and no longer."""
    x = torch.tensor([1.0, 2.0], requires_grad=way != "nothing recorded")
    other = torch.tensor([3.0, 4.0])
    alive = weakref.ref(other)
    y = keeping(torch, "input").apply(x, other)
    del other
    if way != "nothing recorded":
        case.equal("saved operand alive before", alive() is not None, True)
    if way == "backward":
        y.sum().backward()
        case.same(x.grad, [3.0, 4.0])
    elif way == "backward that keeps the graph":
        y.sum().backward(retain_graph=True)
        case.equal("saved operand alive after backward", alive() is not None, True)
        case.same(x.grad, [3.0, 4.0])
        del y
    elif way == "result deleted":
        del y
    else:
        case.same(y, [3.0, 8.0])
    collect()
    case.equal("saved operand alive at the end", alive() is not None, False)


def result_lives(torch: Any, way: str, case: Case, collect: Callable[[], object]) -> None:
    """A saved result dies with its last name."""
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = keeping(torch, "result").apply(x, torch.tensor([3.0, 4.0]))
    alive, node = weakref.ref(y), weakref.ref(y.grad_fn)
    if way == "backward":
        y.sum().backward()
        case.same(x.grad, [3.0, 8.0])
    case.same(y, [3.0, 8.0])
    del y
    collect()
    case.equal("result alive", alive() is not None, False)
    case.equal("node alive", node() is not None, False)


@pytest.mark.clause("function.dirty.lifetime")
def test_memory_of_marked(trial: Trial) -> None:
    """Results that were marked die with their last names."""
    torch = trial.namespace
    call = "mark_dirty, mark_non_differentiable, save_for_backward"
    with trial.case("marked", call=call) as case, without_collector() as collect:
        x = torch.tensor([1.0, 2.0], requires_grad=True)
        y = x * 2
        same, doubled, fixed = marking(torch).apply(y)
        case.equal("the overwritten input comes back", same is y, True)
        case.equal("requires_grad of the constant", fixed.requires_grad, False)
        (same + doubled).sum().backward()
        case.same(x.grad, [6.0, 6.0])
        alive = [weakref.ref(each) for each in (same, doubled, fixed)]
        del y, same, doubled, fixed
        collect()
        case.equal("alive", [each() is not None for each in alive], [False] * 3)


def marking(torch: Any) -> Any:
    """Overwrites its input, and gives it, its double and a constant."""

    class Marking(torch.autograd.Function):  # type: ignore[misc]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            x.add_(1)
            doubled, fixed = x * 2, x * 3
            ctx.mark_dirty(x)
            ctx.mark_non_differentiable(fixed)
            ctx.save_for_backward(x, doubled, fixed)
            return x, doubled, fixed

        @staticmethod
        def backward(ctx: Any, first: Any, second: Any, nothing: Any) -> Any:
            return first + second * 2 + nothing * len(ctx.saved_tensors)

    return Marking


@pytest.mark.clause("function.second.difference")
def test_difference(trial: Trial) -> None:
    """The gradient against differences of the function, the second one against differences of the first."""
    torch = trial.namespace
    random = trial.generator()
    x, w, v = (random.uniform(0.5, 2, 3) for _ in range(3))

    def value(x: np.ndarray, w: np.ndarray) -> float:
        return float(cube(torch).apply(tensor(torch, x, trial), tensor(torch, w, trial)).sum())

    def gradients(x: np.ndarray, w: np.ndarray) -> list[Any]:
        inputs = [tensor(torch, each, trial).requires_grad_() for each in (x, w)]
        found = torch.autograd.grad(cube(torch).apply(*inputs).sum(), inputs, create_graph=True)
        weighted = sum((g * tensor(torch, v, trial)).sum() for g in found)
        return [*found, weighted, *torch.autograd.grad(weighted, inputs)]

    with trial.case("first and second gradient", call="a custom cube times w") as case:
        by_x, by_w, _, second_x, second_w = gradients(x, w)
        case.within(by_x, central(lambda a: value(a, w), x), 1e-6, 1e-6, name="gradient of x")
        case.within(by_w, central(lambda a: value(x, a), w), 1e-6, 1e-6, name="gradient of w")
        weighted_x = central(lambda a: float(gradients(a, w)[2].detach()), x)
        weighted_w = central(lambda a: float(gradients(x, a)[2].detach()), w)
        case.within(second_x, weighted_x, 1e-6, 1e-6, name="second gradient of x")
        case.within(second_w, weighted_w, 1e-6, 1e-6, name="second gradient of w")
        case.within(second_x, 6 * x * w * v + 3 * x**2 * v, 1e-12, 0, name="second gradient of x, by formula")


def tensor(torch: Any, array: np.ndarray, trial: Trial) -> Any:
    """A float64 tensor of the values."""
    return torch.tensor(array.tolist(), dtype=torch.float64, device=trial.device)


def central(function: Any, at: np.ndarray, step: float = 1e-5) -> np.ndarray:
    """The gradient of a function of a vector by central differences."""
    found = np.zeros_like(at)
    for i in range(at.size):
        ahead, behind = at.copy(), at.copy()
        ahead[i] += step
        behind[i] -= step
        found[i] = (function(ahead) - function(behind)) / (2 * step)
    return found


@pytest.mark.clause("function.numpy.chain")
def test_numpy_chain(trial: Trial) -> None:
    """tanh of the chain x → x², NumPy's sine, times x."""
    torch = trial.namespace

    class Sine(torch.autograd.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return torch.from_numpy(np.sin(x.detach().numpy()))

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            (x,) = ctx.saved_tensors
            return torch.from_numpy(grad.numpy() * np.cos(x.detach().numpy()))

    with trial.case("chain", call="tanh(Sine.apply(x * x) * x)") as case:
        at = trial.generator().uniform(0.5, 2, 4)
        x = tensor(torch, at, trial).requires_grad_()
        (torch.tanh(Sine.apply(x * x) * x)).sum().backward()
        case.within(x.grad, central(lambda a: float(np.tanh(np.sin(a * a) * a).sum()), at), 1e-6, 1e-6)
