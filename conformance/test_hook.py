"""Laws of the chapter hook: what hooks keep alive, and orders over many operations."""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np
import pytest

from conformance.case import Trial
from conformance.law.lifetime import without_collector


class Recorder:
    """A hook that can be watched."""

    def __init__(self) -> None:
        self.seen: list[Any] = []

    def __call__(self, grad: Any) -> None:
        """Keep the gradient, and change nothing."""
        self.seen.append(grad)


class Packed:
    """A form of a saved tensor that can be watched."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def tensor(self) -> Any:
        """The tensor once more."""
        return self.value


@pytest.mark.clause("hook.handle.lifetime")
def test_deleted(trial: Trial) -> None:
    """The handle outlives the tensor, and the tensor does not live for the handle."""
    call = "handle = x.register_hook(hook); del x; handle.remove()"
    with trial.case("leaf", call=call) as case, without_collector() as collect:
        x = trial.namespace.tensor([1.0, 2.0], requires_grad=True)
        hook = Recorder()
        handle = x.register_hook(hook)
        (x * 3).sum().backward()
        case.equal("calls", len(hook.seen), 1)
        gone = weakref.ref(x)
        hook.seen.clear()
        del x
        collect()
        case.equal("tensor after del", gone(), None)
        case.equal("handle.remove()", handle.remove(), None)


@pytest.mark.clause("hook.tensor.lifetime")
def test_freed(trial: Trial) -> None:
    """A weak reference to the hook tells; backward alone does not let it go."""
    torch = trial.namespace
    for name in ("result", "leaf"):
        call = f"a hook on a {name}, then backward, then del"
        with trial.case(name, call=call) as case, without_collector() as collect:
            x = torch.tensor([1.0, 2.0], requires_grad=True)
            y = x * 3
            hook = Recorder()
            gone = weakref.ref(hook)
            (y if name == "result" else x).register_hook(hook)
            z = y.sum()
            seen = hook.seen
            del hook, y
            collect()
            case.equal("alive before backward", gone() is not None, True)
            z.backward()
            case.equal("calls", len(seen), 1)
            case.equal("alive after backward", gone() is not None, True)
            seen.clear()
            del x, z
            collect()
            case.equal("alive after del", gone() is not None, False)


@pytest.mark.clause("hook.saved.freed")
def test_packed_freed(trial: Trial) -> None:
    """What `pack` returned lives as long as the graph may need it."""
    torch = trial.namespace
    made: list[Any] = []

    def pack(saved: Any) -> Packed:
        packed = Packed(saved.detach())
        made.append(weakref.ref(packed))
        return packed

    for name in ("backward", "del"):
        made.clear()
        call = f"y = x.exp().cos() under hooks, then {name}"
        with trial.case(name, call=call) as case, without_collector() as collect:
            x = torch.tensor([1.0, 2.0], requires_grad=True)
            with torch.autograd.graph.saved_tensors_hooks(pack, Packed.tensor):
                y = x.exp().cos().sum()
            case.equal("packed", len(made), 2)
            case.equal("alive", [reference() is not None for reference in made], [True] * 2)
            if name == "backward":
                y.backward()
            else:
                del y
            collect()
            case.equal("alive afterwards", [reference() is not None for reference in made], [False] * 2)


@pytest.mark.clause("hook.saved.many")
def test_many(trial: Trial) -> None:
    """Each cosine saves its operand."""
    torch = trial.namespace
    length = 50
    packed: list[Any] = []
    unpacked: list[int] = []

    def pack(saved: Any) -> int:
        packed.append(saved.detach())
        return len(packed) - 1

    def unpack(number: int) -> Any:
        unpacked.append(number)
        return packed[number]

    with trial.case(f"{length} cosines", call=f"x = x.cos(), {length} times, under hooks") as case:
        x = torch.tensor([1.0, 2.0], requires_grad=True)
        y = x
        with torch.autograd.graph.saved_tensors_hooks(pack, unpack):
            for _ in range(length):
                y = y.cos()
        case.equal("tensors packed", len(packed), length)
        case.same(packed[0], [1.0, 2.0], "the first of them")
        y.sum().backward()
        case.equal("order of unpacking", unpacked, list(range(length))[::-1])


@pytest.mark.clause("hook.checkpoint.chain")
def test_chain(trial: Trial) -> None:
    """``x -> 2 x + x ** 2``, ten times, of which each step is checkpointed; the derivative is the product of
    ``2 + 2 x``."""
    torch = trial.namespace
    calls: list[int] = []
    for reentrant in (False, True):
        calls.clear()
        with trial.case(f"use_reentrant={reentrant}", call="x = checkpoint(step, x), 10 times") as case:
            x = torch.tensor([0.001, -0.002], dtype=torch.float64, requires_grad=True)

            def step(t: Any) -> Any:
                calls.append(1)
                return 2 * t + t * t

            y = x
            value, slope = np.array([0.001, -0.002]), np.ones(2)
            for _ in range(10):
                y = torch.utils.checkpoint.checkpoint(step, y, use_reentrant=reentrant)
                slope = slope * (2 + 2 * value)
                value = 2 * value + value * value
            case.equal("calls in forward", len(calls), 10)
            y.sum().backward()
            case.equal("calls after backward", len(calls), 20)
            case.close(y, value, "float64", 10)
            case.close(x.grad, slope, "float64", 10)
