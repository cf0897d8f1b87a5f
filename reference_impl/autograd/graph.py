"""`torch.autograd.graph`: nodes, and hooks on what they save."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..gradmode import MODE
from ..tensor import Tensor
from .node import Node

__all__ = ["Node", "save_on_cpu", "saved_tensors_hooks"]


class saved_tensors_hooks:  # noqa: N801
    """A context manager: every tensor that is saved inside passes through `pack_hook`, and what that returns through
    `unpack_hook` each time the tensor is needed. Of nested blocks the innermost prevails."""

    def __init__(self, pack_hook: Callable[[Tensor], Any], unpack_hook: Callable[[Any], Tensor]) -> None:
        self.pack_hook = pack_hook
        self.unpack_hook = unpack_hook
        self._before: list[Any] = []

    def __enter__(self) -> None:
        self._before.append(MODE.packing)
        MODE.packing = (self.pack_hook, self.unpack_hook)

    def __exit__(self, *exc: object) -> None:
        MODE.packing = self._before.pop()


class save_on_cpu(saved_tensors_hooks):  # noqa: N801
    """A context manager: what is saved inside waits in the host's memory, and comes back when it is needed."""

    def __init__(self, pin_memory: bool = False, device_type: str = "cuda") -> None:
        def pack(t: Tensor) -> tuple[Any, Tensor]:
            host = t.detach().to("cpu", copy=True)
            return t.device, host.pin_memory() if pin_memory else host

        def unpack(packed: tuple[Any, Tensor]) -> Tensor:
            device, host = packed
            return host.to(device)

        super().__init__(pack, unpack)
