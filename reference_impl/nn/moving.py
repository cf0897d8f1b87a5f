"""Moving and casting a module: its parameters stay the same objects, its buffers are replaced."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from ..dtype import bfloat16, dtype, float16, float32, float64
from ..fill import empty_like
from ..gradmode import no_grad
from ..hollow import NO_DATA
from ..movement import target
from ..tensor import Tensor

Change = Callable[[Tensor], Tensor]

COMPLEX = (
    "Complex modules are a new feature under active development whose design may change, and some modules might not "
    "work as expected when using complex tensors as parameters or buffers. Please file an issue at "
    "https://github.com/pytorch/pytorch/issues/new?template=bug-report.yml "
    "if a complex module does not work as expected."
)
TO_EMPTY = (
    "Please use torch.nn.Module.to_empty() instead of torch.nn.Module.to() when moving module from meta to a different "
    "device."
)


class Moving:
    """What converts all tensors of a module."""

    _parameters: dict[str, Any]
    _buffers: dict[str, Any]
    children: Callable[[], Any]

    def _apply(self, change: Change, recurse: bool = True) -> Any:
        for module in self.children() if recurse else ():
            module._apply(change)
        with no_grad():
            for parameter in self._parameters.values():
                if parameter is None:
                    continue
                grad = parameter.grad
                parameter.data = change(parameter)
                if grad is not None:
                    grad.data = change(grad.data)
        for name, buffer in self._buffers.items():
            if buffer is not None:
                self._buffers[name] = change(buffer)
        return self

    def to(self, *args: Any, **kwargs: Any) -> Any:
        """`to(device)`, `to(dtype)`, `to(device, dtype)` or `to(tensor)`: converts in place, and returns the module.

        A dtype is for the floating tensors alone; TypeError for one that is not floating.
        """
        d, where, _, memory_format = target(args, kwargs)
        if d is not None and not d.differentiable:
            raise TypeError(f"nn.Module.to only accepts floating point or complex dtypes, but got desired dtype={d}")

        if d is not None and d.is_complex:
            warnings.warn(COMPLEX, UserWarning, stacklevel=2)

        def change(t: Tensor) -> Tensor:
            there = t._device if where is None else where
            wanted = d if d is not None and t._dtype.differentiable else None
            formatted = memory_format is not None and t.ndim in (4, 5)
            try:
                return t.to(there, wanted, memory_format=memory_format if formatted else None)
            except NotImplementedError as error:
                if str(error) != NO_DATA:
                    raise
                raise NotImplementedError(f"{error} {TO_EMPTY}") from None

        return self._apply(change)

    def to_empty(self, *, device: Any, recurse: bool = True) -> Any:
        """Moves all tensors without their values, and returns the module."""
        return self._apply(lambda t: empty_like(t, device=device), recurse)

    def cpu(self) -> Any:
        """Moves all tensors to the CPU, and returns the module."""
        return self._apply(lambda t: t.cpu())

    def cuda(self, device: Any = None) -> Any:
        """Moves all tensors to a `cuda` device, and returns the module."""
        return self._apply(lambda t: t.cuda(device))

    def sim(self, device: Any = None) -> Any:
        """Moves all tensors to a simulated accelerator, and returns the module."""
        return self._apply(lambda t: t.sim(device))

    def type(self, dst_type: Any) -> Any:
        """Casts all tensors, and returns the module."""
        return self._apply(lambda t: t.type(dst_type))

    def _cast(self, d: dtype) -> Any:
        return self._apply(lambda t: t.to(d) if t.is_floating_point() else t)

    def float(self) -> Any:
        """Casts the floating tensors to float32, and returns the module."""
        return self._cast(float32)

    def double(self) -> Any:
        """Casts the floating tensors to float64, and returns the module."""
        return self._cast(float64)

    def half(self) -> Any:
        """Casts the floating tensors to float16, and returns the module."""
        return self._cast(float16)

    def bfloat16(self) -> Any:
        """Casts the floating tensors to bfloat16, and returns the module."""
        return self._cast(bfloat16)
