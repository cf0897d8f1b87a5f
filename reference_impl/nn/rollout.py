"""A recurrent layer over all steps of a batch as one node: the loop over the steps runs on arrays, and the gradient of
the weights is one product instead of one for each step (backpropagation through time: P. Werbos, Proceedings of the
IEEE 78, 1990).

Where the gradient is to be differentiated again it is that of the steps one by one, which are operations.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd.gradients import grad as gradients
from ..autograd.node import Gradients, Node
from ..exponential import logistic
from ..gradmode import MODE
from ..op import record_many
from ..promote import same_device
from ..quiet import quiet
from ..storage import Array
from ..tensor import Tensor, wrap
from .gates import gru_slopes, lstm_slopes, parts

Arrays = tuple[Array, ...]
Composed = Callable[..., tuple[Tensor, ...]]


def _lstm(inputs: Array, weight: Array, bias: Any, state: Arrays) -> tuple[Arrays, Arrays]:
    """The results, and what the way back needs."""
    hidden, cell = state
    steps, batch, size = len(inputs), *hidden.shape
    turned = np.ascontiguousarray(weight.T)
    units = np.empty((steps, batch, 4 * size), inputs.dtype)
    outputs, cells, bent = (np.empty((steps, batch, size), inputs.dtype) for _ in range(3))
    for t in range(steps):
        gates = hidden @ turned
        gates += inputs[t]
        units[t] = logistic(gates)
        units[t, :, 2 * size : 3 * size] = np.tanh(gates[:, 2 * size : 3 * size])
        i, f, g, o = parts(units[t], 4)
        cell = np.add(f * cell, i * g, out=cells[t])
        hidden = np.multiply(o, np.tanh(cell, out=bent[t]), out=outputs[t])
    return (outputs.copy(), outputs[-1].copy(), cells[-1].copy()), (outputs, units, cells, bent)


def _lstm_back(weight: Array, state: Arrays, kept: Arrays, flows: Arrays) -> tuple[Any, ...]:
    outputs, units, cells, bent = kept
    to_outputs, to_hidden, to_cell = flows
    slopes = np.empty_like(units)
    for t in range(len(units) - 1, -1, -1):
        before = cells[t - 1] if t else state[1]
        *found, to_cell = lstm_slopes(parts(units[t], 4), before, bent[t], to_outputs[t] + to_hidden, to_cell)
        np.concatenate(found, 1, out=slopes[t])
        to_hidden = slopes[t] @ weight
    return slopes, _to_weight(slopes, state[0], outputs), None, to_hidden, to_cell


def _gru(inputs: Array, weight: Array, bias: Any, state: Arrays) -> tuple[Arrays, Arrays]:
    hidden = state[0]
    steps, batch, size = len(inputs), *hidden.shape
    turned = np.ascontiguousarray(weight.T)
    units = np.empty((steps, batch, 3 * size), inputs.dtype)
    outputs, candidates = (np.empty((steps, batch, size), inputs.dtype) for _ in range(2))
    for t in range(steps):
        own = hidden @ turned
        if bias is not None:
            own += bias
        candidates[t] = own[:, 2 * size :]
        units[t, :, : 2 * size] = logistic(inputs[t, :, : 2 * size] + own[:, : 2 * size])
        r, z, n = parts(units[t], 3)
        np.tanh(inputs[t, :, 2 * size :] + r * candidates[t], out=n)
        hidden = np.add(n, z * (hidden - n), out=outputs[t])
    return (outputs.copy(), outputs[-1].copy()), (outputs, units, candidates)


def _gru_back(weight: Array, state: Arrays, kept: Arrays, flows: Arrays) -> tuple[Any, ...]:
    outputs, units, candidates = kept
    to_outputs, to_hidden = flows
    slopes, own = np.empty_like(units), np.empty_like(units)
    for t in range(len(units) - 1, -1, -1):
        before = outputs[t - 1] if t else state[0]
        found = gru_slopes(parts(units[t], 3), before, candidates[t], to_outputs[t] + to_hidden)
        np.concatenate(found[:3], 1, out=slopes[t])
        np.concatenate((*found[:2], found[3]), 1, out=own[t])
        to_hidden = own[t] @ weight + found[4]
    return slopes, _to_weight(own, state[0], outputs), own.sum((0, 1)), to_hidden


def _elman(bend: Any, inputs: Array, weight: Array, bias: Any, state: Arrays) -> tuple[Arrays, Arrays]:
    hidden = state[0]
    turned = np.ascontiguousarray(weight.T)
    outputs = np.empty((len(inputs), *hidden.shape), inputs.dtype)
    for t in range(len(inputs)):
        hidden = bend(hidden @ turned + inputs[t], outputs[t])
    return (outputs.copy(), outputs[-1].copy()), (outputs,)


def _elman_back(slope: Any, weight: Array, state: Arrays, kept: Arrays, flows: Arrays) -> tuple[Any, ...]:
    (outputs,) = kept
    to_outputs, to_hidden = flows
    slopes = np.empty_like(outputs)
    for t in range(len(outputs) - 1, -1, -1):
        slopes[t] = slope(to_outputs[t] + to_hidden, outputs[t])
        to_hidden = slopes[t] @ weight
    return slopes, _to_weight(slopes, state[0], outputs), None, to_hidden


def _to_weight(slopes: Array, first: Array, outputs: Array) -> Array:
    """The gradient of the weight, from those of the gates and the states before each step."""
    before = np.concatenate((first[None], outputs[:-1]))
    product: Array = slopes.reshape(-1, slopes.shape[2]).T @ before.reshape(-1, before.shape[2])
    return product


def _tanh(*given: Any) -> Any:
    return _elman(lambda array, out: np.tanh(array, out=out), *given)


def _tanh_back(*given: Any) -> Any:
    return _elman_back(lambda flow, result: flow * (1 - result * result), *given)


def _relu(*given: Any) -> Any:
    return _elman(lambda array, out: np.maximum(array, 0, out=out), *given)


def _relu_back(*given: Any) -> Any:
    return _elman_back(lambda flow, result: np.where(result <= 0, 0, flow), *given)


WAYS = {"lstm": (_lstm, _lstm_back), "gru": (_gru, _gru_back), "tanh": (_tanh, _tanh_back), "relu": (_relu, _relu_back)}


class MkldnnRnnLayerBackward0(Node):
    """The inputs are the projected input, the weight and bias of the state, and the first states; `args` are the name
    of the unit, how many states it has, and the same function as operations."""

    __slots__ = ()

    def gradient(self, *flows: Tensor) -> Gradients:
        name, count, composed = self.args
        saved = self.tensors()
        inputs, kept = saved[: 3 + count], saved[3 + count :]
        if MODE.grad:
            return _recorded(self, composed, inputs, flows)
        d, device = inputs[0]._dtype, inputs[0]._device
        arrays = [None if t is None else t._array for t in inputs]
        state, known = tuple(arrays[3:]), tuple(t._array for t in kept)
        found = quiet(WAYS[name][1], arrays[1], state, known, tuple(t._array for t in flows))
        return tuple([None if a is None or not self.needs(i) else wrap(a, d, device) for i, a in enumerate(found)])


def _recorded(node: Node, composed: Composed, inputs: list[Any], flows: tuple[Tensor, ...]) -> Gradients:
    """The gradients as operations: those of the composition, from tensors of its own, on which nobody has hooks."""
    own = [None if t is None else t.view_as(t) for t in inputs]
    wanted = [i for i in range(len(own)) if node.needs(i)]
    found = gradients(composed(*own), [own[i] for i in wanted], flows, create_graph=True, allow_unused=True)
    return tuple([found[wanted.index(i)] if i in wanted else None for i in range(len(own))])


def rolled(
    name: str, composed: Composed, inputs: Tensor, weight: Tensor, bias: Tensor | None, state: tuple[Tensor, ...]
) -> tuple[Tensor, ...]:
    """The outputs `(steps, N, H)` and the last states of a unit over projected inputs `(steps, N, gates * H)`;
    `composed` gives the same of the same tensors, made of operations."""
    given = (inputs, weight, bias, *state)
    d, device = inputs._dtype, same_device(*[t for t in given if t is not None])
    arrays = [None if t is None else t._array for t in given]
    results, kept = quiet(WAYS[name][0], *arrays[:3], tuple(arrays[3:]))
    saved = (*given, *[wrap(array, d, device) for array in kept])
    pairs = [(array, d) for array in results]
    return record_many(MkldnnRnnLayerBackward0, pairs, device, given, saved, (name, len(state), composed))
