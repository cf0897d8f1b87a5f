"""Which device a program gets: ordinals, devices that are not there, the current and the default device."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from conformance.case import Trial
from conformance.law.placement import Pair, accelerators, floats, lies_on, made
from conformance.law.threads import together

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


def without_cuda(trial: Trial) -> None:
    """Where there is one, it has an ordinal."""
    cuda = trial.namespace.cuda
    with trial.case("torch.cuda", call="torch.cuda.current_device()") as case:
        case.equal("manual_seed", cuda.manual_seed(3), None)
        case.equal("manual_seed_all", cuda.manual_seed_all(3), None)
        case.equal("empty_cache", cuda.empty_cache(), None)
        if cuda.is_available():
            case.equal("current_device", cuda.current_device() in range(cuda.device_count()), True)
            return
        for name in ("current_device", "synchronize"):
            ask = getattr(cuda, name)
            try:
                ask()
            except (RuntimeError, AssertionError) as error:
                case.holds(name, True, "RuntimeError or AssertionError", type(error).__name__)
            else:
                case.holds(name, False, "RuntimeError or AssertionError", "no exception")


def set_index(trial: Trial) -> None:
    """Each ordinal, in each form."""
    torch, (first, *_) = trial.namespace, accelerators(trial)
    kind = first.split(":")[0]
    for place in accelerators(trial):
        for told, given in (("ordinal", torch.device(place).index), ("text", place), ("object", torch.device(place))):
            call = f"torch.accelerator.set_device_index({given!r})"
            with trial.case(f"{place} as {told}", call=call) as case, current_device_kept(getattr(torch, kind)):
                torch.accelerator.set_device_index(given)
                case.equal("current_device_index", torch.accelerator.current_device_index(), torch.device(place).index)
                lies_on(case, torch.ones(2, device=kind), place)
                lies_on(case, getattr(torch.ones(2, device="cpu"), kind)(), place, "device of a move")


def index_block(trial: Trial) -> None:
    """One ordinal in another; None in between; an exception."""
    torch, places = trial.namespace, accelerators(trial)
    kind = places[0].split(":")[0]
    block, current = torch.accelerator.device_index, torch.accelerator.current_device_index
    for outer in map(torch.device, places):
        for inner in map(torch.device, places):
            call = f"with device_index({outer.index}): with device_index({inner.index}), device_index(None): ..."
            with trial.case(f"{inner} in {outer}", call=call) as case:
                before = current()
                with block(outer.index):
                    with block(inner.index), block(None):
                        case.equal("inside", current(), inner.index)
                        case.equal("device of a factory", torch.ones(2, device=kind).device, inner)
                    case.equal("between", current(), outer.index)
                    with case.raises("ZeroDivisionError"), block(inner.index):
                        _ = 1 / 0
                    case.equal("after an exception", current(), outer.index)
                case.equal("afterwards", current(), before)


def in_a_thread(body: Callable[[], Any]) -> Any:
    """What a thread of its own finds, or raises."""
    (found,) = together([body])
    if isinstance(found, Exception):
        raise found
    return found


def current_of_threads(trial: Trial) -> None:
    """A thread that sets another ordinal, from within every ordinal."""
    torch, places = trial.namespace, accelerators(trial)
    current, choose = torch.accelerator.current_device_index, torch.accelerator.set_device_index

    def chosen(index: int) -> Any:
        choose(index)
        return current()

    for place in map(torch.device, places):
        with trial.case(str(place), call="torch.accelerator.set_device_index(i), in a thread") as case:
            last = torch.accelerator.device_index(len(places) - 1)
            with last:
                case.equal("in a new thread", in_a_thread(current), 0)
                got = in_a_thread(functools.partial(chosen, place.index))
                case.equal("set in a thread", got, place.index)
                case.equal("in the first thread", current(), len(places) - 1)


def default_of_threads(trial: Trial) -> None:
    """A factory in a thread that begins inside the block, and one that enters a block itself."""
    torch, place = trial.namespace, accelerators(trial)[-1]

    def entering() -> Any:
        with torch.device(place):
            return torch.ones(2).device

    with trial.case(place, call=f"with torch.device({place!r}): ..., in a thread") as case:
        case.equal("entered in a thread", in_a_thread(entering), torch.device(place))
        case.equal("the first thread", torch.ones(2).device.type, "cpu")
        with torch.device(place):
            case.equal("in a new thread", in_a_thread(lambda: torch.ones(2).device), torch.device("cpu"))
            lies_on(case, torch.ones(2), place)


def default_follows(trial: Trial) -> None:
    """By `set_default_device` and by a block."""
    torch, places = trial.namespace, accelerators(trial)
    kind = places[0].split(":")[0]
    for place in map(torch.device, places):
        with trial.case(f"block, {place}", call=f"with torch.device({kind!r}): torch.ones(2)") as case:
            around, current = torch.device(kind), torch.accelerator.device_index(place.index)
            with around, current:
                lies_on(case, torch.ones(2), str(place))
            lies_on(case, torch.ones(2), "cpu", "device afterwards")
        with trial.case(f"set, {place}", call=f"torch.set_default_device({kind!r}); torch.ones(2)") as case:
            try:
                torch.set_default_device(kind)
                with torch.accelerator.device_index(place.index):
                    lies_on(case, torch.ones(2), str(place))
            finally:
                torch.set_default_device(None)


def block_in_default(trial: Trial) -> None:
    """Every device in every other."""
    torch = trial.namespace
    for lasting in trial.backend.devices:
        for place in trial.backend.devices:
            call = f"torch.set_default_device({lasting!r}); with torch.device({place!r}): torch.ones(2)"
            with trial.case(f"{place} in {lasting}", call=call) as case:
                try:
                    torch.set_default_device(lasting)
                    with torch.device(place):
                        lies_on(case, torch.ones(2), place, "device inside")
                    lies_on(case, torch.ones(2), lasting, "device afterwards")
                finally:
                    torch.set_default_device(None)
                lies_on(case, torch.ones(2), "cpu", "device after the reset")


def factory(row: dict[str, str], trial: Trial, device: str) -> None:
    """The device as text and as an object."""
    torch = trial.namespace
    for form in ("text", "object"):
        with trial.case(form, call=row["factory"], inputs=f"d = {device!r} as {form}") as case:
            d = device if form == "text" else torch.device(device)
            lies_on(case, eval(row["factory"], {"torch": torch, "d": d, "x": torch.ones(2)}), device)


def factory_elsewhere(row: dict[str, str], trial: Trial, pair: Pair) -> None:
    """The first device is the default and holds the pattern; the second is asked for."""
    torch = trial.namespace
    for form in ("text", "object"):
        with trial.case(form, call=row["factory"], inputs=f"d = {pair[1]!r} as {form}, x on {pair[0]}") as case:
            d = pair[1] if form == "text" else torch.device(pair[1])
            x = torch.ones(2, device=pair[0])
            lies_on(case, eval(row["factory"], {"torch": torch, "d": d, "x": x}), pair[1])
            lies_on(case, x, pair[0], "device of x")
