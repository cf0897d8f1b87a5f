"""Laws of the chapter hook: what hooks keep alive, and orders over many operations."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest

from conformance.case import Trial


class Recorder:
    """A hook that can be watched."""

    def __init__(self) -> None:
        self.seen: list[Any] = []

    def __call__(self, grad: Any) -> None:
        """Keep the gradient, and change nothing."""
        self.seen.append(grad)


@pytest.mark.clause("hook.handle.deleted")
def test_deleted(trial: Trial) -> None:
    """The handle outlives the tensor, and the tensor does not live for the handle."""
    with trial.case("leaf", call="handle = x.register_hook(hook); del x; handle.remove()") as case:
        x = trial.namespace.tensor([1.0, 2.0], requires_grad=True)
        hook = Recorder()
        handle = x.register_hook(hook)
        (x * 3).sum().backward()
        case.equal("calls", len(hook.seen), 1)
        gone = weakref.ref(x)
        hook.seen.clear()
        del x
        gc.collect()
        case.equal("tensor after del", gone(), None)
        case.equal("handle.remove()", handle.remove(), None)


@pytest.mark.clause("hook.graph.freed")
def test_freed(trial: Trial) -> None:
    """A weak reference to the hook tells; backward alone does not let it go."""
    torch = trial.namespace
    for name in ("result", "leaf"):
        with trial.case(name, call=f"a hook on a {name}, then backward, then del") as case:
            x = torch.tensor([1.0, 2.0], requires_grad=True)
            y = x * 3
            hook = Recorder()
            gone = weakref.ref(hook)
            (y if name == "result" else x).register_hook(hook)
            z = y.sum()
            seen = hook.seen
            del hook, y
            gc.collect()
            case.equal("alive before backward", gone() is not None, True)
            z.backward()
            case.equal("calls", len(seen), 1)
            case.equal("alive after backward", gone() is not None, True)
            seen.clear()
            del x, z
            gc.collect()
            case.equal("alive after del", gone() is not None, False)
