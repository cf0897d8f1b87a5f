"""Every name exists, and every call raises NotImplementedError."""

from __future__ import annotations

import types

from conformance.backend import COMPANIONS, Backend

EXPECTED: dict[str, tuple[str, ...]] = {
    "fail": ("*",),
}


NEVER = ("shape",)  # only tensors have one, and no call returns a tensor


class Refusal(types.ModuleType):
    """Has every attribute; refuses every call."""

    def __getattr__(self, name: str) -> Refusal:
        if name.startswith("__") or name in NEVER:
            raise AttributeError(name)
        return Refusal(name)

    def __call__(self, *args: object, **kwargs: object) -> object:
        """Refuse."""
        raise NotImplementedError(f"{self.__name__} is not implemented")


def backend() -> Backend:
    """A namespace of refusals."""
    companions = {name: Refusal(name) for name in COMPANIONS}
    return Backend("refuses", "0", Refusal("refuses"), ("cpu", "sim:0", "sim:1"), "sim:0", companions=companions)
