"""Laws of the chapter save: what comes back, what a file may do, and where memory goes."""

from __future__ import annotations

import argparse
import io
import pathlib
import pickle
import sys
import tempfile
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from conformance.case import Case, Trial
from conformance.law import checkpoint, tensorfile
from conformance.law.placement import GATED, Pair, accelerators, dtypes_of, floats, lies_on

BITS = {"bool": [True, False, True], "uint16": [0, 65535], "uint32": [1, 2**32 - 1], "uint64": [1, 2**64 - 1]}
MARK = "_ran_while_loading"


def stored(torch: Any, thing: Any, **options: Any) -> io.BytesIO:
    """A buffer that `thing` is saved in, at its start."""
    buffer = io.BytesIO()
    torch.save(thing, buffer, **options)
    buffer.seek(0)
    return buffer


class Hostile:
    """Whoever unpickles it leaves a mark."""

    def __reduce__(self) -> tuple[Any, ...]:
        return exec, (f"import sys; sys.{MARK} = True",)


@pytest.mark.clause("save.dtype.every")
def test_dtypes(trial: Trial) -> None:
    """Values at the ends of each dtype, and a view with strides and offset."""
    torch = trial.namespace
    for name in (*dtypes_of(trial), *[d for d in BITS if d != "bool"]):
        values = BITS.get(name, [0, 1, -1, 100] if name[0] != "u" else [0, 1, 255])
        values = [1 + 2j, -0.5j] if name.startswith("complex") else values
        needs = ("uint16",) if name in BITS and name != "bool" else tuple(filter(None, [GATED.get(name)]))
        with trial.case(name, call="torch.load(torch.save(x))", requires=needs) as case:
            dtype = getattr(torch, name)
            x = torch.tensor([values, values], dtype=dtype).t()[1:]
            y = torch.load(stored(torch, x))
            case.equal("dtype", y.dtype, dtype)
            case.equal("strides", tuple(y.stride()), tuple(x.stride()))
            case.equal("offset", y.storage_offset(), x.storage_offset())
            case.equal("values", y.tolist(), x.tolist())


@pytest.mark.clause("save.file.path")
def test_path(trial: Trial) -> None:
    """Both ways to name it, and names beyond ASCII."""
    torch = trial.namespace
    for name in ("x.pt", "no-suffix", "größe.pt"):
        for kind in (str, pathlib.Path):
            call = "torch.save(x, path); torch.load(path)"
            with trial.case(f"{name} {kind.__name__}", call=call) as case, tempfile.TemporaryDirectory() as folder:
                path = kind(pathlib.Path(folder, name))
                torch.save({"x": torch.tensor([1.0, 2.0])}, path)
                case.holds("the file is there", pathlib.Path(path).stat().st_size > 8, "bytes", "none")
                case.same(torch.load(path)["x"], floats([1, 2]))


@pytest.mark.clause("save.file.open")
def test_open(trial: Trial) -> None:
    """A file of the system; it stays open."""
    torch = trial.namespace
    with trial.case("file", call="torch.save(x, file); torch.load(file)") as case, tempfile.TemporaryFile() as file:
        torch.save(torch.tensor([1.0, 2.0]), file)
        case.equal("closed after saving", file.closed, False)
        file.seek(0)
        case.same(torch.load(file), floats([1, 2]))
        case.equal("closed after loading", file.closed, False)


@pytest.mark.clause("save.file.replaced")
def test_replaced(trial: Trial) -> None:
    """A long file by a short one."""
    torch = trial.namespace
    call = "torch.save(x, path); torch.save(y, path)"
    with trial.case("twice", call=call) as case, tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/x.pt"
        torch.save(torch.zeros(1000), path)
        torch.save(torch.tensor([3.0]), path)
        case.same(torch.load(path), floats([3]))
        case.holds("size", pathlib.Path(path).stat().st_size < 4000, "of the second file", "of the first")


@pytest.mark.clause("save.file.empty")
def test_empty(trial: Trial) -> None:
    """No byte at all, and none after the position."""
    torch = trial.namespace
    with trial.case("empty", call="torch.load(io.BytesIO())") as case, case.raises("EOFError"):
        torch.load(io.BytesIO())
    with trial.case("at its end", call="torch.save(x, f); torch.load(f)") as case:
        file = stored(torch, torch.tensor([4.0]))
        file.seek(0, io.SEEK_END)
        with case.raises("EOFError"):
            torch.load(file)
        file.seek(0)
        case.same(torch.load(file), floats([4]))


@pytest.mark.clause("save.file.truncated")
def test_truncated(trial: Trial) -> None:
    """Cut at several places."""
    torch = trial.namespace
    for tenth in range(1, 10):
        for careful in (True, False):
            with trial.case(f"{tenth}0 % careful={careful}", call="torch.load(file)") as case:
                whole = stored(torch, {"x": torch.tensor([1.0, 2.0, 3.0]), "n": 3}).getvalue()
                held = torch.load(io.BytesIO(whole))
                refused(case, torch, io.BytesIO(whole[: len(whole) * tenth // 10]), weights_only=careful)
                case.same(held["x"], floats([1, 2, 3]))


def refused(case: Case, torch: Any, file: Any, **options: Any) -> None:
    """Check that a damaged file raises one of the errors that tell of it."""
    try:
        found = torch.load(file, **options)
    except (RuntimeError, EOFError, pickle.UnpicklingError) as error:
        case.holds("refused", True, "an error", type(error).__name__)
    else:
        case.holds("refused", False, "RuntimeError, EOFError or UnpicklingError", repr(found))


@pytest.mark.clause("save.safe.default")
def test_hostile(trial: Trial) -> None:
    """Alone and behind tensors; the mark shows whether it ran."""
    torch = trial.namespace
    makers: dict[str, Callable[[], Any]] = {
        "alone": Hostile,
        "among others": lambda: {"x": torch.ones(2), "h": [Hostile()]},
    }
    for name, make in makers.items():
        for options in ({}, {"weights_only": True}, {"map_location": "cpu"}):
            with trial.case(f"{name} {options}", call="torch.load(file)") as case:
                vars(sys).pop(MARK, None)
                with case.raises("pickle.UnpicklingError", "Weights only load failed"):
                    torch.load(stored(torch, make()), **options)
                case.equal("code of the file ran", hasattr(sys, MARK), False)
        with trial.case(f"{name} trusted", call="torch.load(file, weights_only=False)") as case:
            torch.load(stored(torch, make()), weights_only=False)
            case.equal("code of the file ran", vars(sys).pop(MARK, False), True)


@pytest.mark.clause("save.safe.add")
def test_allowed(trial: Trial) -> None:
    """And what was allowed before is so again afterwards."""
    torch = trial.namespace
    with trial.case("add, clear", call="torch.serialization.add_safe_globals([Namespace])") as case:
        rules = torch.serialization
        before = rules.get_safe_globals()
        file = stored(torch, argparse.Namespace(rate=0.5))
        try:
            rules.add_safe_globals([argparse.Namespace])
            case.equal("attribute", torch.load(file).rate, 0.5)
            case.equal("told", argparse.Namespace in rules.get_safe_globals(), True)
            rules.clear_safe_globals()
            case.equal("left", rules.get_safe_globals(), [])
            file.seek(0)
            with case.raises("pickle.UnpicklingError", "Unsupported global: GLOBAL argparse.Namespace"):
                torch.load(file)
        finally:
            rules.clear_safe_globals()
            rules.add_safe_globals(before)


@pytest.mark.clause("save.safe.protocol")
def test_protocol(trial: Trial) -> None:
    """Protocols 2 and 3 are loaded, 4 is not; without `weights_only` it is."""
    torch = trial.namespace
    for protocol in (2, 3, 4):
        with trial.case(f"protocol {protocol}", call="torch.save(x, f, pickle_protocol=protocol)") as case:
            file = stored(torch, {"x": torch.tensor([1.0, 2.0])}, pickle_protocol=protocol)
            case.same(torch.load(file, weights_only=False)["x"], floats([1, 2]))
            file.seek(0)
            with warnings.catch_warnings(record=True) as told:
                warnings.simplefilter("always")
                if protocol == 4:
                    with case.raises("pickle.UnpicklingError", "Unsupported operand 149"):
                        torch.load(file)
                else:
                    case.same(torch.load(file)["x"], floats([1, 2]))
            warned = any(f"Detected pickle protocol {protocol}" in str(one.message) for one in told)
            case.equal("warned", warned, protocol != 2)


def placed(torch: Any, place: str) -> list[Any]:
    """Two views of one memory on a device, and a parameter there."""
    x = torch.tensor([1.0, 2.0, 3.0], device=place)
    return [x, x[1:], torch.nn.Parameter(torch.tensor([4.0], device=place))]


def arrived(case: Case, found: list[Any], place: str) -> None:
    """Check that `placed` has come to a device: values, sharing, and the parameter."""
    torch = case.trial.namespace
    for index, want in enumerate(([1, 2, 3], [2, 3], [4])):
        lies_on(case, found[index], place, f"device of {index}")
        case.same(found[index].detach(), floats(want), f"values of {index}")
    found[1][0] = 9
    case.same(found[0], floats([1, 9, 3]), "after a write through the view")
    case.equal("parameter", isinstance(found[2], torch.nn.Parameter), True)
    case.equal("is_leaf", found[2].is_leaf and found[2].requires_grad, True)


@pytest.mark.clause("save.location.same")
def test_same_place(trial: Trial, device: str) -> None:
    """Under each default device."""
    torch = trial.namespace
    for default in trial.backend.devices:
        with trial.case(f"default {default}", call="torch.load(f)", inputs=f"saved on {device}") as case:
            things = placed(torch, device)
            with torch.device(default):
                arrived(case, torch.load(stored(torch, things)), device)
            case.same(things[0], floats([1, 2, 3]), "what was saved")


@pytest.mark.clause("save.location.other")
def test_other_place(trial: Trial, pair: Pair) -> None:
    """Each ordered pair."""
    torch = trial.namespace
    for form in ("text", "object"):
        with trial.case(form, call="torch.load(f, map_location=d)", inputs=f"{pair[0]} to {pair[1]}") as case:
            things = placed(torch, pair[0])
            d = pair[1] if form == "text" else torch.device(pair[1])
            arrived(case, torch.load(stored(torch, things), map_location=d), pair[1])
            lies_on(case, things[0], pair[0], "device of what was saved")
            case.same(things[0], floats([1, 2, 3]), "what was saved")


@pytest.mark.clause("save.location.current")
def test_current(trial: Trial) -> None:
    """Each ordinal as the current one."""
    torch, places = trial.namespace, accelerators(trial)
    kind = places[0].split(":")[0]
    for place in places:
        with trial.case(place, call=f"torch.load(f, map_location={kind!r})") as case:
            file = stored(torch, placed(torch, "cpu"))
            with getattr(torch, kind).device(torch.device(place).index):
                arrived(case, torch.load(file, map_location=kind), place)


@pytest.mark.clause("save.location.dict")
def test_dict(trial: Trial, pair: Pair) -> None:
    """From the first to the second; what lies on the second stays, and unknown names do no harm."""
    torch, (here, there) = trial.namespace, pair
    with trial.case(f"{here} to {there}", call="torch.load(f, map_location={here: there, 'nowhere': 'x'})") as case:
        file = stored(torch, [placed(torch, here), placed(torch, there)])
        moved, kept = torch.load(file, map_location={here: there, "nowhere": "x"})
        arrived(case, moved, there)
        arrived(case, kept, there)
        file.seek(0)
        unmoved, kept = torch.load(file, map_location={"nowhere": "x"})
        arrived(case, unmoved, here)
        arrived(case, kept, there)


@pytest.mark.clause("save.location.moved")
def test_moved(trial: Trial, pair: Pair) -> None:
    """The function sees memory on the CPU and the name of its place, once for each memory."""
    torch, (here, there) = trial.namespace, pair
    with trial.case(f"{here} to {there}", call="torch.load(f, map_location=lambda s, l: s.to(device=d))") as case:
        seen: list[tuple[str, str]] = []

        def move(storage: Any, location: str) -> Any:
            seen.append((storage.device.type, location))
            return storage.to(device=torch.device(there))

        arrived(case, torch.load(stored(torch, placed(torch, here)), map_location=move), there)
        case.equal("what it saw", seen, [("cpu", here), ("cpu", here)])


@pytest.mark.clause("save.location.absent")
def test_absent(trial: Trial) -> None:
    """CUDA, where there is none."""
    torch = trial.namespace
    with trial.case("cuda", call="torch.load(f, map_location='cuda')") as case:
        file = stored(torch, torch.tensor([1.0, 2.0]))
        if torch.cuda.is_available():
            lies_on(case, torch.load(file, map_location="cuda"), "cuda")
            return
        words = "Attempting to deserialize object on a CUDA device but torch.cuda.is_available() is False."
        for place in ("cuda", "cuda:1", {torch.serialization.location_tag(torch.ones(1).untyped_storage()): "cuda"}):
            with case.raises("RuntimeError", words):
                torch.load(file, map_location=place)
            file.seek(0)
            with case.raises("RuntimeError", "please use torch.load with map_location=torch.device('cpu')"):
                torch.load(file, map_location=place)
            file.seek(0)
        case.same(torch.load(file), floats([1, 2]))


@pytest.mark.clause("save.location.ordinal")
def test_ordinal(trial: Trial) -> None:
    """The first that the machine does not have, and one that no machine has."""
    torch, kind = trial.namespace, accelerators(trial)[0].split(":")[0]
    count = torch.accelerator.device_count()
    for index in (count, 99):
        with trial.case(f"ordinal {index}", call=f"torch.load(f, map_location='{kind}:{index}')") as case:
            file = stored(torch, torch.tensor([1.0, 2.0]))
            with case.raises("RuntimeError", f"device {index} but torch.{kind}.device_count() is {count}."):
                torch.load(file, map_location=f"{kind}:{index}")
            file.seek(0)
            case.same(torch.load(file, map_location=f"{kind}:{count - 1}"), floats([1, 2]))


@pytest.mark.clause("save.mmap.values")
def test_mapped(trial: Trial) -> None:
    """Several dtypes and a view."""
    torch = trial.namespace
    with trial.case("values", call="torch.load(path, mmap=True)") as case, tempfile.TemporaryDirectory() as folder:
        x = torch.arange(12.0).view(3, 4)
        torch.save({"x": x, "y": x[1:, ::2], "n": torch.tensor([1, -2])}, f"{folder}/x.pt")
        found = torch.load(f"{folder}/x.pt", mmap=True)
        case.same(found["x"], np.arange(12, dtype=np.float32).reshape(3, 4))
        case.same(found["y"], floats([[4, 6], [8, 10]]))
        case.same(found["n"], np.array([1, -2]))
        found["x"][1, 0] = 40
        case.same(found["y"], floats([[40, 6], [8, 10]]), "after a write")


@pytest.mark.clause("save.mmap.private")
def test_mapped_privately(trial: Trial) -> None:
    """The file byte by byte."""
    torch = trial.namespace
    call = "torch.load(path, mmap=True).fill_(9)"
    with trial.case("write", call=call) as case, tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "x.pt")
        torch.save(torch.tensor([1.0, 2.0]), path)
        before = path.read_bytes()
        x = torch.load(path, mmap=True)
        x.fill_(9)
        case.same(x, floats([9, 9]))
        case.same(torch.load(path, mmap=True), floats([1, 2]), "loaded again")
        case.equal("the file is unchanged", path.read_bytes() == before, True)


@pytest.mark.clause("save.mmap.refused")
def test_not_mapped(trial: Trial) -> None:
    """A buffer, and a file of the format before."""
    torch = trial.namespace
    with trial.case("buffer", call="torch.load(buffer, mmap=True)") as case:
        file = stored(torch, torch.tensor([1.0, 2.0]))
        with case.raises("ValueError", "f must be a file path in order to use the mmap argument"):
            torch.load(file, mmap=True)
        file.seek(0)
        case.same(torch.load(file), floats([1, 2]))
    with trial.case("before", call="torch.load(path, mmap=True)") as case, tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/x.pt"
        torch.save(torch.tensor([1.0, 2.0]), path, _use_new_zipfile_serialization=False)
        with case.raises("RuntimeError", "mmap can only be used with files saved with `torch.save("):
            torch.load(path, mmap=True)
        case.same(torch.load(path), floats([1, 2]))


@pytest.mark.clause("save.state.resumed")
def test_resumed(trial: Trial, device: str) -> None:
    """Broken off after each epoch but the last; the random numbers are inputs and dropout."""
    torch = trial.namespace
    with trial.case("whole", call="epochs 0 to 3") as case:
        whole = checkpoint.Run(torch, device)
        for epoch in range(4):
            whole.epoch(epoch)
        case.equal("it learns", bool((trial.read(whole.model[0].weight.detach()) != 0.25).all()), True)
    for stop in (1, 2, 3):
        with trial.case(f"after epoch {stop}", call="torch.save(checkpoint, f); torch.load(f)") as case:
            first = checkpoint.Run(torch, device)
            for epoch in range(stop):
                first.epoch(epoch)
            found = torch.load(stored(torch, first.state(stop)))
            case.equal("dropout and inputs are drawn", len(set(whole.losses)), 12)
            torch.manual_seed(99)
            second = checkpoint.Run(torch, device, seed=False)
            for epoch in range(second.resume(found), 4):
                second.epoch(epoch)
            for name, want in whole.model.state_dict().items():
                case.same(second.model.state_dict()[name], trial.read(want), name)
            case.equal("losses", second.losses, whole.losses[3 * stop :])


@pytest.mark.clause("save.safetensors.dtype")
def test_safetensors_dtypes(trial: Trial) -> None:
    """Values at the ends of each dtype."""
    tensorfile.check_dtypes(trial)


@pytest.mark.clause("save.safetensors.file")
def test_safetensors_file(trial: Trial) -> None:
    """Both ways to name it; a second file replaces the first."""
    tensorfile.check_file(trial)


@pytest.mark.clause("save.safetensors.place")
def test_safetensors_place(trial: Trial) -> None:
    """The CPU, and names that are none."""
    tensorfile.check_place(trial)


@pytest.mark.clause("save.safetensors.numpy")
def test_safetensors_numpy(trial: Trial) -> None:
    """Both ways."""
    tensorfile.check_numpy(trial)


@pytest.mark.clause("save.safetensors.tied")
def test_safetensors_tied(trial: Trial) -> None:
    """What the header says."""
    tensorfile.check_tied(trial)


@pytest.mark.clause("save.safetensors.names")
def test_safetensors_names(trial: Trial) -> None:
    """Of a tied model."""
    tensorfile.check_names(trial)


@pytest.mark.clause("save.safetensors.parts")
def test_safetensors_parts(trial: Trial) -> None:
    """With buffers."""
    tensorfile.check_parts(trial)


@pytest.mark.clause("save.safetensors.packed")
def test_safetensors_packed(trial: Trial) -> None:
    """In one file."""
    tensorfile.check_packed(trial)


@pytest.mark.clause("save.safetensors.model")
def test_safetensors_model(trial: Trial) -> None:
    """A tied model, and one that is not."""
    tensorfile.check_model(trial)
