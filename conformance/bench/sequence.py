"""Recurrent layers, forward and backward."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from conformance.bench.task import Timed, fill, tensor, uniform

STEPS, BATCH, WIDTH, HIDDEN = 32, 16, 32, 64
SHAPES = ((4 * HIDDEN, WIDTH), (4 * HIDDEN, HIDDEN), (4 * HIDDEN,), (4 * HIDDEN,))


def lstm(torch: Any, device: str) -> Timed:
    """32 steps of a long short-term memory of 64 cells on a batch of 16, forward and backward."""
    layer = torch.nn.LSTM(WIDTH, HIDDEN).to(device)
    arrays = [uniform(f"lstm.{i}", shape, -0.3, 0.3) for i, shape in enumerate(SHAPES)]
    fill(torch, layer, arrays, device)
    inputs, flow = uniform("lstm.inputs", (STEPS, BATCH, WIDTH)), uniform("lstm.flow", (STEPS, BATCH, HIDDEN))
    x, arriving = tensor(torch, inputs, device).requires_grad_(), tensor(torch, flow, device)
    parameters = list(layer.parameters())

    def call() -> Any:
        x.grad = None
        layer.zero_grad()
        y, _ = layer(x)
        y.backward(arriving)
        return (y.detach(), x.grad, *[parameter.grad for parameter in parameters])

    return Timed(call, _lstm(inputs, flow, arrays), 1e-4)


def _lstm(x: np.ndarray, flow: np.ndarray, arrays: Sequence[np.ndarray]) -> tuple[np.ndarray, ...]:
    """The outputs, and the gradients of the inputs and of the parameters, step by step and back again."""
    by_input, by_state, *biases = arrays
    hidden = cell = np.zeros((BATCH, HIDDEN))
    outputs, kept = [], []
    for step in x:
        i, f, g, o = np.split(step @ by_input.T + hidden @ by_state.T + sum(biases), 4, 1)
        i, f, o = (1 / (1 + np.exp(-gate)) for gate in (i, f, o))
        before, cell = cell, f * cell + i * np.tanh(g)
        kept.append((step, hidden, before, cell, i, f, np.tanh(g), o))
        hidden = o * np.tanh(cell)
        outputs.append(hidden)
    to_hidden = to_cell = np.zeros((BATCH, HIDDEN))
    to_x, to_input, to_state, to_bias = [], np.zeros(by_input.shape), np.zeros(by_state.shape), np.zeros(4 * HIDDEN)
    for arriving, (step, hidden, before, cell, i, f, g, o) in zip(flow[::-1], reversed(kept), strict=True):
        to_hidden = to_hidden + arriving
        to_cell = to_cell + to_hidden * o * (1 - np.tanh(cell) ** 2)
        slopes = (to_cell * g * i * (1 - i), to_cell * before * f * (1 - f), to_cell * i * (1 - g * g))
        gates = np.concatenate((*slopes, to_hidden * np.tanh(cell) * o * (1 - o)), 1)
        to_input, to_state, to_bias = to_input + gates.T @ step, to_state + gates.T @ hidden, to_bias + gates.sum(0)
        to_x.append(gates @ by_input)
        to_hidden, to_cell = gates @ by_state, to_cell * f
    return np.stack(outputs), np.stack(to_x[::-1]), to_input, to_state, to_bias, to_bias
