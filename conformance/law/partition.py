"""Programs on two devices: optimizers with parameters on both, models and batches that are split over them."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from conformance.case import Trial
from conformance.law.placement import Pair, accelerators, floats, lies_on, made
from conformance.law.travel import INPUTS, MOMENTUM, RATE, WEIGHT, leaf, linear, train

TARGETS = [[1.0], [-2.0], [0.5], [3.0]]
STEP = 0.0078125


def two_accelerators(trial: Trial) -> None:
    """A factor and a tensor, both orders, on the first two devices of the accelerator's type."""
    found = accelerators(trial)
    with trial.case("one device", call="s + x", inputs=f"s, x on {found[0]}") as case:
        s, x = made(trial, 2.0, found[0]), made(trial, [1.0, 2.0], found[0])
        case.same(s + x, floats([3, 4]))
    for first, second in ((found[0], found[1]), (found[1], found[0])) if len(found) > 1 else ():
        for values in (3.0, [1.0, 2.0]):
            with trial.case(f"{first}, {second}", call="s + x", inputs=f"s on {first}, x on {second}") as case:
                s, x = made(trial, 2.0, first), made(trial, values, second)
                for call in ("s + x", "x * s", "x.add_(s)"):
                    with case.raises("RuntimeError", "device"):
                        eval(call, {"s": s, "x": x})
                case.same(x, floats(values), "x afterwards")
                case.same(s, floats(2), "s afterwards")


def state_is_stuck(trial: Trial, pair: Pair) -> None:
    """Momentum; a step is possible again when the state is brought along."""
    first, second = pair
    with trial.case("SGD with momentum", call=f"o.step(); m.to({second!r}); o.step()", inputs=f"m on {first}") as case:
        module = linear(trial, first)
        optimizer = trial.namespace.optim.SGD(module.parameters(), lr=RATE, momentum=MOMENTUM)
        train(trial, module, first)
        optimizer.step()
        module.to(second)
        before = trial.read(module.weight.detach()).copy()
        with case.raises("RuntimeError", "device"):
            optimizer.step()
        case.same(module.weight.detach(), before, "weight afterwards")
        lies_on(case, module.weight, second, "device of the weight")


def state_is_loaded(trial: Trial, pair: Pair) -> None:
    """Into the same optimizer and into a new one; then a step is that of an optimizer that never moved."""
    first, second = pair
    sgd = trial.namespace.optim.SGD
    for told in ("the same", "a new one"):
        with trial.case(told, call="p.load_state_dict(o.state_dict())", inputs=f"{first} to {second}") as case:
            module = linear(trial, first)
            optimizer = sgd(module.parameters(), lr=RATE, momentum=MOMENTUM)
            train(trial, module, first)
            optimizer.step()
            module.to(second)
            state = optimizer.state_dict()
            if told == "a new one":
                optimizer = sgd(module.parameters(), lr=RATE, momentum=MOMENTUM)
            optimizer.load_state_dict(state)
            lies_on(case, optimizer.state[module.weight]["momentum_buffer"], second, "device of the state")
            optimizer.step()
            case.same(module.weight.detach(), floats([[-1.75, -3.5]]), "weight after a second step")


def one_for_several(trial: Trial, pair: Pair) -> None:
    """A parameter on each device, in one group and in two."""
    first, second = pair
    for groups in (1, 2):
        with trial.case(f"{groups} groups", call="o.step()", inputs=f"x on {first}, y on {second}") as case:
            x, y = leaf(trial, [1.0, 2.0], first), leaf(trial, [3.0, 4.0], second)
            given = [x, y] if groups == 1 else [{"params": [x]}, {"params": [y], "lr": 2 * RATE}]
            optimizer = trial.namespace.optim.SGD(given, lr=RATE)
            ((x * 2).to(second) * y).sum().backward()
            optimizer.step()
            lies_on(case, x, first, "device of x")
            lies_on(case, y, second, "device of y")
            case.same(x.detach(), floats([-2, -2]), "x")
            case.same(y.detach(), floats([2, 2] if groups == 1 else [1, 0]), "y")
            optimizer.zero_grad()
            case.equal("gradients afterwards", (x.grad, y.grad), (None, None))


def split_rows(trial: Trial, pair: Pair) -> None:
    """One row stays, the other goes to the second device; the gradients stay with their parts."""
    first, second = pair
    call = "x[:, :1] @ w + (x[:, 1:].to(d) @ u).to(x.device)"
    with trial.case("two parts", call=call, inputs=f"d = {second!r}") as case:
        x = made(trial, INPUTS, first)
        w, u = leaf(trial, WEIGHT[:1], first), leaf(trial, WEIGHT[1:], second)
        total = x[:, :1] @ w + (x[:, 1:].to(second) @ u).to(first)
        lies_on(case, total, first)
        case.same(total.detach(), floats(INPUTS) @ floats(WEIGHT))
        total.sum().backward()
        lies_on(case, w.grad, first, "device of the first gradient")
        lies_on(case, u.grad, second, "device of the second gradient")
        case.same(w.grad, floats([[16.0] * 3]), "first gradient")
        case.same(u.grad, floats([[20.0] * 3]), "second gradient")


def network(trial: Trial) -> Any:
    """Two layers and a hinge, of known parameters, on the CPU."""
    torch = trial.namespace
    model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU(), torch.nn.Linear(3, 1)).to("cpu")
    with torch.no_grad():
        for parameter, values in zip(
            model.parameters(),
            ([[1.0, -1.0], [0.5, 1.0], [-1.0, 2.0]], [0.5, -1.0, 0.25], [[1.0, -2.0, 0.5]], [0.5]),
            strict=True,
        ):
            parameter.copy_(torch.tensor(values))
    return model


def stepped(trial: Trial) -> list[np.ndarray]:
    """The parameters after one step with the whole batch on the CPU."""
    model = network(trial)
    optimizer = trial.namespace.optim.SGD(model.parameters(), lr=STEP)
    x, y = made(trial, INPUTS, "cpu"), made(trial, TARGETS, "cpu")
    ((model(x) - y) ** 2).sum().backward()
    optimizer.step()
    return [trial.read(parameter.detach()).astype(np.float64) for parameter in model.parameters()]


def split_model(trial: Trial, pair: Pair) -> None:
    """The first layer on the first device, the second on the second, one optimizer for both."""
    first, second = pair
    with trial.case("one step", call="m[2](m[:2](x).to(d))", inputs=f"m[0] on {first}, m[2] on d = {second}") as case:
        model = network(trial)
        model[0].to(first)
        model[2].to(second)
        optimizer = trial.namespace.optim.SGD(model.parameters(), lr=STEP)
        x, y = made(trial, INPUTS, first), made(trial, TARGETS, second)
        with case.raises("RuntimeError", "device"):
            model(x)
        ((model[2](model[1](model[0](x)).to(second)) - y) ** 2).sum().backward()
        optimizer.step()
        for index, (got, want) in enumerate(zip(model.parameters(), stepped(trial), strict=True)):
            lies_on(case, got.grad, first if index < 2 else second, f"device of gradient {index}")
            case.close(got.detach(), want, "float32", factor=8, name=f"parameter {index}")


def split_copies(trial: Trial, pair: Pair) -> None:
    """One row here and three there; the gradients are added on the first device, and the copy is brought up to date."""
    first, second = pair
    torch = trial.namespace
    call = "loss of x[:1] here, of x[1:] there; p.grad += q.grad.to(p.device); o.step()"
    with trial.case("one step", call=call, inputs=f"copies on {first} and {second}") as case:
        model = network(trial).to(first)
        other = copy.deepcopy(model).to(second)
        optimizer = torch.optim.SGD(model.parameters(), lr=STEP)
        for one, place, rows in ((model, first, slice(0, 1)), (other, second, slice(1, 4))):
            x, y = made(trial, INPUTS[rows], place), made(trial, TARGETS[rows], place)
            ((one(x) - y) ** 2).sum().backward()
        for near, far in zip(model.parameters(), other.parameters(), strict=True):
            lies_on(case, far.grad, second, "device of a copy's gradient")
            near.grad += far.grad.to(near.device)
        optimizer.step()
        other.load_state_dict(model.state_dict())
        for index, (got, far, want) in enumerate(
            zip(model.parameters(), other.parameters(), stepped(trial), strict=True)
        ):
            lies_on(case, got, first, f"device of parameter {index}")
            case.close(got.detach(), want, "float32", factor=8, name=f"parameter {index}")
            lies_on(case, far, second, f"device of the copy's parameter {index}")
            case.same(far.detach(), trial.read(got.detach()), f"the copy's parameter {index}")
