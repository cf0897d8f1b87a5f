"""Every item starts from the same global state of the backend, whatever the one before left behind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from conformance.backend import Backend

SEED = 20130


@contextmanager
def isolated(backend: Backend, device: str) -> Iterator[None]:
    """Run the body with `device` as the default device, and put default dtype, device and grad mode back afterwards."""
    torch = backend.namespace
    dtype, place = _call(torch, "get_default_dtype"), _call(torch, "get_default_device")
    grad = _call(torch, "is_grad_enabled")
    _call(torch, "manual_seed", SEED)
    try:
        with _default_device(backend, device):
            yield
    finally:
        if _call(torch, "get_default_dtype") != dtype:
            _call(torch, "set_default_dtype", dtype)
        if _call(torch, "get_default_device") != place:
            _call(torch, "set_default_device", None)
        if grad is not None and _call(torch, "is_grad_enabled") != grad:
            _call(torch, "set_grad_enabled", grad)


def _default_device(backend: Backend, device: str) -> Any:
    return nullcontext() if device == backend.devices[0] else backend.namespace.device(device)


def _call(torch: Any, name: str, *arguments: Any) -> Any:
    """Call a function that a backend may not have, or may not be able to answer."""
    try:
        return getattr(torch, name)(*arguments)
    except Exception:
        return None
