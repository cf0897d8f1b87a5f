"""Recurrent functions: a unit that is applied to one step of a sequence after the other, with what it keeps in between.

A unit is a function `step(inputs, state, weights)` of the projected input of one step, the state before it and the
weights of its layer; the state is a tuple of tensors whose first is the output.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ..addmm import addmm
from ..autocast import faster
from ..hollow import Hollow
from ..join import cat, stack
from ..tensor import Tensor
from .affine import linear
from .dropout import dropout as dropped
from .gates import gru_gates, lstm_gates
from .rollout import rolled

State = tuple[Tensor, ...]


class _Weights(NamedTuple):
    """Of one layer and direction. `turned` is the transpose of `hidden`, made once for all steps."""

    input: Tensor
    hidden: Tensor
    turned: Tensor
    input_bias: Tensor | None
    hidden_bias: Tensor | None
    projection: Tensor | None


Step = Callable[[Tensor, State, _Weights], State]


def _joined(inputs: Tensor, hidden: Tensor, w: _Weights) -> Tensor:
    """What input and state give to the gates together; the input brings both biases."""
    return addmm(inputs, hidden, w.turned)


def _tanh_step(inputs: Tensor, state: State, w: _Weights) -> State:
    return (_joined(inputs, state[0], w).tanh(),)


def _relu_step(inputs: Tensor, state: State, w: _Weights) -> State:
    return (_joined(inputs, state[0], w).relu(),)


def _lstm_step(inputs: Tensor, state: State, w: _Weights) -> State:
    hidden, cell = lstm_gates(_joined(inputs, state[0], w), state[1])
    return (hidden if w.projection is None else hidden @ w.projection.t()), cell


def _gru_step(inputs: Tensor, state: State, w: _Weights) -> State:
    return (gru_gates(inputs, linear(state[0], w.hidden, w.hidden_bias), state[0]),)


NAMES: dict[Step, str] = {_tanh_step: "tanh", _relu_step: "relu", _lstm_step: "lstm", _gru_step: "gru"}


def _projected(input: Tensor, w: _Weights, step: Step) -> Tensor:
    """What the inputs of all steps give to the gates. The bias of the state comes with it, unless a gate is between."""
    bias = w.input_bias
    if bias is not None and w.hidden_bias is not None and step is not _gru_step:
        bias = bias + w.hidden_bias
    return linear(input, w.input, bias)


def _forwards(step: Step, inputs: Sequence[Tensor], state: State, w: _Weights) -> tuple[list[Tensor], State]:
    """The outputs, and the last state of each sequence: of falling numbers of sequences, the shorter ones last."""
    outputs, ended = [], []
    for each in inputs:
        size = each._array.shape[0]
        if size < state[0]._array.shape[0]:
            ended.append(tuple(t[size:] for t in state))
            state = tuple(t[:size] for t in state)
        state = step(each, state, w)
        outputs.append(state[0])
    if ended:
        state = tuple(cat(parts) for parts in zip(state, *reversed(ended), strict=True))
    return outputs, state


def _backwards(step: Step, inputs: Sequence[Tensor], first: State, w: _Weights) -> tuple[list[Tensor], State]:
    """From the last step to the first: the shorter sequences begin later, each in its own first state."""
    outputs: list[Tensor] = []
    state = tuple(t[: inputs[-1]._array.shape[0]] for t in first)
    for each in reversed(inputs):
        size, had = each._array.shape[0], state[0]._array.shape[0]
        if size > had:
            state = tuple(cat([t, begin[had:size]]) for t, begin in zip(state, first, strict=True))
        state = step(each, state, w)
        outputs.append(state[0])
    return outputs[::-1], state


def _weights(flat: Sequence[Tensor], biased: bool, projected: bool) -> list[_Weights]:
    count = 2 + 2 * biased + projected
    made = []
    for start in range(0, len(flat), count):
        own = flat[start : start + count]
        first, second = (own[2], own[3]) if biased else (None, None)
        made.append(_Weights(own[0], own[1], own[1].t(), first, second, own[-1] if projected else None))
    return made


def _side(
    step: Step, inputs: Tensor, state: State, w: _Weights, back: bool, sizes: list[int] | None
) -> tuple[Tensor, State]:
    """One layer in one direction, as packed data: as one node, or step by step."""
    if sizes is None:
        steps, batch = inputs._array.shape[:2]
        rows = inputs.reshape(steps * batch, inputs.size(2))
        outputs, last = _side(step, rows, state, w, back, [batch] * steps)
        return outputs.view(steps, batch, outputs.size(1)), last
    if w.projection is None and _alike(inputs, w.hidden, *state):
        return _as_one(step, inputs, state, w, back, sizes)
    found, last = (_backwards if back else _forwards)(step, inputs.split(sizes), state, w)
    return cat(found), last


def _alike(first: Tensor, *others: Tensor) -> bool:
    d = first._dtype
    plain = d.compute is d.numpy and type(first._array) is not Hollow
    return plain and all(t._dtype is d and t._device is first._device for t in others)


def _as_one(
    step: Step, inputs: Tensor, state: State, w: _Weights, back: bool, sizes: list[int]
) -> tuple[Tensor, State]:
    def composed(inputs: Tensor, weight: Tensor, bias: Tensor | None, *state: Tensor) -> State:
        own = _Weights(weight, weight, weight.t(), None, bias, None)
        outputs, last = (_backwards if back else _forwards)(step, inputs.split(sizes), state, own)
        return cat(outputs), *last

    bias = w.hidden_bias if step is _gru_step else None
    outputs, *last = rolled(NAMES[step], sizes, back, composed, inputs, w.hidden, bias, state)
    return outputs, tuple(last)


def _run(
    step: Step,
    input: Tensor,
    state: State,
    weights: list[_Weights],
    dropout: float,
    train: bool,
    bidirectional: bool,
    sizes: list[int] | None,
) -> tuple[Tensor, State]:
    """All layers over an input `(steps, N, *)`, or over packed data of steps of the given sizes; the states are
    `(layers * directions, N, H)`. RuntimeError for no steps."""
    if not input._array.shape[0]:
        raise RuntimeError("Expected sequence length to be larger than 0 in RNN")
    firsts = list(zip(*(t.unbind(0) for t in state), strict=True))
    directions = 2 if bidirectional else 1
    lasts: list[State] = []
    for layer in range(0, len(weights), directions):
        if layer and dropout:
            input = dropped(input, dropout, train)
        sides = []
        for k in range(layer, layer + directions):
            outputs, last = _side(step, _projected(input, weights[k], step), firsts[k], weights[k], k > layer, sizes)
            sides.append(outputs)
            lasts.append(last)
        input = sides[0] if len(sides) == 1 else cat(sides, -1)
    return input, tuple(stack(parts) for parts in zip(*lasts, strict=True))


def _function(name: str, step: Step, states: int) -> Callable[..., tuple[Tensor, ...]]:
    """The function of that name, for a padded batch and for a packed one."""

    def given(input: Tensor, hx: Any, params: Any, has_biases: bool, *rest: Any, sizes: Any = None) -> Any:
        layers, dropout, train, bidirectional = rest[:4]
        batch_first = len(rest) > 4 and rest[4]
        state = tuple(hx)
        if len(state) != states:
            raise RuntimeError(f"{name} expects two hidden states")
        projected = states > 1 and state[0].size(2) != state[1].size(2)
        weights = _weights(params, has_biases, projected)
        if len(weights) != layers * (2 if bidirectional else 1):
            raise RuntimeError(f"got an incorrect number of RNN parameters: {len(params)}")
        input = input.transpose(0, 1) if batch_first else input
        output, last = _run(step, input, state, weights, dropout, train, bidirectional, sizes)
        return (output.transpose(0, 1) if batch_first else output, *last)

    if step is not _gru_step:
        given = faster(given)

    def function(input: Tensor, hx: Any, params: Any, has_biases: Any, *options: Any) -> tuple[Tensor, ...]:
        packed = isinstance(has_biases, list | tuple)  # (data, batch_sizes, hx, params, has_biases, ...)
        sizes, rest = hx.tolist() if packed else None, list(options)
        if packed:
            hx, params, has_biases, *rest = params, has_biases, *rest
        state = list(hx) if states > 1 else [hx]
        result: tuple[Tensor, ...] = given(input, state, list(params), has_biases, *rest, sizes=sizes)
        return result

    function.__name__ = function.__qualname__ = name
    told = "params, has_biases, num_layers, dropout, train, bidirectional"
    function.__doc__ = f"""`{name}(input, hx, {told}, batch_first)`, or of packed data
    `{name}(data, batch_sizes, hx, {told})`: the output, and the last states. RuntimeError for a sequence without
    steps."""
    return function


rnn_tanh = _function("rnn_tanh", _tanh_step, 1)
rnn_relu = _function("rnn_relu", _relu_step, 1)
lstm = _function("lstm", _lstm_step, 2)
gru = _function("gru", _gru_step, 1)


def _check_cell(input: Tensor, state: State, w_ih: Tensor, w_hh: Tensor) -> None:
    if input.size(1) != w_ih.size(1):
        raise RuntimeError(f"input has inconsistent input_size: got {input.size(1)} expected {w_ih.size(1)}")
    for i, t in enumerate(state):
        if t.size(0) != input.size(0):
            raise RuntimeError(f"Input batch size {input.size(0)} doesn't match hidden{i} batch size {t.size(0)}")
        if t.size(1) != w_hh.size(1):
            raise RuntimeError(f"hidden{i} has inconsistent hidden_size: got {t.size(1)}, expected {w_hh.size(1)}")


def _stepped(
    step: Step, input: Tensor, state: State, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None, b_hh: Tensor | None
) -> State:
    _check_cell(input, state, w_ih, w_hh)
    w = _Weights(w_ih, w_hh, w_hh.t(), b_ih, b_hh, None)
    return step(_projected(input, w, step), state, w)


@faster
def rnn_tanh_cell(
    input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None, b_hh: Tensor | None = None
) -> Tensor:
    """`tanh(input @ w_ih.T + b_ih + hx @ w_hh.T + b_hh)`: `(N, H)` of an input `(N, F)` and a state `(N, H)`.

    J. Elman, Cognitive Science 14 (1990). RuntimeError for sizes that do not meet.
    """
    return _stepped(_tanh_step, input, (hx,), w_ih, w_hh, b_ih, b_hh)[0]


@faster
def rnn_relu_cell(
    input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None, b_hh: Tensor | None = None
) -> Tensor:
    """The same with `relu` in place of `tanh`."""
    return _stepped(_relu_step, input, (hx,), w_ih, w_hh, b_ih, b_hh)[0]


def gru_cell(
    input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None, b_hh: Tensor | None = None
) -> Tensor:
    """One step of a gated recurrent unit, with weights `(3 H, F)` and `(3 H, H)`. RuntimeError for sizes that do not
    meet."""
    return _stepped(_gru_step, input, (hx,), w_ih, w_hh, b_ih, b_hh)[0]


def lstm_cell(
    input: Tensor, hx: Any, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None, b_hh: Tensor | None = None
) -> State:
    """One step of a long short-term memory: `h, c` of the pair `hx`, with weights `(4 H, F)` and `(4 H, H)`.

    TypeError if `hx` is no pair, RuntimeError for sizes that do not meet.
    """
    if not isinstance(hx, list | tuple):
        raise TypeError(f"lstm_cell(): argument 'hx' (position 2) must be tuple of Tensors, not {type(hx).__name__}")
    if len(hx) != 2:
        raise RuntimeError("lstm_cell expects two hidden states")
    return _stepped(_lstm_step, input, tuple(hx), w_ih, w_hh, b_ih, b_hh)
