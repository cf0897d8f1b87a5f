"""What a move does to gradients, modules and optimizers, and work that is split over two devices."""

from __future__ import annotations

from typing import Any

import numpy as np

from conformance.case import Case, Trial
from conformance.law.placement import Pair, floats, lies_on, made

RATE = 0.5
MOMENTUM = 0.75


def leaf(trial: Trial, values: Any, place: str, dtype: str = "float32") -> Any:
    """A leaf on `place` that requires a gradient."""
    return made(trial, values, place, dtype).requires_grad_()


def leaf_moves(trial: Trial, pair: Pair) -> None:
    """The gradient has the device and the dtype of the leaf, also when the move changes the dtype."""
    first, second = pair
    for dtype in ("float32", "float64"):
        with trial.case(f"to {dtype}", call="y = x.to(d, t); (y * w).sum().backward()", inputs=f"x on {first}") as case:
            x = leaf(trial, [1.0, 2.0], first)
            y = x.to(second, getattr(trial.namespace, dtype))
            case.equal("is_leaf of the result", y.is_leaf, False)
            case.equal("requires_grad of the result", y.requires_grad, True)
            case.equal("node", y.grad_fn.name(), "ToCopyBackward0")
            (y * made(trial, [3.0, 4.0], second, dtype)).sum().backward()
            lies_on(case, x.grad, first, "device of the gradient")
            case.equal("dtype of the gradient", x.grad.dtype, x.dtype)
            case.same(x.grad, floats([3, 4]), "gradient")


def moved_leaf(trial: Trial, pair: Pair) -> None:
    """Move first, then ask for the gradient."""
    first, second = pair
    call = f"x = torch.ones(2).to({second!r}).requires_grad_()"
    with trial.case("moved, then requires a gradient", call=call, inputs=f"made on {first}") as case:
        x = made(trial, [1.0, 2.0], first).to(second).requires_grad_()
        case.equal("is_leaf", x.is_leaf, True)
        (x * x).sum().backward()
        lies_on(case, x.grad, second, "device of the gradient")
        case.same(x.grad, floats([2, 4]), "gradient")


def round_trip(trial: Trial, pair: Pair) -> None:
    """There and back twice, with an operation at every stop, and the leaf used on both devices."""
    first, second = pair
    with trial.case(
        "x² there and back", call="((x * x).to(b) * 3).to(a) * x + x.to(b).to(a)", inputs=f"x on {first}"
    ) as case:
        x = leaf(trial, [1.0, 2.0], first)
        y = ((x * x).to(second) * 3).to(first) * x + x.to(second).to(first)
        y.sum().backward()
        lies_on(case, x.grad, first, "device of the gradient")
        case.same(x.grad, floats([10, 37]), "gradient")


def copied_source(trial: Trial, pair: Pair) -> None:
    """The source is a leaf on the second device, the target a buffer on the first."""
    first, second = pair
    with trial.case(
        "x.copy_(y)", call="x.copy_(y); (x * w).sum().backward()", inputs=f"x on {first}, y on {second}"
    ) as case:
        x, y = made(trial, [0.0, 0.0], first), leaf(trial, [1.0, 2.0], second)
        x.copy_(y)
        (x * made(trial, [3.0, 4.0], first)).sum().backward()
        lies_on(case, y.grad, second, "device of the gradient")
        case.same(y.grad, floats([3, 4]), "gradient")


def linear(trial: Trial, place: str) -> Any:
    """A layer of two inputs and one output on `place`, with known parameters."""
    torch = trial.namespace
    module = torch.nn.Linear(2, 1).to(place)
    with torch.no_grad():
        module.weight.copy_(made(trial, [[1.0, 2.0]], place))
        module.bias.copy_(made(trial, [0.5], place))
    return module


def train(trial: Trial, module: Any, place: str, dtype: str = "float32") -> None:
    """A backward pass whose gradient of the weight is [[2, 4]]."""
    module(made(trial, [[2.0, 4.0]], place, dtype)).sum().backward()


def module_moves(trial: Trial, pair: Pair) -> None:
    """A layer with a gradient, a floating buffer and an integer buffer."""
    first, second = pair
    with trial.case("m.to(d)", call=f"m.to({second!r})", inputs=f"m: Linear(2, 1) on {first}") as case:
        module = linear(trial, first)
        module.register_buffer("mean", made(trial, [1.0, 2.0], first))
        module.register_buffer("count", made(trial, 3, first, "int64"))
        train(trial, module, first)
        weight = module.weight
        returned = module.to(second)
        case.holds("returns", returned is module, "the module", "the module" if returned is module else "another")
        case.holds(
            "identity", module.weight is weight, "the same parameter", "same" if module.weight is weight else "new"
        )
        for name in ("weight", "bias", "mean", "count"):
            lies_on(case, getattr(module, name), second, f"device of {name}")
        lies_on(case, module.weight.grad, second, "device of the gradient")
        case.equal("is_leaf", module.weight.is_leaf, True)
        case.equal("dtype of count", module.count.dtype, trial.namespace.int64)
        case.same(module.weight, floats([[1, 2]]), "weight")
        case.same(module.weight.grad, floats([[2, 4]]), "gradient")
        case.same(module.mean, floats([1, 2]), "mean")


def module_moves_and_converts(trial: Trial, pair: Pair) -> None:
    """Device and dtype at once; integers keep their dtype and move."""
    first, second = pair
    with trial.case(
        "m.to(d, t)", call=f"m.to({second!r}, torch.float64)", inputs=f"m: Linear(2, 1) on {first}"
    ) as case:
        module = linear(trial, first)
        module.register_buffer("count", made(trial, 3, first, "int64"))
        module.to(second, trial.namespace.float64)
        for name in ("weight", "bias", "count"):
            lies_on(case, getattr(module, name), second, f"device of {name}")
        case.same(module.weight, np.array([[1.0, 2.0]]), "weight")
        case.equal("dtype of the weight", module.weight.dtype, trial.namespace.float64)
        case.equal("dtype of count", module.count.dtype, trial.namespace.int64)


def optimizer_follows(trial: Trial, pair: Pair) -> None:
    """A step after the move changes the module."""
    first, second = pair
    call = f"o = SGD(m.parameters(), lr={RATE}); m.to({second!r}); m(x).sum().backward(); o.step()"
    with trial.case("SGD", call=call, inputs=f"m: Linear(2, 1) on {first}") as case:
        module = linear(trial, first)
        optimizer = trial.namespace.optim.SGD(module.parameters(), lr=RATE)
        module.to(second)
        train(trial, module, second)
        optimizer.step()
        lies_on(case, module.weight, second, "device of the weight")
        case.same(module.weight, floats([[0, 0]]), "weight")
        case.same(module.bias, floats([0]), "bias")


def state_stays(trial: Trial, pair: Pair) -> None:
    """The momentum of one step before the move."""
    first, second = pair
    call = f"o = SGD(m.parameters(), lr={RATE}, momentum={MOMENTUM}); o.step(); m.to({second!r}); o.state[m.weight]"
    with trial.case("SGD with momentum", call=call, inputs=f"m: Linear(2, 1) on {first}") as case:
        module = linear(trial, first)
        optimizer = trial.namespace.optim.SGD(module.parameters(), lr=RATE, momentum=MOMENTUM)
        train(trial, module, first)
        optimizer.step()
        module.to(second)
        buffer = optimizer.state[module.weight]["momentum_buffer"]
        lies_on(case, module.weight, second, "device of the weight")
        lies_on(case, buffer, first, "device of the state")
        case.same(buffer, floats([[2, 4]]), "state")


INPUTS = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]]
WEIGHT = [[1.0, -1.0, 2.0], [0.5, 1.0, -2.0]]
LAST = [[1.0], [2.0], [-1.0]]


def gradients(case: Case, loss: Any, weights: list[Any], whole_loss: Any, whole_weights: list[Any]) -> None:
    """Backward on both sides; loss and gradients agree, and each gradient lies beside its weight."""
    loss.backward()
    whole_loss.backward()
    case.close(loss, case.trial.read(whole_loss.detach()).astype(np.float64), "float32", name="loss")
    for index, (got, want) in enumerate(zip(weights, whole_weights, strict=True)):
        case.equal(f"device of gradient {index}", got.grad.device, got.device)
        case.close(
            got.grad, case.trial.read(want.grad).astype(np.float64), "float32", factor=4, name=f"gradient {index}"
        )


def split_batch(trial: Trial, pair: Pair) -> None:
    """Half of the rows on each device; the losses are added on the first."""
    first, second = pair
    with trial.case(
        "two halves", call="loss = f(x[:2], w) + f(x[2:].to(d), w.to(d)).to(w.device)", inputs=f"d = {second!r}"
    ) as case:
        x, w, v = made(trial, INPUTS, first), leaf(trial, WEIGHT, first), leaf(trial, WEIGHT, first)
        near, far = x[:2] @ w, x[2:].to(second) @ w.to(second)
        lies_on(case, far, second, "device of the second half")
        loss = (near * near).sum() + (far * far).sum().to(first)
        whole = x @ v
        gradients(case, loss, [w], (whole * whole).sum(), [v])


def split_layers(trial: Trial, pair: Pair) -> None:
    """The hidden values move, the weights stay."""
    first, second = pair
    with trial.case(
        "two layers", call="((x @ w) * (x @ w)).to(d) @ u", inputs=f"w on {first}, u on d = {second}"
    ) as case:
        x = made(trial, INPUTS, first)
        w, u = leaf(trial, WEIGHT, first), leaf(trial, LAST, second)
        v, t = leaf(trial, WEIGHT, first), leaf(trial, LAST, first)
        hidden, whole = x @ w, x @ v
        out = (hidden * hidden).to(second) @ u
        lies_on(case, out, second, "device of the result")
        gradients(case, out.sum(), [w, u], ((whole * whole) @ t).sum(), [v, t])


def split_columns(trial: Trial, pair: Pair) -> None:
    """One column stays, two go to the second device, and the results are joined on the first."""
    first, second = pair
    torch = trial.namespace
    with trial.case(
        "two parts", call="torch.cat([x @ w, (x.to(d) @ u).to(x.device)], dim=1)", inputs=f"d = {second!r}"
    ) as case:
        x = made(trial, INPUTS, first)
        w, u = made(trial, WEIGHT, first)[:, :1], made(trial, WEIGHT, second)[:, 1:]
        joined = torch.cat([x @ w, (x.to(second) @ u).to(first)], dim=1)
        lies_on(case, joined, first)
        case.same(joined, floats(INPUTS) @ floats(WEIGHT))
