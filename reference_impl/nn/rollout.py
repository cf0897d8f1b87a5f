"""A recurrent layer over all steps as one node: the loop over the steps runs on arrays, and the gradient of
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
from .gates import gru_factors, lstm_factors, parts

Arrays = tuple[Array, ...]
Spans = list[tuple[slice, int]]
"""The rows of each step, in the order in which the steps are read, and how many there are. The longest sequences come
first: those that have ended keep their last state, and those that have not begun their first one."""
Composed = Callable[..., tuple[Tensor, ...]]


def _lstm(spans: Spans, inputs: Array, weight: Array, bias: Any, first: Arrays) -> tuple[Arrays, Arrays]:
    """The results, and what the way back needs."""
    hidden, cell = (t.copy() for t in first)
    size = hidden.shape[1]
    turned = np.ascontiguousarray(weight.T)
    units = np.empty((len(inputs), 4 * size), inputs.dtype)
    outputs, before, cells, bent = (np.empty((len(inputs), size), inputs.dtype) for _ in range(4))
    for rows, n in spans:
        before[rows], cells[rows] = hidden[:n], cell[:n]
        gates = hidden[:n] @ turned
        gates += inputs[rows]
        units[rows] = logistic(gates)
        units[rows, 2 * size : 3 * size] = np.tanh(gates[:, 2 * size : 3 * size])
        i, f, g, o = parts(units[rows], 4)
        cell[:n] = f * cells[rows] + i * g
        hidden[:n] = np.multiply(o, np.tanh(cell[:n], out=bent[rows]), out=outputs[rows])
    return (outputs, hidden, cell), (before, units, cells, bent)


def _lstm_back(spans: Spans, weight: Array, kept: Arrays, flows: Arrays) -> tuple[Any, ...]:
    before, units, cells, bent = kept
    to_outputs, to_hidden, to_cell = flows[0], flows[1].copy(), flows[2].copy()
    *of_state, of_result, new = lstm_factors(parts(units, 4), cells, bent)
    factors, forgotten = np.stack(of_state, 1), parts(units, 4)[1]
    slopes = np.empty_like(units)
    by_gate = slopes.reshape(len(slopes), 4, slopes.shape[-1] // 4)
    for rows, n in reversed(spans):
        flow = to_outputs[rows] + to_hidden[:n]
        np.multiply(flow, of_result[rows], out=by_gate[rows, 3])
        flow *= new[rows]
        flow += to_cell[:n]
        np.multiply(flow[:, None], factors[rows], out=by_gate[rows, :3])
        np.multiply(flow, forgotten[rows], out=to_cell[:n])
        to_hidden[:n] = slopes[rows] @ weight
    return slopes, slopes.T @ before, None, to_hidden, to_cell


def _gru(spans: Spans, inputs: Array, weight: Array, bias: Any, first: Arrays) -> tuple[Arrays, Arrays]:
    hidden = first[0].copy()
    size = hidden.shape[1]
    turned = np.ascontiguousarray(weight.T)
    units = np.empty((len(inputs), 3 * size), inputs.dtype)
    outputs, before, candidates = (np.empty((len(inputs), size), inputs.dtype) for _ in range(3))
    for rows, n in spans:
        before[rows] = hidden[:n]
        own = hidden[:n] @ turned
        if bias is not None:
            own += bias
        candidates[rows] = own[:, 2 * size :]
        units[rows, : 2 * size] = logistic(inputs[rows, : 2 * size] + own[:, : 2 * size])
        r, z, new = parts(units[rows], 3)
        np.tanh(inputs[rows, 2 * size :] + r * candidates[rows], out=new)
        hidden[:n] = np.add(new, z * (before[rows] - new), out=outputs[rows])
    return (outputs, hidden), (before, units, candidates)


def _gru_back(spans: Spans, weight: Array, kept: Arrays, flows: Arrays) -> tuple[Any, ...]:
    before, units, candidates = kept
    to_outputs, to_hidden = flows[0], flows[1].copy()
    r, z, _ = parts(units, 3)
    factors = np.stack(gru_factors(parts(units, 3), before, candidates), 1)
    slopes = np.empty_like(units)
    by_gate = slopes.reshape(factors.shape)
    own = np.empty_like(units)
    for rows, n in reversed(spans):
        flow = to_outputs[rows] + to_hidden[:n]
        np.multiply(flow[:, None], factors[rows], out=by_gate[rows])
        own[rows] = slopes[rows]
        own[rows, 2 * r.shape[1] :] *= r[rows]
        np.add(own[rows] @ weight, flow * z[rows], out=to_hidden[:n])
    return slopes, own.T @ before, own.sum(0), to_hidden


def _elman(bend: Any, spans: Spans, inputs: Array, weight: Array, bias: Any, first: Arrays) -> tuple[Arrays, Arrays]:
    hidden = first[0].copy()
    turned = np.ascontiguousarray(weight.T)
    outputs, before = (np.empty((len(inputs), hidden.shape[1]), inputs.dtype) for _ in range(2))
    for rows, n in spans:
        before[rows] = hidden[:n]
        hidden[:n] = bend(hidden[:n] @ turned + inputs[rows], outputs[rows])
    return (outputs, hidden), (before, outputs.copy())


def _elman_back(slope: Any, spans: Spans, weight: Array, kept: Arrays, flows: Arrays) -> tuple[Any, ...]:
    before, results = kept
    to_outputs, to_hidden = flows[0], flows[1].copy()
    slopes = np.empty_like(results)
    for rows, n in reversed(spans):
        slopes[rows] = slope(to_outputs[rows] + to_hidden[:n], results[rows])
        to_hidden[:n] = slopes[rows] @ weight
    return slopes, slopes.T @ before, None, to_hidden


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
    of the unit, how many states it has, the rows of the steps, and the same function as operations."""

    __slots__ = ()

    def gradient(self, *flows: Tensor) -> Gradients:
        name, count, spans, composed = self.args
        saved = self.tensors()
        inputs, kept = saved[: 3 + count], saved[3 + count :]
        if MODE.grad:
            return _recorded(self, composed, inputs, flows)
        d, device = inputs[0]._dtype, inputs[0]._device
        known = tuple([t._array for t in kept])
        found = quiet(WAYS[name][1], spans, inputs[1]._array, known, tuple([t._array for t in flows]))
        return tuple([None if a is None or not self.needs(i) else wrap(a, d, device) for i, a in enumerate(found)])


def _recorded(node: Node, composed: Composed, inputs: list[Any], flows: tuple[Tensor, ...]) -> Gradients:
    """The gradients as operations: those of the composition, from tensors of its own, on which nobody has hooks."""
    own = [None if t is None else t.view_as(t) for t in inputs]
    wanted = [i for i in range(len(own)) if node.needs(i)]
    found = gradients(composed(*own), [own[i] for i in wanted], flows, create_graph=True, allow_unused=True)
    return tuple([found[wanted.index(i)] if i in wanted else None for i in range(len(own))])


def rolled(
    name: str,
    sizes: list[int],
    back: bool,
    composed: Composed,
    inputs: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    state: tuple[Tensor, ...],
) -> tuple[Tensor, ...]:
    """The outputs `(rows, H)` and the last states of a unit over projected inputs `(rows, gates * H)`, of which each
    step has so many; read from the last step to the first with `back`. `composed` gives the same of the same tensors,
    made of operations."""
    ends = np.cumsum(sizes).tolist()
    spans = [(slice(end - n, end), n) for end, n in zip(ends, sizes, strict=True)]
    spans = spans[::-1] if back else spans
    given = (inputs, weight, bias, *state)
    d, device = inputs._dtype, same_device(*[t for t in given if t is not None])
    arrays = [None if t is None else t._array for t in given]
    results, kept = quiet(WAYS[name][0], spans, *arrays[:3], tuple(arrays[3:]))
    saved = (*given, *[wrap(array, d, device) for array in kept])
    pairs = [(array, d) for array in results]
    return record_many(MkldnnRnnLayerBackward0, pairs, device, given, saved, (name, len(state), spans, composed))
