"""Which device a program gets: ordinals, devices that are not there, the current and the default device."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from conformance.case import Trial
from conformance.law.placement import accelerators, floats, lies_on, made

ABSENT = 99


@contextmanager
def current_device_kept(module: Any) -> Iterator[int]:
    """Put the current device back after the body."""
    before = module.current_device()
    try:
        yield before
    finally:
        module.set_device(before)


def ordinal(trial: Trial) -> None:
    """With an accelerator and without one."""
    torch = trial.namespace
    with trial.case("torch.device(0)", call="torch.device(0)") as case:
        kind = torch.accelerator.current_accelerator()
        case.equal("a device from text", torch.device("cpu").type, "cpu")
        if kind is None:
            with case.raises("RuntimeError", "Cannot access accelerator device when none is available."):
                torch.device(0)
        else:
            case.equal("device", torch.device(0), torch.device(kind.type, 0))
            case.equal("device of a tensor", torch.ones(2, device=0).device, torch.device(kind.type, 0))


def absent(trial: Trial) -> None:
    """An ordinal that no machine has, of CUDA and of the backend's own accelerators."""
    torch = trial.namespace
    kinds = {"cuda"} | {name.split(":")[0] for name in trial.backend.devices} - {"cpu"}
    for place in sorted(f"{kind}:{ABSENT}" for kind in kinds):
        for call in ("torch.ones(2, device=d)", "torch.tensor([1.0], device=d)", "x.to(d)"):
            with trial.case(f"{place} {call}", call=call, inputs=f"d = {place!r}, x: float32 (2,)") as case:
                x = torch.ones(2)
                lies_on(case, x, trial.device)
                try:
                    got = eval(call, {"torch": torch, "x": x, "d": place})
                except (RuntimeError, AssertionError) as error:
                    case.holds("refused", True, "RuntimeError or AssertionError", type(error).__name__)
                else:
                    case.holds("refused", False, "RuntimeError or AssertionError", f"a tensor on {got.device}")


def absent_cuda(trial: Trial) -> None:
    """Without CUDA the call is refused; with it the result is on a CUDA device."""
    with trial.case("x.cuda()", call="x.cuda()", inputs="x: float32 (2,) on cpu") as case:
        x = made(trial, [1.0, 2.0], "cpu")
        move = x.cuda
        if trial.namespace.cuda.is_available():
            lies_on(case, move(), "cuda")
            return
        try:
            move()
        except (RuntimeError, AssertionError) as error:
            case.holds("refused", True, "RuntimeError or AssertionError", type(error).__name__)
        else:
            case.holds("refused", False, "RuntimeError or AssertionError", "no exception")
        case.same(x, floats([1, 2]), "x")


def set_device(trial: Trial) -> None:
    """Each ordinal in turn."""
    torch, (first, *_) = trial.namespace, accelerators(trial)
    kind = first.split(":")[0]
    for place in accelerators(trial):
        with trial.case(place, call=f"torch.{kind}.set_device(i); torch.ones(2, device={kind!r}).device") as case:
            module, index = getattr(torch, kind), torch.device(place).index
            with current_device_kept(module):
                module.set_device(index)
                case.equal("current_device", module.current_device(), index)
                lies_on(case, torch.ones(2, device=kind), place, "device of a factory")
                lies_on(case, torch.ones(2, device="cpu").to(kind), place, "device of a move")
                module.set_device(torch.device(first))
                case.equal("current_device set by a device", module.current_device(), torch.device(first).index)


def block(trial: Trial) -> None:
    """Also when the block ends by an exception."""
    torch, kind = trial.namespace, accelerators(trial)[0].split(":")[0]
    for place in accelerators(trial):
        with trial.case(place, call=f"with torch.{kind}.device(i): torch.ones(2, device={kind!r}).device") as case:
            module, index = getattr(torch, kind), torch.device(place).index
            with current_device_kept(module) as before:
                with module.device(index):
                    lies_on(case, torch.ones(2, device=kind), place, "device inside")
                case.equal("current_device afterwards", module.current_device(), before)
                with case.raises("ZeroDivisionError"), module.device(index):
                    _ = 1 / 0
                case.equal("current_device after an exception", module.current_device(), before)


def explicit(trial: Trial) -> None:
    """Every ordinal from within every other."""
    torch, kind = trial.namespace, accelerators(trial)[0].split(":")[0]
    for around in accelerators(trial):
        for place in accelerators(trial):
            call = f"with torch.{kind}.device({around!r}): torch.ones(2, device={place!r})"
            with trial.case(f"{place} in {around}", call=call) as case:
                module = getattr(torch, kind)
                with current_device_kept(module), module.device(torch.device(around).index):
                    lies_on(case, torch.ones(2, device=place), place)


def default(trial: Trial) -> None:
    """Other devices where the device under test is the default already; itself inside a block."""
    torch, backend = trial.namespace, trial.backend
    outermost = trial.device == backend.devices[0]
    others = [*backend.devices, *(["meta"] if "meta" not in backend.lacks else [])] if outermost else [trial.device]
    for place in others:
        with trial.case(place, call=f"torch.set_default_device({place!r})") as case:
            try:
                torch.set_default_device(place)
                lies_on(case, torch.ones(2), place, "device of a factory")
                case.equal("get_default_device", torch.get_default_device(), torch.device(place))
                lies_on(case, torch.ones(2, device="cpu"), "cpu", "device asked for")
            finally:
                torch.set_default_device(None)
            lies_on(case, torch.ones(2), trial.device, "device after the reset")
