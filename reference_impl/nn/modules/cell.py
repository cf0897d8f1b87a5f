"""Recurrent cells: one step of a sequence at a time."""

from __future__ import annotations

import math
from typing import Any

from ...fill import empty, zeros
from ...tensor import Tensor
from .. import init, recurrence
from ..module import Module
from ..parameter import Parameter


class RNNCellBase(Module):
    """Parameters `weight_ih (chunks * H, F)`, `weight_hh (chunks * H, H)`, `bias_ih` and `bias_hh (chunks * H)`."""

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool, num_chunks: int, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        gates = num_chunks * hidden_size
        shapes = {"weight_ih": (gates, input_size), "weight_hh": (gates, hidden_size)}
        for name, shape in {**shapes, "bias_ih": (gates,), "bias_hh": (gates,)}.items():
            made = Parameter(empty(shape, device=device, dtype=dtype)) if bias or name in shapes else None
            self.register_parameter(name, made)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws all parameters evenly from `-1 / sqrt(H)` to `1 / sqrt(H)`."""
        bound = 1 / math.sqrt(self.hidden_size) if self.hidden_size else 0
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def extra_repr(self) -> str:
        """The sizes, and what is not as it is by default."""
        told = f"{self.input_size}, {self.hidden_size}"
        if self.bias is not True:
            told += f", bias={self.bias}"
        if getattr(self, "nonlinearity", "tanh") != "tanh":
            told += f", nonlinearity={self.nonlinearity}"
        return told

    def _check(self, input: Tensor, state: tuple[Tensor, ...] | None, names: tuple[str, ...]) -> None:
        if input.ndim not in (1, 2):
            raise ValueError(f"{self._kind}: Expected input to be 1D or 2D, got {input.ndim}D instead")
        for name, t in zip(names, state or (), strict=False):
            if t.ndim not in (1, 2):
                raise ValueError(f"{self._kind}: Expected {name} to be 1D or 2D, got {t.ndim}D instead")

    _kind = "RNNCell"

    def _stepped(self, function: Any, input: Tensor, state: tuple[Tensor, ...] | None) -> tuple[Tensor, ...]:
        """The function's states, of a batch `(N, F)` or of a single input `(F)`; zeros stand for no state."""
        single = input.ndim == 1
        if single:
            input = input.unsqueeze(0)
        if state is None:
            nothing = zeros(input.size(0), self.hidden_size, dtype=input.dtype, device=input.device)
            state = (nothing, nothing) if self._kind == "LSTMCell" else (nothing,)
        elif single:
            state = tuple(t.unsqueeze(0) for t in state)
        hx = state if len(state) > 1 else state[0]
        result = function(input, hx, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
        results = result if isinstance(result, tuple) else (result,)
        return tuple(t.squeeze(0) for t in results) if single else results


class RNNCell(RNNCellBase):
    """`tanh(x @ weight_ih.T + bias_ih + h @ weight_hh.T + bias_hh)`, or with `relu`."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """The new state. RuntimeError for a nonlinearity other than `tanh` and `relu`."""
        state = None if hx is None else (hx,)
        self._check(input, state, ("hidden",))
        if self.nonlinearity not in ("tanh", "relu"):
            raise RuntimeError(f"Unknown nonlinearity: {self.nonlinearity}")
        bent = self.nonlinearity == "tanh"
        return self._stepped(recurrence.rnn_tanh_cell if bent else recurrence.rnn_relu_cell, input, state)[0]


class LSTMCell(RNNCellBase):
    """One step of a long short-term memory, with gates i, f, g, o."""

    _kind = "LSTMCell"

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    def forward(self, input: Tensor, hx: Any = None) -> tuple[Tensor, Tensor]:
        """The new `h, c`."""
        if isinstance(hx, Tensor):
            raise TypeError("lstm_cell(): argument 'hx' (position 2) must be tuple of Tensors, not Tensor")
        state = None if hx is None else tuple(hx)
        self._check(input, state, ("hx[0]", "hx[1]"))
        hidden, cell = self._stepped(recurrence.lstm_cell, input, state)
        return hidden, cell


class GRUCell(RNNCellBase):
    """One step of a gated recurrent unit, with gates r, z, n."""

    _kind = "GRUCell"

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """The new state."""
        state = None if hx is None else (hx,)
        self._check(input, state, ("hidden",))
        return self._stepped(recurrence.gru_cell, input, state)[0]
