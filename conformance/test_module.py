"""Laws of the chapter module: networks made by loops, and what keeps modules alive."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from conformance.case import Trial
from conformance.law.lifetime import without_collector

FIRST = [[1.0, -2.0, 0.5], [0.25, 1.0, -1.0]]
MIDDLE = [[0.5, -1.0], [2.0, 0.25]]
LAST = [[3.0, -0.5]]
ROWS = [[1.0, 2.0, -1.0], [0.5, -3.0, 2.0]]


def looped(torch: Any) -> Any:
    """A network whose middle layer is called as often as the call says."""

    class Looped(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.first = torch.nn.Linear(3, 2, bias=False)
            self.middle = torch.nn.Linear(2, 2, bias=False)
            self.last = torch.nn.Linear(2, 1, bias=False)

        def forward(self, x: Any, times: int) -> Any:
            x = self.first(x).clamp(min=0)
            for _ in range(times):
                x = self.middle(x).clamp(min=0)
            return self.last(x)

    return Looped()


def gradients(times: int) -> tuple[np.ndarray[Any, Any], ...]:
    """The gradients of the sum of the results to the three weights, by the chain rule."""
    first, middle, last = (np.array(w) for w in (FIRST, MIDDLE, LAST))
    inputs, weights = [np.array(ROWS)], [first, *[middle] * times]
    for weight in weights:
        inputs.append(np.maximum(inputs[-1] @ weight.T, 0))
    grad = np.ones((len(ROWS), 1))
    found = [grad.T @ inputs[-1]]
    grad = grad @ last
    for before, after, weight in zip(inputs[-2::-1], inputs[:0:-1], weights[::-1], strict=True):
        grad = grad * (after > 0)
        found.insert(0, grad.T @ before)
        grad = grad @ weight
    return found[0], sum(found[1:-1], np.zeros((2, 2))), found[-1]


@pytest.mark.clause("module.walk.unrolled")
def test_unrolled(trial: Trial) -> None:
    """The gradient of a weight that is used several times is the sum over its uses."""
    torch = trial.namespace
    for times in (0, 1, 2, 3, 4):
        with trial.case(f"{times} times", call=f"net(x, {times}).sum().backward()") as case:
            net = looped(torch)
            state = {"first.weight": FIRST, "middle.weight": MIDDLE, "last.weight": LAST}
            net.load_state_dict({name: torch.tensor(value) for name, value in state.items()})
            net(torch.tensor(ROWS), times).sum().backward()
            first, middle, last = gradients(times)
            case.close(net.first.weight.grad, first, "float32")
            case.close(net.last.weight.grad, last, "float32")
            if times:
                case.close(net.middle.weight.grad, middle, "float32")
            else:
                case.equal("middle.weight.grad", net.middle.weight.grad, None)


@pytest.mark.clause("module.lifetime.free")
def test_lifetime(trial: Trial) -> None:
    """A weak reference to the module tells, without a collector of cycles."""
    torch = trial.namespace
    names: dict[str, Callable[[Any], Any]] = {
        "plain": lambda module: None,
        "forward hook": lambda module: module.register_forward_hook(lambda *_: None),
        "backward hook": lambda module: module.register_full_backward_hook(lambda *_: None),
        "load hook": lambda module: module.register_load_state_dict_pre_hook(lambda *_: None),
    }
    for name, prepare in names.items():
        with trial.case(name, call="del net, after a call and backward") as case, without_collector() as collect:
            net = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Linear(2, 1))
            handle = prepare(net)
            result = net(torch.ones(1, 2, requires_grad=True)).sum()
            result.backward()
            del result
            gone, weight = weakref.ref(net), net[0].weight
            del net
            collect()
            case.equal("module", gone(), None)
            case.equal("weight.grad", weight.grad is not None, True)
            del handle


@pytest.mark.clause("module.hook.deep")
def test_deep(trial: Trial) -> None:
    """Before the call from the outside in, after it from the inside out; backward the other way round in each nest."""
    torch = trial.namespace
    depth = 6
    with trial.case(f"{depth} nested", call="hooks of all kinds on every module, one call, one backward") as case:
        net = torch.nn.Identity()
        for _ in range(depth):
            net = torch.nn.Sequential(net)
        seen: list[tuple[str, int]] = []

        def note(word: str, level: int) -> Any:
            return lambda *_: seen.append((word, level))

        for level, module in enumerate(net.modules()):
            module.register_forward_pre_hook(note("in", level))
            module.register_forward_hook(note("out", level))
            module.register_full_backward_pre_hook(note("back in", level))
            module.register_full_backward_hook(note("back out", level))
        net(torch.tensor([1.0], requires_grad=True)).sum().backward()
        down, up = list(range(depth + 1)), list(range(depth, -1, -1))
        words = {"in": down, "out": up, "back in": down, "back out": up}
        wanted = [(word, level) for word, levels in words.items() for level in levels]
        case.equal("calls", seen, wanted)
