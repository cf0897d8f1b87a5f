"""`to` of a module puts new Parameter objects in the place of the old ones."""

from __future__ import annotations

from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "device.duplicate.module",
        "device.module.dtype",
        "device.module.move",
        "device.module.nothing",
        "device.module.shared",
        "device.optimizer.converted",
        "device.optimizer.load",
        "device.optimizer.moved",
        "device.optimizer.state",
        "device.optimizer.zero",
        "module.lazy.dtype",
    ),
}


def backend() -> Backend:
    """The broken backend."""
    found = base()
    parameter = found.namespace.nn.Parameter

    def broken(sound: Call) -> Call:
        def call(module: Any, *args: Any, **kwargs: Any) -> Any:
            result = sound(module, *args, **kwargs)
            for owner in result.modules():
                for name, old in owner._parameters.items():
                    if old is not None:
                        owner._parameters[name] = parameter(old.detach(), old.requires_grad)
                        owner._parameters[name].grad = old.grad
            return result

        return call

    replace_calls(found, ("nn.Module.to",), broken)
    return found
