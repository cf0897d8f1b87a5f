"""Recurrent layers over whole sequences, padded or packed."""

from __future__ import annotations

import math
import numbers
import warnings
from typing import Any, ClassVar

from ...autocast import STATE as AUTOCAST
from ...fill import empty, zeros
from ...tensor import Tensor
from .. import init, recurrence
from ..module import Module
from ..parameter import Parameter
from ..utils.rnn import PackedSequence

GATES = {"LSTM": 4, "GRU": 3, "RNN_TANH": 1, "RNN_RELU": 1}
FUNCTIONS = {
    "LSTM": recurrence.lstm,
    "GRU": recurrence.gru,
    "RNN_TANH": recurrence.rnn_tanh,
    "RNN_RELU": recurrence.rnn_relu,
}


def _check_options(dropout: Any, num_layers: int, bias: Any, batch_first: Any) -> None:
    number = isinstance(dropout, numbers.Real) and not isinstance(dropout, bool)
    if not number or not 0 <= dropout <= 1:
        raise ValueError(
            "dropout should be a number in range [0, 1] representing the probability of an element being zeroed"
        )
    if dropout > 0 and num_layers == 1:
        warnings.warn(
            "dropout option adds dropout after all but last recurrent layer, so non-zero dropout expects num_layers "
            f"greater than 1, but got dropout={dropout} and num_layers={num_layers}",
            UserWarning,
            stacklevel=4,
        )
    for name, value in (("bias", bias), ("batch_first", batch_first)):
        if not isinstance(value, bool):
            raise TypeError(f"{name} should be of type bool, got: {type(value).__name__}")


def _check_sizes(input_size: Any, hidden_size: Any, num_layers: int, proj_size: int) -> None:
    for name, value in (("input_size", input_size), ("hidden_size", hidden_size)):
        if not isinstance(value, int):
            raise TypeError(f"{name} should be of type int, got: {type(value).__name__}")
        if value <= 0:
            raise ValueError(f"{name} must be greater than zero")
    if num_layers <= 0:
        raise ValueError("num_layers must be greater than zero")
    if proj_size < 0:
        raise ValueError("proj_size should be a positive integer or zero to disable projections")
    if proj_size >= hidden_size:
        raise ValueError("proj_size has to be smaller than hidden_size")


class RNNBase(Module):
    """What recurrent layers have in common: for each layer and direction the parameters `weight_ih_l0 (gates * H, F)`,
    `weight_hh_l0 (gates * H, H)`, `bias_ih_l0`, `bias_hh_l0 (gates * H)` and with a projection `weight_hr_l0 (P, H)`;
    the direction back has `_reverse` behind the name.

    TypeError for options and sizes of a wrong type, ValueError for values out of their range.
    """

    states: ClassVar[int] = 1

    def __init__(
        self,
        mode: str,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        _check_options(dropout, num_layers, bias, batch_first)
        _check_sizes(input_size, hidden_size, num_layers, proj_size)
        if mode not in GATES:
            raise ValueError("Unrecognized RNN mode: " + mode)
        self.mode = mode
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = float(dropout)
        self.bidirectional = bidirectional
        self.proj_size = proj_size
        self._all_weights: list[list[str]] = []
        for layer in range(num_layers):
            for suffix in ("", "_reverse")[: 1 + bool(bidirectional)]:
                self._register_layer(f"l{layer}{suffix}", layer, {"device": device, "dtype": dtype})
        self.reset_parameters()

    def _register_layer(self, suffix: str, layer: int, options: dict[str, Any]) -> None:
        gates = GATES[self.mode] * self.hidden_size
        width = self.proj_size or self.hidden_size
        shapes = {
            "weight_ih": (gates, width * (1 + bool(self.bidirectional)) if layer else self.input_size),
            "weight_hh": (gates, width),
            **({"bias_ih": (gates,), "bias_hh": (gates,)} if self.bias else {}),
            **({"weight_hr": (width, self.hidden_size)} if self.proj_size else {}),
        }
        self._all_weights.append([f"{name}_{suffix}" for name in shapes])
        for name, shape in shapes.items():
            self.register_parameter(f"{name}_{suffix}", Parameter(empty(shape, **options)))

    @property
    def all_weights(self) -> list[list[Any]]:
        """The parameters, a list for each layer and direction."""
        return [[getattr(self, name) for name in names] for names in self._all_weights]

    @property
    def _flat_weights_names(self) -> list[str]:
        return [name for names in self._all_weights for name in names]

    @property
    def _flat_weights(self) -> list[Any]:
        return [getattr(self, name) for name in self._flat_weights_names]

    def flatten_parameters(self) -> None:
        """Nothing: it packs the parameters for one library of one kind of device."""

    def reset_parameters(self) -> None:
        """Draws all parameters evenly from `-1 / sqrt(H)` to `1 / sqrt(H)`."""
        bound = 1 / math.sqrt(self.hidden_size)
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def extra_repr(self) -> str:
        """The sizes, and the options that are not as they are by default."""
        told = f"{self.input_size}, {self.hidden_size}"
        defaults = {
            "proj_size": 0,
            "num_layers": 1,
            "bias": True,
            "batch_first": False,
            "dropout": 0,
            "bidirectional": False,
        }
        for name, default in defaults.items():
            if getattr(self, name) != default:
                told += f", {name}={getattr(self, name)}"
        return told

    def check_input(self, input: Tensor, batch_sizes: Tensor | None) -> None:
        """ValueError for a dtype that is not the weights', RuntimeError for dimensions and features."""
        d = self._flat_weights[0].dtype
        if input.dtype is not d and not AUTOCAST.active:
            raise ValueError(
                f"RNN input dtype ({input.dtype}) does not match weight dtype ({d}). Convert input: input.to({d}), or "
                f"convert model: model.to({input.dtype})"
            )
        dims = 3 if batch_sizes is None else 2
        if input.ndim != dims:
            raise RuntimeError(f"input must have {dims} dimensions, got {input.ndim}")
        if self.input_size != input.size(-1):
            raise RuntimeError(
                f"input.size(-1) must be equal to input_size. Expected {self.input_size}, got {input.size(-1)}"
            )

    def check_hidden_size(
        self, hx: Tensor, expected_hidden_size: tuple[int, ...], msg: str = "Expected hidden size {}, got {}"
    ) -> None:
        """RuntimeError for a state of another size."""
        if tuple(hx.shape) != expected_hidden_size:
            raise RuntimeError(msg.format(expected_hidden_size, list(hx.shape)))

    def _sizes(self, batch: int) -> list[tuple[int, ...]]:
        """What the states' sizes are for so many sequences."""
        layers = self.num_layers * (1 + bool(self.bidirectional))
        sizes: list[tuple[int, ...]] = [
            (layers, batch, self.proj_size or self.hidden_size),
            (layers, batch, self.hidden_size),
        ]
        return sizes[: self.states]

    def _check_dims(self, state: tuple[Tensor, ...], dims: int) -> None:
        if state[0].ndim != dims:
            kind = "batched" if dims == 3 else "unbatched"
            raise RuntimeError(
                f"For {kind} {dims}-D input, hx should also be {dims}-D but got {state[0].ndim}-D tensor"
            )

    def _check_states(self, state: tuple[Tensor, ...], sizes: list[tuple[int, ...]]) -> None:
        self.check_hidden_size(state[0], sizes[0])

    def _state(self, hx: Any) -> tuple[Tensor, ...] | None:
        return None if hx is None else (hx,)

    def _outcome(self, state: tuple[Tensor, ...]) -> Any:
        return state[0]

    def _batched(self, input: Tensor, batch: int, hx: Any, order: Tensor | None, sizes: Tensor | None) -> Any:
        """The output and the states, of a batch or of packed data in another order."""
        expected = self._sizes(batch)
        if hx is None:
            hx = tuple(zeros(size, dtype=input.dtype, device=input.device) for size in expected)
        elif order is not None:
            hx = tuple(t.index_select(1, order) for t in hx)
        self.check_input(input, sizes)
        self._check_states(hx, expected)
        given = [input, *([] if sizes is None else [sizes]), hx if self.states > 1 else hx[0], self._flat_weights]
        options = [self.bias, self.num_layers, self.dropout, self.training, self.bidirectional]
        output, *last = FUNCTIONS[self.mode](*given, *options, *([self.batch_first] if sizes is None else []))
        return output, tuple(last)

    def forward(self, input: Any, hx: Any = None) -> Any:
        """The outputs of the last layer, and the last state of every layer and direction.

        `(L, N, F)`, `(N, L, F)` with `batch_first`, or `(L, F)` gives `(L, N, D * H)` and so on, and states
        `(D * layers, N, H)`; a PackedSequence gives another one. Without `hx` the first states are zeros.
        """
        if isinstance(input, PackedSequence):
            data, sizes, order, back = input
            output, last = self._batched(data, int(sizes[0]), self._state(hx), order, sizes)
            if back is not None:
                last = tuple(t.index_select(1, back) for t in last)
            return PackedSequence(output, sizes, order, back), self._outcome(last)
        if input.ndim not in (2, 3):
            raise ValueError(self._wrong_dims(input.ndim))
        state = self._state(hx)
        if state is not None:
            self._check_dims(state, input.ndim)
        where = 0 if self.batch_first else 1
        if input.ndim == 3:
            output, last = self._batched(input, input.size(where), state, None, None)
            return output, self._outcome(last)
        state = None if state is None else tuple(t.unsqueeze(1) for t in state)
        output, last = self._batched(input.unsqueeze(where), 1, state, None, None)
        return output.squeeze(where), self._outcome(tuple(t.squeeze(1) for t in last))

    def _wrong_dims(self, ndim: int) -> str:
        return f"{type(self).__name__}: Expected input to be 2D or 3D, got {ndim}D instead"


class RNN(RNNBase):
    """`h = tanh(x @ weight_ih.T + bias_ih + h @ weight_hh.T + bias_hh)` at each step; `relu` in place of `tanh` with
    `nonlinearity="relu"`. J. Elman, Cognitive Science 14 (1990)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        _refuse_projection(kwargs)
        if len(args) > 3:
            self.nonlinearity = args[3]
            args = args[:3] + args[4:]
        else:
            self.nonlinearity = kwargs.pop("nonlinearity", "tanh")
        if self.nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"Unknown nonlinearity '{self.nonlinearity}'. Select from 'tanh' or 'relu'.")
        super().__init__(f"RNN_{self.nonlinearity.upper()}", *args, **kwargs)

    def _wrong_dims(self, ndim: int) -> str:
        return f"RNN: Expected input to be 2D or 3D, got {ndim}D tensor instead"


class GRU(RNNBase):
    """A gated recurrent unit at each step, with gates r, z, n. K. Cho and others, arXiv:1406.1078."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        _refuse_projection(kwargs)
        super().__init__("GRU", *args, **kwargs)

    def _wrong_dims(self, ndim: int) -> str:
        return f"GRU: Expected input to be 2D or 3D, got {ndim}D instead"


class LSTM(RNNBase):
    """A long short-term memory at each step, with gates i, f, g, o and a pair `h, c` as state; with `proj_size` the
    output is `weight_hr @ h`. S. Hochreiter and J. Schmidhuber, Neural Computation 9 (1997); the projection: H. Sak and
    others, arXiv:1402.1128."""

    states = 2

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__("LSTM", *args, **kwargs)

    def _wrong_dims(self, ndim: int) -> str:
        return f"LSTM: Expected input to be 2D or 3D, got {ndim}D instead"

    def _state(self, hx: Any) -> tuple[Tensor, ...] | None:
        if hx is not None and len(hx) > 2:
            raise RuntimeError("lstm expects two hidden states")
        return None if hx is None else (hx[0], hx[1])

    def _outcome(self, state: tuple[Tensor, ...]) -> Any:
        return state

    def _check_dims(self, state: tuple[Tensor, ...], dims: int) -> None:
        if state[0].ndim != dims or state[1].ndim != dims:
            kind = "batched" if dims == 3 else "unbatched"
            raise RuntimeError(
                f"For {kind} {dims}-D input, hx and cx should also be {dims}-D but got ({state[0].ndim}-D, "
                f"{state[1].ndim}-D) tensors"
            )

    def _check_states(self, state: tuple[Tensor, ...], sizes: list[tuple[int, ...]]) -> None:
        for i in (0, 1):
            self.check_hidden_size(state[i], sizes[i], f"Expected hidden[{i}] size {{}}, got {{}}")


def _refuse_projection(options: dict[str, Any]) -> None:
    if "proj_size" in options:
        raise ValueError("proj_size argument is only supported for LSTM, not RNN or GRU")
