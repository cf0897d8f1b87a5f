"""Data parallelism in one process: a batch is split, the module copied, the results joined."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

from ...accelerator import device_count, ordinal_of
from ...device import ACCELERATOR, device
from ...gradmode import is_grad_enabled
from ..module import Module
from .parts import gather, scatter_kwargs
from .replica import parallel_apply, replicate


class DataParallel(Module):
    """A module that splits its inputs along `dim` over the accelerators `device_ids` (all of them by default), calls a
    copy of the wrapped module on each, and joins the results on `output_device` (the first by default). The wrapped
    module lies on the first; with one device alone it is moved there and called itself."""

    def __init__(
        self, module: Any, device_ids: Sequence[Any] | None = None, output_device: Any = None, dim: int = 0
    ) -> None:
        super().__init__()
        ids = [ordinal_of(each) for each in (range(device_count()) if device_ids is None else device_ids)]
        self.module = module
        self.dim = dim
        self.device_ids = ids
        self.output_device = ids[0] if output_device is None else output_device
        self.src_device_obj = device(ACCELERATOR.name, ids[0])
        if len(ids) == 1:
            module.to(self.src_device_obj)

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        """The joined results. RuntimeError for a module that does not lie on the first device."""
        return _call(self.module, inputs, kwargs, self.device_ids, self.output_device, self.dim, not is_grad_enabled())


def data_parallel(
    module: Any,
    inputs: Any,
    device_ids: Sequence[Any] | None = None,
    output_device: Any = None,
    dim: int = 0,
    module_kwargs: dict[str, Any] | None = None,
) -> Any:
    """The result of one such call, for inputs in a tuple or one that is none."""
    ids = [ordinal_of(each) for each in (range(device_count()) if device_ids is None else device_ids)]
    args = inputs if isinstance(inputs, tuple) else () if inputs is None else (inputs,)
    return _call(module, args, module_kwargs, ids, ids[0] if output_device is None else output_device, dim, False)


def _call(module: Any, args: Any, kwargs: Any, ids: list[int], output: Any, dim: int, detach: bool) -> Any:
    source = device(ACCELERATOR.name, ids[0])
    for t in chain(module.parameters(), module.buffers()):
        if t._device is not source:
            raise RuntimeError(
                f"module must have its parameters and buffers on device {source} (device_ids[0]) but found one of them "
                f"on device: {t._device}"
            )
    inputs, named = scatter_kwargs(args, kwargs, ids, dim)
    if not inputs:
        inputs, named = ((),), ({},)
    if len(ids) == 1:
        return module(*inputs[0], **named[0])
    used = ids[: len(inputs)]
    return gather(parallel_apply(replicate(module, used, detach), inputs, named, used), output, dim)
