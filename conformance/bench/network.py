"""Layers of a convolutional network in NumPy, forward and backward: what benchmarks are held to, not what they time.

Images are (batch, channels, height, width). Each backward takes the gradient that arrives and what the forward took.
"""

from __future__ import annotations

import numpy as np


def convolve(x: np.ndarray, weight: np.ndarray, bias: np.ndarray, padding: int = 0) -> np.ndarray:
    """Cross-correlation with stride 1, one element of the kernel at a time."""
    padded = _padded(x, padding)
    height, width = (padded.shape[axis] - weight.shape[axis] + 1 for axis in (2, 3))
    result: np.ndarray = np.zeros((len(x), len(weight), height, width)) + bias[:, None, None]
    for i, j in np.ndindex(*weight.shape[2:]):
        part = padded[:, :, i : i + height, j : j + width]
        result += np.tensordot(part, weight[:, :, i, j], ([1], [1])).transpose(0, 3, 1, 2)
    return result


def convolve_back(
    flow: np.ndarray, x: np.ndarray, weight: np.ndarray, padding: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The gradients of images, weight and bias."""
    padded = _padded(x, padding)
    height, width = flow.shape[2:]
    by_padded, by_weight = np.zeros(padded.shape), np.zeros(weight.shape)
    for i, j in np.ndindex(*weight.shape[2:]):
        place = np.s_[:, :, i : i + height, j : j + width]
        by_padded[place] += np.tensordot(flow, weight[:, :, i, j], ([1], [0])).transpose(0, 3, 1, 2)
        by_weight[:, :, i, j] = np.tensordot(flow, padded[place], ([0, 2, 3], [0, 2, 3]))
    edge = np.s_[:, :, padding : padding + x.shape[2], padding : padding + x.shape[3]]
    return by_padded[edge], by_weight, flow.sum((0, 2, 3))


def pool(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The largest of every 2 by 2, and its index in the plane."""
    batch, channels, height, width = x.shape
    windows = x.reshape(batch, channels, height // 2, 2, width // 2, 2).swapaxes(3, 4).reshape(*x.shape[:2], -1, 4)
    places = np.arange(height * width).reshape(height // 2, 2, width // 2, 2).swapaxes(1, 2).reshape(-1, 4)
    chosen = windows.argmax(-1)
    indices = np.take_along_axis(places[None, None], chosen[..., None], -1)[..., 0]
    shape = (batch, channels, height // 2, width // 2)
    return windows.max(-1).reshape(shape), indices.reshape(shape)


def pool_back(flow: np.ndarray, indices: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The gradient of the images: what arrives goes to the element that was chosen."""
    planes = np.zeros((*shape[:2], shape[2] * shape[3]))
    np.put_along_axis(planes, indices.reshape(*shape[:2], -1), flow.reshape(*shape[:2], -1), -1)
    return planes.reshape(shape)


def cross_entropy(scores: np.ndarray, classes: np.ndarray) -> tuple[float, np.ndarray]:
    """The mean over the batch, and its gradient to the scores."""
    rows = np.arange(len(scores))
    probabilities = np.exp(scores - scores.max(1, keepdims=True))
    probabilities /= probabilities.sum(1, keepdims=True)
    loss = float(-np.log(probabilities[rows, classes]).mean())
    probabilities[rows, classes] -= 1
    return loss, probabilities / len(scores)


def _padded(x: np.ndarray, padding: int) -> np.ndarray:
    return np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
