"""Laws of the chapter module: what keeps modules alive."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import pytest

from conformance.case import Trial
from conformance.law.lifetime import without_collector


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
