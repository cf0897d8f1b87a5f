"""Automatic mixed precision: inside `torch.autocast` products compute in a half type, and what needs the range of
float32 computes in it."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeVar, cast

from .device import device
from .dtype import bfloat16, chosen, dtype, float16, float32, float64
from .tensor import Tensor


class _State(threading.local):
    """The device types for which a thread autocasts, and the types they compute in."""

    def __init__(self) -> None:
        self.active = False
        self.types: dict[str, dtype] = {}


STATE = _State()


class autocast:  # noqa: N801
    """In a `with` block, or around a function: products of floating tensors on a device type compute in `dtype`
    (bfloat16, float16 on `cuda`). float64 and integers are left alone.

    ValueError for a device type that is no string, RuntimeError for one that does not exist.
    """

    def __init__(
        self, device_type: str, dtype: Any = None, enabled: bool = True, cache_enabled: bool | None = None
    ) -> None:
        if not isinstance(device_type, str):
            raise ValueError(f"Expected `device_type` of type `str`, got: `{type(device_type)}`")
        self.device = device(device_type).type
        self.fast_dtype = chosen(dtype, "autocast") or get_autocast_dtype(self.device)
        self.enabled = enabled
        self._before: list[dict[str, dtype]] = []

    def __enter__(self) -> autocast:
        self._before.append(STATE.types)
        rest = {name: d for name, d in STATE.types.items() if name != self.device}
        _set({**rest, self.device: self.fast_dtype} if self.enabled else rest)
        return self

    def __exit__(self, kind: Any, error: BaseException | None, trace: TracebackType | None) -> None:
        _set(self._before.pop())

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            with self:
                return function(*args, **kwargs)

        return wrapper


def _set(types: dict[str, dtype]) -> None:
    STATE.types, STATE.active = types, bool(types)


def is_autocast_enabled(device_type: str = "cuda") -> bool:
    """Whether products on the device type compute in a half type."""
    return device_type in STATE.types


def get_autocast_dtype(device_type: str) -> dtype:
    """The type that products on the device type compute in, in `autocast`."""
    return STATE.types.get(device_type) or (float16 if device_type == "cuda" else bfloat16)


Choice = Callable[[dtype], dtype]
F = TypeVar("F", bound=Callable[..., Any])


def faster(function: F) -> F:
    """The function, which in `autocast` takes its operands in the half type."""
    return _casting(function, lambda d: d)


def wider(function: F) -> F:
    """The function, which in `autocast` takes its operands in float32."""
    return _casting(function, lambda d: float32)


def _casting(function: F, choice: Choice) -> F:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        if not STATE.active:
            return function(*args, **kwargs)
        types = STATE.types
        given = [_cast(value, types, choice) for value in args]
        named = {name: _cast(value, types, choice) for name, value in kwargs.items()}
        return plainly(function, *given, **named)  # the parts of the operation compute as it does

    return cast(F, wrapper)


def plainly(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Calls the function without autocasting."""
    types = STATE.types
    if not types:
        return function(*args, **kwargs)
    _set({})
    try:
        return function(*args, **kwargs)
    finally:
        _set(types)


def _cast(value: Any, types: dict[str, dtype], choice: Choice) -> Any:
    if isinstance(value, list):
        return [_cast(each, types, choice) for each in value]
    if not isinstance(value, Tensor) or not value._dtype.is_floating_point or value._dtype is float64:
        return value
    fast = types.get(value._device.type)
    return value if fast is None else value.to(choice(fast))
