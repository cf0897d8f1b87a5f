"""Layers of neural networks as functions, forward and backward."""

from __future__ import annotations

from typing import Any

import numpy as np

from conformance.bench.task import Timed, tensor, uniform
from conformance.law.descent import convolution, pooling

BATCH, CHANNELS, SIDE = 8, 16, 28
LARGE = (16, 64, 56, 56)
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

    images, weight, bias = arrays
    result, back = convolution(weight, bias)(images)
    by_images, by_others = back(flow)
    return Timed(call, (result, by_images, *by_others), 1e-5)


def conv2d_large(torch: Any, device: str) -> Timed:
    """Convolution of 16 images of 64 channels, 56 by 56, with 64 kernels of 3 by 3, forward."""
    images, weight, bias = _large()
    x, w, b = (tensor(torch, array, device) for array in (images, weight, bias))
    result, _ = convolution(weight, bias)(images)
    return Timed(lambda: torch.nn.functional.conv2d(x, w, b, padding=1), (result,), 1e-5)


def conv2d_large_step(torch: Any, device: str) -> Timed:
    """The same convolution, forward and backward."""
    flow = uniform("conv2d_large.flow", LARGE)
    x, w, b = (tensor(torch, array, device).requires_grad_() for array in _large())
    arriving = tensor(torch, flow, device)

    def call() -> Any:
        x.grad = w.grad = b.grad = None
        torch.nn.functional.conv2d(x, w, b, padding=1).backward(arriving)
        return x.grad, w.grad, b.grad

    images, weight, bias = _large()
    by_images, by_others = convolution(weight, bias)(images)[1](flow)
    return Timed(call, (by_images, *by_others), 1e-5)


def _large() -> tuple[np.ndarray, ...]:
    kernels = (LARGE[1], LARGE[1], 3, 3)
    return tuple(uniform(f"conv2d_large.{shape}", shape) for shape in (LARGE, kernels, kernels[:1]))


def max_pool2d(torch: Any, device: str) -> Timed:
    """The largest of every 2 by 2 of 16 images of 64 channels, 56 by 56."""
    images = uniform("max_pool2d", LARGE)
    x = tensor(torch, images, device)
    return Timed(lambda: torch.nn.functional.max_pool2d(x, 2), (pooling(images)[0],), 0.0)


def max_pool2d_step(torch: Any, device: str) -> Timed:
    """The same pooling, forward and backward."""
    images = uniform("max_pool2d", LARGE)
    result, back = pooling(images)
    flow = uniform("max_pool2d.flow", result.shape)
    x, arriving = tensor(torch, images, device).requires_grad_(), tensor(torch, flow, device)

    def call() -> Any:
        x.grad = None
        y = torch.nn.functional.max_pool2d(x, 2)
        y.backward(arriving)
        return y.detach(), x.grad

    return Timed(call, (result, back(flow)[0]), 0.0)


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
