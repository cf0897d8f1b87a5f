"""What the gates of a recurrent unit make of its state, as one node each: a step of a long sequence is three operations
instead of fifteen.

The gradients are written once, for arrays and for tensors: arrays where nobody differentiates again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..autograd.node import Gradients, Node
from ..dtype import float32
from ..exponential import logistic
from ..gradmode import MODE
from ..hollow import Hollow
from ..join import cat
from ..op import record, record_many
from ..promote import cast, operand
from ..quiet import quiet
from ..tensor import Tensor, wrap


def lstm_factors(units: Sequence[Any], state: Any, bent: Any) -> tuple[Any, ...]:
    """The derivatives of the new state by the gates i, f, g, and those of the result by the gate o and by the new
    state; from the gates, the old state and the tanh of the new one."""
    i, f, g, o = units
    return g * i * (1 - i), state * f * (1 - f), i * (1 - g * g), bent * o * (1 - o), o * (1 - bent * bent)


def lstm_slopes(units: Sequence[Any], state: Any, bent: Any, to_hidden: Any, to_cell: Any) -> tuple[Any, ...]:
    """The gradients of the four gates and of the old state."""
    i, f, g, o, new = lstm_factors(units, state, bent)
    flow = to_cell + to_hidden * new
    return flow * i, flow * f, flow * g, to_hidden * o, flow * units[1]


def gru_factors(units: Sequence[Any], state: Any, candidate: Any) -> tuple[Any, ...]:
    """The derivatives of the new state by the three gates."""
    r, z, n = units
    to_new = (1 - z) * (1 - n * n)
    return to_new * candidate * r * (1 - r), (state - n) * z * (1 - z), to_new


def gru_slopes(units: Sequence[Any], state: Any, candidate: Any, grad: Any) -> tuple[Any, ...]:
    """The gradients of the three gates, of the candidate's part from the state, and of the state."""
    to_reset, to_update, to_new = (grad * factor for factor in gru_factors(units, state, candidate))
    return to_reset, to_update, to_new, to_new * units[0], grad * units[1]


def parts(array: Any, count: int) -> list[Any]:
    """The gates of an array `(N, count * H)`."""
    size = array.shape[1] // count
    return [array[:, k * size : (k + 1) * size] for k in range(count)]


class ThnnFusedLstmCellBackward0(Node):
    __slots__ = ()
    saves = ("gates", "cx", "units", "bent")

    def gradient(self, to_hidden: Tensor, to_cell: Tensor) -> Gradients:
        gates, cx, units, bent = self.tensors()
        if not MODE.grad:
            d = cx._dtype
            arrays = [operand(t, d) for t in (cx, bent, to_hidden, to_cell)]
            *slopes, back = quiet(lstm_slopes, parts(units._array, 4), *arrays)
            joined = quiet(np.concatenate, slopes, 1)
            return tuple(wrap(cast(array, d), d, cx._device) for array in (joined, back))
        i, f, g, o = gates.chunk(4, 1)
        opened = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
        state = opened[1] * cx + opened[0] * opened[2]
        *slopes, back = lstm_slopes(opened, cx, state.tanh(), to_hidden, to_cell)
        return cat(slopes, 1), back


class ThnnFusedGruCellBackward0(Node):
    __slots__ = ()
    saves = ("input_gates", "hidden_gates", "hx", "units")

    def gradient(self, grad: Tensor) -> Gradients:
        x, h, hx, units = self.tensors()
        if not MODE.grad:
            d = hx._dtype
            candidate = parts(operand(h, d), 3)[2]
            found = quiet(gru_slopes, parts(units._array, 3), operand(hx, d), candidate, operand(grad, d))
            arrays = np.concatenate(found[:3], 1), np.concatenate((*found[:2], found[3]), 1), found[4]
            return tuple(wrap(cast(array, d), d, hx._device) for array in arrays)
        (xr, xz, xn), (hr, hz, hn) = x.chunk(3, 1), h.chunk(3, 1)
        r, z = (xr + hr).sigmoid(), (xz + hz).sigmoid()
        found = gru_slopes((r, z, (xn + r * hn).tanh()), hx, hn, grad)
        return cat(found[:3], 1), cat([*found[:2], found[3]], 1), found[4]


def _lstm(gates: Any, state: Any) -> tuple[Any, ...]:
    units = logistic(gates)
    size = state.shape[1]
    units[:, 2 * size : 3 * size] = np.tanh(gates[:, 2 * size : 3 * size])
    i, f, g, o = parts(units, 4)
    new = f * state + i * g
    bent = np.tanh(new)
    return o * bent, new, units, bent


def _gru(x: Any, h: Any, state: Any) -> tuple[Any, ...]:
    (xr, xz, xn), (hr, hz, hn) = parts(x, 3), parts(h, 3)
    r, z = logistic(xr + hr), logistic(xz + hz)
    n = np.tanh(xn + r * hn)
    return n + z * (state - n), np.concatenate((r, z, n), 1)


def lstm_gates(gates: Tensor, cx: Tensor) -> tuple[Tensor, ...]:
    """`h, c` of the sums `(N, 4 H)` before the four gates i, f, g, o, and of the cell state `(N, H)`:
    `c = sigmoid(f) * cx + sigmoid(i) * tanh(g)` and `h = sigmoid(o) * tanh(c)`.

    S. Hochreiter and J. Schmidhuber, Neural Computation 9 (1997); the gate f: F. Gers and others, 12 (2000).
    """
    gates = gates.to(cx._dtype)
    d, device = cx._dtype, cx._device
    if type(cx._array) is Hollow:
        i, f, g, o = gates.chunk(4, 1)
        new = f.sigmoid() * cx + i.sigmoid() * g.tanh()
        return o.sigmoid() * new.tanh(), new
    hidden, state, units, bent = quiet(_lstm, operand(gates, d), operand(cx, d))
    inner = d if d.compute is d.numpy else float32
    kept = (wrap(units, inner, device), wrap(bent, inner, device)) if MODE.grad else ()
    results = [(cast(hidden, d), d), (cast(state, d), d)]
    return record_many(ThnnFusedLstmCellBackward0, results, device, (gates, cx), saved=(gates, cx, *kept))


def gru_gates(x: Tensor, h: Tensor, hx: Tensor) -> Tensor:
    """The new state, of the sums `(N, 3 H)` that the input and the state give to the gates r, z, n, and of the state:
    `n = tanh(x_n + sigmoid(x_r + h_r) * h_n)`, weighed against the old state by `sigmoid(x_z + h_z)`.

    K. Cho and others, arXiv:1406.1078, with r behind the product.
    """
    x, h = x.to(hx._dtype), h.to(hx._dtype)
    d, device = hx._dtype, hx._device
    if type(hx._array) is Hollow:
        (xr, xz, xn), (hr, hz, hn) = x.chunk(3, 1), h.chunk(3, 1)
        n = (xn + (xr + hr).sigmoid() * hn).tanh()
        return n + (xz + hz).sigmoid() * (hx - n)  # type: ignore[no-any-return]
    new, units = quiet(_gru, operand(x, d), operand(h, d), operand(hx, d))
    kept = (wrap(units, d if d.compute is d.numpy else float32, device),) if MODE.grad else ()
    return record(ThnnFusedGruCellBackward0, cast(new, d), d, device, (x, h, hx), saved=(x, h, hx, *kept))
