"""`torch.autograd.Variable`: the name that older programs wrap a tensor in. Every tensor is one."""

from __future__ import annotations

import warnings
from typing import Any

from ..tensor import Tensor


class _Type(type):
    """Every tensor is an instance."""

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, Tensor)


class Variable(metaclass=_Type):
    """A leaf over the memory of `data`, a tensor. TypeError for other data."""

    def __new__(cls, data: Tensor, requires_grad: bool = False, volatile: bool | None = None) -> Any:
        """Gives a tensor."""
        if volatile:
            text = "volatile was removed and now has no effect. Use `with torch.no_grad():` instead."
            warnings.warn(text, UserWarning, stacklevel=2)
        if not isinstance(data, Tensor):
            raise TypeError(f"Variable data has to be a tensor, but got {type(data).__name__}")
        return data.detach().requires_grad_(requires_grad)
