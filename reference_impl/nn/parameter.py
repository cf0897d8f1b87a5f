"""Parameters: the tensors that a module learns."""

from __future__ import annotations

from typing import Any

from ..fill import empty
from ..tensor import Tensor, alias, counter


class Parameter(Tensor):
    """A leaf on the memory of `data` that a module registers when it is assigned to an attribute."""

    __slots__ = ()

    def __new__(cls, data: Tensor | None = None, requires_grad: bool = True) -> Parameter:
        """RuntimeError for a dtype that is not floating, unless `requires_grad` is False."""
        if data is None:
            data = empty(0)
        if requires_grad and not data._dtype.differentiable:
            raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
        made: Any = alias(data, counter(data))
        made.__class__ = cls
        made.requires_grad = requires_grad
        return made  # type: ignore[no-any-return]

    def __deepcopy__(self, memo: dict[int, Any]) -> Parameter:
        """A parameter on memory of its own, without the gradient."""
        if id(self) not in memo:
            memo[id(self)] = type(self)(self.data.clone(), self.requires_grad)
        return memo[id(self)]  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        return f"Parameter containing:\n{super().__repr__()}"
