"""Training steps written with tensors and autograd alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from conformance.bench.task import Timed, tensor, uniform

BATCH, PIXELS, HIDDEN, CLASSES = 64, 784, 256, 10
RATE = 0.1


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
