"""Layers of neural networks as functions, forward and backward."""

from __future__ import annotations

from typing import Any

import numpy as np

from conformance.bench.task import Timed, tensor, uniform

BATCH, CHANNELS, SIDE = 8, 16, 28
ROWS, WIDTH = 512, 64
EPS = 1e-5


def conv2d(torch: Any, device: str) -> Timed:
    """Convolution of 8 images of 16 channels, 28 by 28, with 16 kernels of 3 by 3, forward and backward."""
    shape, kernels = (BATCH, CHANNELS, SIDE, SIDE), (CHANNELS, CHANNELS, 3, 3)
    arrays = uniform("conv2d.images", shape), uniform("conv2d.weight", kernels), uniform("conv2d.bias", (CHANNELS,))
    flow = uniform("conv2d.flow", shape)
    x, w, b = (tensor(torch, array, device).requires_grad_() for array in arrays)
    arriving = tensor(torch, flow, device)

    def call() -> Any:
        x.grad = w.grad = b.grad = None
        y = torch.nn.functional.conv2d(x, w, b, padding=1)
        y.backward(arriving)
        return y.detach(), x.grad, w.grad, b.grad

    return Timed(call, _convolved(*arrays, flow), 1e-5)


def _convolved(x: np.ndarray, w: np.ndarray, b: np.ndarray, flow: np.ndarray) -> tuple[np.ndarray, ...]:
    """The result and the gradients of images, weight and bias, one element of the kernel at a time."""
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    result, by_padded, by_weight = b[:, None, None] + np.zeros(flow.shape), np.zeros(padded.shape), np.zeros(w.shape)
    for i, j in np.ndindex(3, 3):
        place = np.s_[:, :, i : i + SIDE, j : j + SIDE]
        result += np.einsum("ncuv,oc->nouv", padded[place], w[:, :, i, j])
        by_padded[place] += np.einsum("nouv,oc->ncuv", flow, w[:, :, i, j])
        by_weight[:, :, i, j] = np.tensordot(flow, padded[place], ([0, 2, 3], [0, 2, 3]))
    return result, by_padded[:, :, 1:-1, 1:-1], by_weight, flow.sum((0, 2, 3))


def layer_norm(torch: Any, device: str) -> Timed:
    """512 rows of 64 elements normalised, with weight and bias, forward and backward."""
    arrays = (
        uniform("layer_norm.rows", (ROWS, WIDTH)),
        uniform("layer_norm.weight", (WIDTH,)),
        uniform("layer_norm.bias", (WIDTH,)),
    )
    flow = uniform("layer_norm.flow", (ROWS, WIDTH))
    x, w, b = (tensor(torch, array, device).requires_grad_() for array in arrays)
    arriving = tensor(torch, flow, device)

    def call() -> Any:
        x.grad = w.grad = b.grad = None
        y = torch.nn.functional.layer_norm(x, (WIDTH,), w, b, EPS)
        y.backward(arriving)
        return y.detach(), x.grad, w.grad, b.grad

    return Timed(call, _normalised(*arrays, flow), 1e-5)


def _normalised(x: np.ndarray, w: np.ndarray, b: np.ndarray, flow: np.ndarray) -> tuple[np.ndarray, ...]:
    """The result and the gradients of rows, weight and bias, by the derivatives worked out on paper."""
    deviation = np.sqrt(x.var(1, keepdims=True) + EPS)
    normal = (x - x.mean(1, keepdims=True)) / deviation
    inner = flow * w
    by_rows = inner - inner.mean(1, keepdims=True) - normal * (inner * normal).mean(1, keepdims=True)
    return normal * w + b, by_rows / deviation, (flow * normal).sum(0), flow.sum(0)
