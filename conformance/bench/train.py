"""Training steps, written with tensors and autograd alone and with modules and an optimizer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from conformance.bench.task import Timed, fill, tensor, uniform
from conformance.law.descent import convolution, cross_entropy, dense, flatten, gradients, pooling, relu

BATCH, PIXELS, HIDDEN, CLASSES = 64, 784, 256, 10
RATE = 0.1
LENET = ((6, 1, 5, 5), (6,), (16, 6, 5, 5), (16,), (120, 400), (120,), (84, 120), (84,), (CLASSES, 84), (CLASSES,))


def mlp(torch: Any, device: str) -> Timed:
    """One step of gradient descent of a 784-256-10 perceptron on a batch of 64."""
    arrays = _parameters()
    images, targets = uniform("mlp.images", (BATCH, PIXELS), 0.0, 1.0), np.eye(CLASSES)[np.arange(BATCH) % CLASSES]
    x, onehot = tensor(torch, images, device), tensor(torch, targets, device)
    parameters = [tensor(torch, array, device).requires_grad_() for array in arrays]
    w1, b1, w2, b2 = parameters

    def call() -> Any:
        hidden = torch.clamp(x @ w1 + b1, min=0)
        scores = hidden @ w2 + b2
        shifted = scores - torch.max(scores, dim=1, keepdim=True)[0].detach()
        log_probabilities = shifted - torch.log(torch.sum(torch.exp(shifted), dim=1, keepdim=True))
        loss = -torch.sum(log_probabilities * onehot) / BATCH
        loss.backward()
        with torch.no_grad():
            for parameter in parameters:
                parameter -= RATE * parameter.grad
                parameter.grad = None
        return (loss.detach(), *[parameter.detach() for parameter in parameters])

    return Timed(call, _step(images, targets, *arrays), 1e-4)


def mlp_modules(torch: Any, device: str) -> Timed:
    """The same step with modules, cross entropy and an optimizer."""
    w1, b1, w2, b2 = _parameters()
    images, targets = uniform("mlp.images", (BATCH, PIXELS), 0.0, 1.0), np.arange(BATCH) % CLASSES
    nn = torch.nn
    net = nn.Sequential(nn.Linear(PIXELS, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, CLASSES)).to(device)
    fill(torch, net, (w1.T, b1, w2.T, b2), device)
    optimizer = torch.optim.SGD(net.parameters(), lr=RATE)
    x, classes = tensor(torch, images, device), torch.tensor(targets.tolist(), device=device)

    def call() -> Any:
        loss = nn.functional.cross_entropy(net(x), classes)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return (loss.detach(), *[parameter.detach() for parameter in net.parameters()])

    loss, *stepped = _step(images, np.eye(CLASSES)[targets], w1, b1, w2, b2)
    return Timed(call, (loss, *[array.T for array in stepped]), 1e-4)


def lenet(torch: Any, device: str) -> Timed:
    """LeNet on a batch of 64 images, 32 by 32: loss and every gradient."""
    nn = torch.nn
    convolutions = (nn.Conv2d(1, 6, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2))
    perceptron = (nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, CLASSES))
    net = nn.Sequential(*convolutions, nn.Flatten(), *perceptron).to(device)
    arrays = [uniform(f"lenet.{shape}", shape, -0.2, 0.2) for shape in LENET]
    fill(torch, net, arrays, device)
    images, targets = uniform("lenet.images", (BATCH, 1, 32, 32), 0.0, 1.0), np.arange(BATCH) % CLASSES
    x, classes = tensor(torch, images, device), torch.tensor(targets.tolist(), device=device)
    parameters = list(net.parameters())

    def call() -> Any:
        net.zero_grad()
        loss = nn.functional.cross_entropy(net(x), classes)
        loss.backward()
        return (loss.detach(), *[parameter.grad for parameter in parameters])

    return Timed(call, _lenet(images, targets, arrays), 1e-4)


def adam(torch: Any, device: str) -> Timed:
    """One step of Adam for the ten parameters of LeNet, after two steps with other gradients."""
    arrays = [uniform(f"lenet.{shape}", shape, -0.2, 0.2) for shape in LENET]
    gradients = [[uniform(f"adam.{i}.{shape}", shape) for shape in LENET] for i in range(3)]
    parameters = [tensor(torch, array, device).requires_grad_() for array in arrays]
    optimizer = torch.optim.Adam(parameters, lr=RATE)

    def arrive(step: int) -> None:
        for parameter, gradient in zip(parameters, gradients[step], strict=True):
            parameter.grad = tensor(torch, gradient, device)

    def call() -> Any:
        optimizer.step()
        return tuple([parameter.detach() for parameter in parameters])

    for step in range(2):
        arrive(step)
        optimizer.step()
    arrive(2)
    want = [_adam(array, list(own)) for array, own in zip(arrays, zip(*gradients, strict=True), strict=True)]
    return Timed(call, tuple(want), 1e-5)


def _adam(p: np.ndarray, gradients: list[np.ndarray]) -> np.ndarray:
    """The parameter after a step for each gradient: Kingma and Ba 2015, algorithm 1."""
    m = v = np.zeros(p.shape)
    for t, g in enumerate(gradients, 1):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        p = p - RATE * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    return p


def _lenet(images: np.ndarray, classes: np.ndarray, arrays: Sequence[np.ndarray]) -> tuple[np.ndarray, ...]:
    """The loss and the gradients in the order of the parameters."""
    w1, b1, w2, b2, *others = arrays
    first = [convolution(w1, b1, border=0), relu, pooling, convolution(w2, b2, border=0), relu, pooling, flatten]
    w3, b3, w4, b4, w5, b5 = others
    layers = [*first, dense(w3, b3), relu, dense(w4, b4), relu, dense(w5, b5)]
    loss, found = gradients(layers, images, classes, cross_entropy)
    return (np.asarray(loss), *found)


def _parameters() -> tuple[np.ndarray, ...]:
    shapes = {"w1": (PIXELS, HIDDEN), "b1": (HIDDEN,), "w2": (HIDDEN, CLASSES), "b2": (CLASSES,)}
    return tuple(uniform(f"mlp.{name}", shape, -0.05, 0.05) for name, shape in shapes.items())


def _step(
    x: np.ndarray, onehot: np.ndarray, w1: np.ndarray, b1: np.ndarray, w2: np.ndarray, b2: np.ndarray
) -> tuple[np.ndarray, ...]:
    """The loss before the step and the parameters after it, by the derivatives worked out on paper."""
    hidden = np.maximum(x @ w1 + b1, 0)
    scores = np.exp(hidden @ w2 + b2)
    probabilities = scores / scores.sum(axis=1, keepdims=True)
    loss = -np.sum(np.log(probabilities) * onehot) / BATCH
    d_scores = (probabilities - onehot) / BATCH
    d_hidden = (d_scores @ w2.T) * (hidden > 0)
    gradients = (x.T @ d_hidden, d_hidden.sum(axis=0), hidden.T @ d_scores, d_scores.sum(axis=0))
    stepped = [array - RATE * gradient for array, gradient in zip((w1, b1, w2, b2), gradients, strict=True)]
    return (np.asarray(loss), *stepped)
