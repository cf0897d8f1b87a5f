"""The layer that brings channels into another order."""

from __future__ import annotations

from ...tensor import Tensor
from .. import functional
from ..module import Module


class ChannelShuffle(Module):
    """The channels, seen as a table with a row for each group, column by column."""

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups

    def forward(self, input: Tensor) -> Tensor:
        return functional.channel_shuffle(input, self.groups)

    def extra_repr(self) -> str:
        return f"groups={self.groups}"
