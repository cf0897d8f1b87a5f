"""The cells that PyTorch asks a device to fuse, as compositions that autograd differentiates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch


def _lstm_cell(
    from_input: torch.Tensor, from_hidden: torch.Tensor, cell: torch.Tensor, *biases: torch.Tensor | None
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return the hidden state (N, H), the cell state (N, H) and the workspace of a fused kernel, which is empty."""
    gates = from_input + from_hidden
    for bias in biases:
        gates = gates if bias is None else gates + bias
    enter, forget, candidate, leave = gates.chunk(4, 1)
    cell = forget.sigmoid() * cell + enter.sigmoid() * candidate.tanh()
    return leave.sigmoid() * cell.tanh(), cell, gates.new_empty(0)


def _gru_cell(
    from_input: torch.Tensor, from_hidden: torch.Tensor, hidden: torch.Tensor, *biases: torch.Tensor | None
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the hidden state (N, H) and the workspace of a fused kernel, which is empty."""
    of_input, of_hidden = (*biases, None, None)[:2]
    from_input = from_input if of_input is None else from_input + of_input
    from_hidden = from_hidden if of_hidden is None else from_hidden + of_hidden
    reset_in, update_in, new_in = from_input.chunk(3, 1)
    reset_hidden, update_hidden, new_hidden = from_hidden.chunk(3, 1)
    update = (update_in + update_hidden).sigmoid()
    candidate = (new_in + (reset_in + reset_hidden).sigmoid() * new_hidden).tanh()
    return candidate + update * (hidden - candidate), from_input.new_empty(0)


def kernels() -> dict[str, Callable[..., Any]]:
    """Return operator name → composition."""
    return {"_thnn_fused_lstm_cell": _lstm_cell, "_thnn_fused_gru_cell": _gru_cell}
