"""`state_dict` copies: its tensors do not share memory with the parameters."""

from __future__ import annotations

from typing import Any

from conformance.backend import Backend
from conformance.meta.broken.sound import Call, base, replace_calls

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": (
        "module.state.alias",
        "module.state.positional",
        "module.state.tied",
        "save.safetensors.model",
    ),
}


def backend() -> Backend:
    """The broken backend."""
    found = base()
    tensor = found.namespace.Tensor
    is_lazy = found.namespace.nn.parameter.is_lazy

    def broken(sound: Call) -> Call:
        def call(module: Any, *args: Any, **kwargs: Any) -> Any:
            result = sound(module, *args, **kwargs)
            if "destination" not in kwargs and not kwargs.get("keep_vars"):
                for name, value in result.items():
                    if isinstance(value, tensor) and not is_lazy(value):
                        result[name] = value.clone()
            return result

        return call

    replace_calls(found, ("nn.Module.state_dict",), broken)
    return found
