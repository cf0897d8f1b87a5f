"""Networks and their training in NumPy and double precision, by derivatives worked out on paper.

A layer is a function that returns its output and the way back: from the gradient of the output to the gradient of the
input and those of the layer's own parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

Array = np.ndarray
Back = Callable[[Array], tuple[Array, list[Array]]]
Layer = Callable[[Array], tuple[Array, Back]]
Loss = Callable[[Array, Array], tuple[float, Array]]


def dense(weight: Array, bias: Array | None = None) -> Layer:
    """x wᵀ + b of rows."""

    def layer(x: Array) -> tuple[Array, Back]:
        y = x @ weight.T if bias is None else x @ weight.T + bias
        return y, lambda g: (g @ weight, [g.T @ x] if bias is None else [g.T @ x, g.sum(axis=0)])

    return layer


def relu(x: Array) -> tuple[Array, Back]:
    """The positive part."""
    return np.maximum(x, 0), lambda g: (g * (x > 0), [])


def clamped(x: Array) -> tuple[Array, Back]:
    """The positive part as `clamp(min=0)` has it, which passes the gradient at zero itself."""
    return np.maximum(x, 0), lambda g: (g * (x >= 0), [])


def tanh(x: Array) -> tuple[Array, Back]:
    """The hyperbolic tangent, whose derivative is 1 - tanh²."""
    y = np.tanh(x)
    return y, lambda g: (g * (1 - y * y), [])


def flatten(x: Array) -> tuple[Array, Back]:
    """Rows of numbers."""
    return x.reshape(len(x), -1), lambda g: (g.reshape(x.shape), [])


def convolution(weight: Array, bias: Array, border: int = 1) -> Layer:
    """Kernels over (N, C, H, W) with a border of zeros: the sum over each window."""

    def layer(x: Array) -> tuple[Array, Back]:
        padded = np.pad(x, ((0, 0), (0, 0), (border, border), (border, border)))
        windows = sliding_window_view(padded, weight.shape[2:], axis=(2, 3))
        y = np.tensordot(windows, weight, ([1, 4, 5], [1, 2, 3])).transpose(0, 3, 1, 2) + bias[:, None, None]

        def back(g: Array) -> tuple[Array, list[Array]]:
            spread = np.zeros_like(padded)
            height, width = g.shape[2:]
            for i, j in np.ndindex(*weight.shape[2:]):
                part = np.tensordot(g, weight[:, :, i, j], ([1], [0])).transpose(0, 3, 1, 2)
                spread[:, :, i : i + height, j : j + width] += part
            inner = spread[:, :, border : border + x.shape[2], border : border + x.shape[3]]
            return inner, [np.tensordot(g, windows, ([0, 2, 3], [0, 2, 3])), g.sum(axis=(0, 2, 3))]

        return y, back

    return layer


def pooling(x: Array) -> tuple[Array, Back]:
    """The largest of each two by two; the gradient goes to the first of them."""
    n, c, height, width = x.shape
    blocks = x.reshape(n, c, height // 2, 2, width // 2, 2).transpose(0, 1, 2, 4, 3, 5).reshape(n, c, -1, 4)
    chosen = blocks.argmax(axis=3)[..., None]

    def back(g: Array) -> tuple[Array, list[Array]]:
        spread = np.zeros_like(blocks)
        np.put_along_axis(spread, chosen, g.reshape(n, c, -1, 1), axis=3)
        return spread.reshape(n, c, height // 2, width // 2, 2, 2).transpose(0, 1, 2, 4, 3, 5).reshape(x.shape), []

    return np.take_along_axis(blocks, chosen, axis=3).reshape(n, c, height // 2, width // 2), back


def squares(scores: Array, target: Array) -> tuple[float, Array]:
    """The sum of squared differences."""
    return float(np.square(scores - target).sum()), 2 * (scores - target)


def mean_square(scores: Array, target: Array) -> tuple[float, Array]:
    """Their mean."""
    loss, grad = squares(scores, target)
    return loss / scores.size, grad / scores.size


def cross_entropy(scores: Array, classes: Array) -> tuple[float, Array]:
    """The mean over rows of -log softmax at the class: the gradient is softmax minus one at the class."""
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    probabilities = shifted / shifted.sum(axis=1, keepdims=True)
    rows = np.arange(len(scores))
    loss = -np.log(probabilities[rows, classes]).mean()
    probabilities[rows, classes] -= 1
    return float(loss), probabilities / len(scores)


def logistic(scores: Array, target: Array) -> tuple[float, Array]:
    """The mean of log(1 + eˢ) - t s."""
    loss = np.logaddexp(0, scores) - target * scores
    return float(loss.mean()), (1 / (1 + np.exp(-scores)) - target) / scores.size


def gradients(layers: Sequence[Layer], x: Array, target: Array, loss_of: Loss) -> tuple[float, list[Array]]:
    """The loss, and the gradient of every parameter in the order of the layers."""
    backs = []
    for layer in layers:
        x, back = layer(x)
        backs.append(back)
    loss, grad = loss_of(x, target)
    found: list[Array] = []
    for back in reversed(backs):
        grad, own = back(grad)
        found = own + found
    return loss, found


def descent(
    network: Callable[..., Sequence[Layer]],
    parameters: Iterable[Any],
    data: Iterable[tuple[Array, Array]],
    loss_of: Loss,
    rate: float,
    momentum: float = 0.0,
) -> tuple[list[float], list[Array]]:
    """The loss of each batch and the parameters afterwards: `p -= rate * v`, where `v = momentum * v + gradient`."""
    now = [np.asarray(parameter, dtype=np.float64) for parameter in parameters]
    speeds = [np.zeros_like(parameter) for parameter in now]
    losses = []
    for x, target in data:
        loss, grads = gradients(network(*now), x, target, loss_of)
        losses.append(loss)
        speeds = [momentum * speed + grad for speed, grad in zip(speeds, grads, strict=True)]
        now = [parameter - rate * speed for parameter, speed in zip(now, speeds, strict=True)]
    return losses, now
