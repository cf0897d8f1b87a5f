"""The text of a tensor."""

from __future__ import annotations

from .device import CPU
from .dtype import DEFAULT, bool, int64
from .python import tolist
from .tensor import Tensor, attach


def _repr(self: Tensor) -> str:
    suffix = ""
    if self._device is not CPU:
        suffix += f", device='{self._device}'"
    if self._dtype not in (DEFAULT.floating, int64, bool):
        suffix += f", dtype={self._dtype}"
    node = self.grad_fn
    if node is not None:
        suffix += f", grad_fn=<{type(node).__name__}>"
    elif self.requires_grad:
        suffix += ", requires_grad=True"
    return f"tensor({tolist(self)}{suffix})"


attach("__repr__", _repr)
