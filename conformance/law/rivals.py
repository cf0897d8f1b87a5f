"""Two networks against each other, and a network that uses one layer several times."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from conformance.case import Case, Trial
from conformance.law.descent import Array, Layer, clamped, dense, gradients, squares
from conformance.law.program import arrays, follows, match, opened


def rivals(trial: Trial, device: str) -> tuple[Any, Any, Any, tuple[Any, Any]]:
    """Program, generator, discriminator, and points with noise."""
    program = opened(trial, "gan")
    return (program, *program.networks(device), program.draw(np.random.default_rng(11), device))


def parameters(*networks: Any) -> list[Any]:
    """Those of both."""
    return [parameter for network in networks for parameter in network.parameters()]


def both(trial: Trial, device: str) -> None:
    """The gradients of each loss alone, over a graph of its own, are found by `autograd.grad`."""
    torch = trial.namespace
    with trial.case("step_of_the_notes(g, d, real, noise)") as case:
        program, g, d, data = rivals(trial, device)
        values = parameters(g, d)
        want = [array.astype(float) for array in arrays(trial, values)]
        for index in (0, 1):
            loss = program.both_losses(g, d, *data)[index]
            for total, grad in zip(want, torch.autograd.grad(loss, values), strict=True):
                total -= program.RATE * trial.read(grad)
        program.step_of_the_notes(g, d, *data)
        match(case, values, want, 1e-6, "parameter")


def freed(trial: Trial, device: str) -> None:
    """The first loss went through both networks."""
    torch = trial.namespace
    with trial.case("graph_not_retained(g, d, real, noise)") as case:
        program, g, d, data = rivals(trial, device)
        before = arrays(trial, parameters(g, d))
        want = torch.autograd.grad(program.both_losses(g, d, *data)[0], list(g.parameters()))
        with case.raises("RuntimeError", "Trying to backward through the graph a second time"):
            program.graph_not_retained(g, d, *data)
        for index, (parameter, grad) in enumerate(zip(g.parameters(), want, strict=True)):
            case.within(parameter.grad, trial.read(grad), 1e-5, 1e-7, f"gradient {index}")
        for index, (got, value) in enumerate(zip(parameters(g, d), before, strict=True)):
            case.same(got.detach(), value, f"parameter {index}")


def between(trial: Trial, device: str) -> None:
    """The step in between was that of the first loss, over both groups."""
    torch = trial.namespace
    with trial.case("step_in_between(g, d, real, noise)") as case:
        program, g, d, data = rivals(trial, device)
        values = parameters(g, d)
        grads = torch.autograd.grad(program.both_losses(g, d, *data)[0], values)
        want = [
            value - program.RATE * trial.read(grad).astype(float)
            for value, grad in zip(arrays(trial, values), grads, strict=True)
        ]
        with case.raises("RuntimeError", "modified by an inplace operation"):
            program.step_in_between(g, d, *data)
        match(case, values, want, 1e-6, "parameter")


def detached(trial: Trial, device: str) -> None:
    """And without `detach` there would be one."""
    with trial.case("discriminator_loss(g, d, real, noise).backward()") as case:
        program, g, d, data = rivals(trial, device)
        program.discriminator_loss(g, d, *data).backward()
        case.equal("gradients of the generator", [parameter.grad for parameter in g.parameters()], [None] * 4)
        counted = [bool(trial.read(parameter.grad).any()) for parameter in d.parameters()]
        case.equal("gradients of the discriminator", counted, [True] * 4)
        detached_grads = arrays(trial, [parameter.grad for parameter in d.parameters()])
        d.zero_grad()
        program.both_losses(g, d, *data)[1].backward()
        counted = [parameter.grad is not None for parameter in g.parameters()]
        case.equal("gradients of the generator without detach", counted, [True] * 4)
        match(case, [parameter.grad for parameter in d.parameters()], detached_grads, 1e-5, "gradient without detach")


def optimizers(trial: Trial, device: str) -> None:
    """Some steps of both ways."""
    steps = 3 if trial.quick else 10
    with trial.case("train", call=f"train_with_one({steps}), train_with_two({steps})") as case:
        program = opened(trial, "gan")
        start = arrays(trial, parameters(*program.networks(device)))
        one, two = program.train_with_one(steps, device), program.train_with_two(steps, device)
        match(case, parameters(*one), arrays(trial, parameters(*two)), 1e-6, "parameter")
        moved = [float(np.abs(a - b).max()) for a, b in zip(arrays(trial, parameters(*one)), start, strict=True)]
        case.holds("moved", min(moved) > 1e-3, "every parameter has moved", str(moved))


def learning(trial: Trial, device: str) -> None:
    """From more than two away to less than one."""
    steps, most = (20, 2.0) if trial.quick else (60, 1.0)
    with trial.case("train", call=f"train_with_two({steps})") as case:
        program = opened(trial, "gan")
        before = program.distance(program.networks(device)[0], device)
        g, _ = program.train_with_two(steps, device)
        after = program.distance(g, device)
        case.holds("before", before > 2, "more than 2", str(before))
        case.holds("after", after < most, f"less than {most}", str(after))


def deep(repeats: int, w1: Array, b1: Array, w2: Array, b2: Array, w3: Array, b3: Array) -> list[Layer]:
    """A first layer, `repeats` times the second, the last."""
    return [dense(w1, b1), clamped, *[dense(w2, b2), clamped] * repeats, dense(w3, b3)]


def summed(repeats: int, x: Array, y: Array, values: list[Array]) -> tuple[float, list[Array | None]]:
    """The loss, and the six gradients: those of the second layer added up, or None."""
    loss, found = gradients(deep(repeats, *values), x, y, squares)
    middle: list[Array | None] = [None, None]
    if repeats:
        uses = found[2:-2]
        middle = [np.sum(uses[0::2], axis=0), np.sum(uses[1::2], axis=0)]
    return loss, [*found[:2], *middle, *found[-2:]]


def shared_gradient(trial: Trial, repeats: int, device: str) -> None:
    """Against derivatives worked out on paper."""
    with trial.case(f"{repeats} uses", call=f"model(x, {repeats})") as case:
        program = opened(trial, "shared_weights")
        sizes = program.INPUTS, program.HIDDEN, program.OUTPUTS
        model = program.start(program.DynamicNet(*sizes), seed=1).to(device)
        x, y = program.data(device)
        loss = (model(x, repeats) - y).pow(2).sum()
        loss.backward()
        values = [array.astype(float) for array in arrays(trial, model)]
        want, grads = summed(repeats, trial.read(x).astype(float), trial.read(y).astype(float), values)
        follows(case, [float(trial.read(loss.detach()))], [want], 1e-5)
        agree(case, model, grads)


def agree(case: Case, model: Any, grads: list[Array | None]) -> None:
    """Each gradient, or its absence."""
    for (name, parameter), grad in zip(model.named_parameters(), grads, strict=True):
        if grad is None:
            case.equal(f"gradient of {name}", parameter.grad, None)
        else:
            case.within(parameter.grad, grad, 1e-4, 1e-4 * float(np.abs(grad).max()), f"gradient of {name}")


def shared_curve(trial: Trial, device: str) -> None:
    """Momentum stands still, too, where there is no gradient."""
    steps = 10 if trial.quick else 50
    with trial.case("train", call=f"train({steps})") as case:
        program = opened(trial, "shared_weights")
        sizes = program.INPUTS, program.HIDDEN, program.OUTPUTS
        begun = program.start(program.DynamicNet(*sizes), seed=1)
        values = [array.astype(float) for array in arrays(trial, begun)]
        x, y = (trial.read(tensor).astype(float) for tensor in program.data(device))
        speeds, want, depths = [np.zeros_like(value) for value in values], [], random.Random(10)
        for _ in range(steps):
            loss, grads = summed(depths.randint(0, 3), x, y, values)
            want.append(loss)
            for value, speed, grad in zip(values, speeds, grads, strict=True):
                if grad is not None:
                    speed *= 0.5
                    speed += grad
                    value -= 1e-3 * speed
        model, losses = program.train(steps, device)
        follows(case, losses, want, 1e-4)
        match(case, model, values, 1e-4, "parameter")
        case.holds("loss", np.mean(losses[-5:]) < 0.7 * losses[0], "falling", str((losses[0], losses[-5:])))
