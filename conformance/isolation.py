"""Every item starts from the same global state of the backend, whatever the one before left behind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from conformance.case import Trial

SEED = 20130


@contextmanager
def isolated(trial: Trial) -> Iterator[None]:
    """Run the body on the trial's device as the default one; put back default dtype, device, grad mode and
    options of printing afterwards.

    Raises what the backend raises where it cannot make that device the default: that is its answer, a case of its own.
    """
    torch = trial.namespace
    dtype, place = _call(torch, "get_default_dtype"), _call(torch, "get_default_device")
    grad = _call(torch, "is_grad_enabled")
    _call(torch, "manual_seed", SEED)
    try:
        with _default_device(trial):
            yield
    finally:
        if _call(torch, "get_default_dtype") != dtype:
            _call(torch, "set_default_dtype", dtype)
        if _call(torch, "get_default_device") != place:
            _call(torch, "set_default_device", None)
        if grad is not None and _call(torch, "is_grad_enabled") != grad:
            _call(torch, "set_grad_enabled", grad)
        if _call(torch, "are_deterministic_algorithms_enabled"):
            _call(torch, "use_deterministic_algorithms", False)
        _call(torch, "set_printoptions", None, None, None, None, "default")


@contextmanager
def _default_device(trial: Trial) -> Iterator[None]:
    with ExitStack() as stack:
        if trial.device != trial.backend.devices[0]:
            _enter(stack, trial)
        yield


def _enter(stack: ExitStack, trial: Trial) -> None:
    try:
        stack.enter_context(trial.namespace.device(trial.device))
    except Exception as error:
        with trial.case("default device", call=f"with torch.device({trial.device!r}): ..."):
            raise
        raise error


def _call(torch: Any, name: str, *arguments: Any) -> Any:
    """Call a function that a backend may not have, or may not be able to answer."""
    try:
        return getattr(torch, name)(*arguments)
    except Exception:
        return None
