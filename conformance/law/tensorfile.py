"""Files of the package safetensors: dtypes, paths, devices, arrays and models."""

from __future__ import annotations

import json
import pathlib
import tempfile
from typing import Any

import numpy as np

from conformance.case import Trial
from conformance.law.placement import floats

VALUES: dict[str, list[Any]] = {
    "bool": [True, False, True],
    "uint8": [0, 1, 255],
    "int8": [-128, 0, 127],
    "int16": [-(2**15), 5, 2**15 - 1],
    "int32": [-(2**31), 5, 2**31 - 1],
    "int64": [-(2**63), 5, 2**63 - 1],
    "uint16": [0, 1, 2**16 - 1],
    "uint32": [0, 1, 2**32 - 1],
    "uint64": [0, 1, 2**64 - 1],
    "float16": [0.5, -(2.0**-24), 65504.0],
    "bfloat16": [0.5, -(2.0**-126), 2.0**100],
    "float32": [0.5, -(2.0**-149), 1e38],
    "float64": [0.1, -5e-324, 1e308],
    "complex64": [1 + 2j, -0.5j, 3.0],
}
NEEDS = {
    "float16": "half",
    "bfloat16": "bf16",
    "complex64": "complex",
    **dict.fromkeys(("uint16", "uint32", "uint64"), "uint16"),
}


def check_dtypes(trial: Trial) -> None:
    """One tensor of each dtype, alone and beside one of another size before it."""
    torch, files = trial.namespace, trial.companion("safetensors")
    for name, values in VALUES.items():
        needs = (NEEDS[name],) if name in NEEDS else ()
        with trial.case(name, call="safetensors.load(safetensors.save({'x': x}))", requires=needs) as case:
            x = torch.tensor(values, dtype=getattr(torch, name))
            for others in ({}, {"before": torch.tensor([True] * 3)}):
                found = files.load(files.save({**others, "x": x}))
                case.equal("names", sorted(found), sorted([*others, "x"]))
                case.equal("dtype", found["x"].dtype, x.dtype)
                case.equal("values", found["x"].tolist(), x.tolist())
    with trial.case("complex128", call="safetensors.save({'x': x})", requires=("complex",)) as case:
        x = torch.tensor([1 + 2j], dtype=torch.complex128)
        with case.raises("KeyError"):
            files.save({"x": x})
        case.equal("its parts", files.load(files.save({"x": x.real.contiguous()}))["x"].tolist(), [1.0])


def check_file(trial: Trial) -> None:
    """A long file is replaced by a short one."""
    torch, files = trial.namespace, trial.companion("safetensors")
    for kind in (str, pathlib.Path):
        call = "safetensors.save_file(tensors, path); safetensors.load_file(path)"
        with trial.case(kind.__name__, call=call) as case, tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "x.safetensors")
            files.save_file({"x": torch.zeros(100)}, kind(path))
            case.equal("None", files.save_file({"y": torch.tensor([1.0, 2.0])}, kind(path)), None)
            found = files.load_file(kind(path))
            case.equal("names", list(found), ["y"])
            case.same(found["y"], floats([1, 2]))
            case.equal("bytes", path.read_bytes(), files.save({"y": torch.tensor([1.0, 2.0])}))


def check_place(trial: Trial) -> None:
    """By name."""
    torch, files = trial.namespace, trial.companion("safetensors")
    with (
        trial.case("cpu", call="safetensors.load_file(path, device='cpu')") as case,
        tempfile.TemporaryDirectory() as folder,
    ):
        path = f"{folder}/x.safetensors"
        files.save_file({"x": torch.tensor([1.0, 2.0])}, path)
        found = files.load_file(path, device="cpu")["x"]
        case.equal("device", found.device.type, "cpu")
        case.same(found, floats([1, 2]))
        for name in ("nowhere", "meta"):
            with case.raises("Exception", f"device {name} is invalid"):
                files.load_file(path, device=name)


def check_numpy(trial: Trial) -> None:
    """Arrays of several dtypes and shapes."""
    from safetensors import numpy as arrays

    torch, files = trial.namespace, trial.companion("safetensors")
    values = {"x": floats([[1, 2], [3, 4]]), "n": np.array([5, -6]), "flag": np.array(True), "none": np.zeros((0, 2))}
    with trial.case("read", call="safetensors.numpy.load(safetensors.save(tensors))") as case:
        tensors = {
            name: torch.tensor(value.tolist(), dtype=getattr(torch, str(value.dtype))) for name, value in values.items()
        }
        tensors["none"] = torch.zeros(0, 2, dtype=torch.float64)
        found = arrays.load(files.save(tensors))
        for name, want in values.items():
            case.same(found[name], want, name)
            case.equal(f"dtype of {name}", found[name].dtype, want.dtype)
    with trial.case("write", call="safetensors.load(safetensors.numpy.save(arrays))") as case:
        read = files.load(arrays.save(values))
        for name, want in values.items():
            case.same(read[name], want, name)


def tied(torch: Any, value: float) -> Any:
    """A model whose two layers share a weight."""
    model = torch.nn.Sequential(torch.nn.Linear(2, 2, bias=False), torch.nn.Linear(2, 2, bias=False))
    model[1].weight = model[0].weight
    model[0].weight.data.fill_(value)
    return model


def check_tied(trial: Trial) -> None:
    """With and without metadata of one's own."""
    torch, files = trial.namespace, trial.companion("safetensors")
    for given, wanted in (
        (None, {"1.weight": "0.weight"}),
        ({"step": "3"}, {"step": "3", "1.weight": "0.weight"}),
        ({"1.weight": "mine"}, {"1.weight": "mine"}),
    ):
        with (
            trial.case(str(given), call=f"safetensors.save_model(m, path, {given})") as case,
            tempfile.TemporaryDirectory() as folder,
        ):
            path = pathlib.Path(folder, "x.safetensors")
            files.save_model(tied(torch, 3.0), str(path), given)
            data = path.read_bytes()
            header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
            case.equal("metadata", header.get("__metadata__"), wanted)


def check_names(trial: Trial) -> None:
    """The second name alone, then both."""
    torch, files = trial.namespace, trial.companion("safetensors")
    with (
        trial.case("names", call="safetensors.load_model(m, path)") as case,
        tempfile.TemporaryDirectory() as folder,
    ):
        path, model = f"{folder}/x.safetensors", tied(torch, 5.0)
        files.save_file({"1.weight": torch.full((2, 2), 3.0)}, path)
        missing, unexpected = files.load_model(model, path)
        case.equal("missing, unexpected", (list(missing), list(unexpected)), ([], []))
        case.same(model[0].weight.detach(), np.full((2, 2), 3, np.float32))
        files.save_file({f"{i}.weight": torch.full((2, 2), 7.0) for i in (0, 1)}, path)
        with case.raises("RuntimeError", 'Unexpected key(s) in state_dict: "1.weight"'):
            files.load_model(model, path)
        missing, unexpected = files.load_model(model, path, strict=False)
        case.equal("told", (list(missing), list(unexpected)), ([], ["1.weight"]))
        case.same(model[1].weight.detach(), np.full((2, 2), 7, np.float32))


def check_parts(trial: Trial) -> None:
    """Two overlapping halves of a vector."""
    torch, files = trial.namespace, trial.companion("safetensors")
    with (
        trial.case("parts", call="safetensors.save_model(m, path)") as case,
        tempfile.TemporaryDirectory() as folder,
    ):
        path, whole, model = pathlib.Path(folder, "x.safetensors"), torch.arange(6.0), torch.nn.Module()
        model.register_buffer("a", whole[:4])
        model.register_buffer("b", whole[2:])
        with case.raises("RuntimeError", "None is covering the entire storage"):
            files.save_model(model, str(path))
        case.equal("written", path.exists(), False)
        model.register_buffer("c", whole)
        files.save_model(model, str(path))
        case.equal("names in the file", list(files.load_file(path)), ["c"])


def check_packed(trial: Trial) -> None:
    """A matrix that is turned."""
    torch, files = trial.namespace, trial.companion("safetensors")
    with (
        trial.case("packed", call="safetensors.save_model(m, path)") as case,
        tempfile.TemporaryDirectory() as folder,
    ):
        path, model = pathlib.Path(folder, "x.safetensors"), torch.nn.Module()
        model.register_buffer("x", torch.arange(6.0).reshape(2, 3).t())
        with case.raises("ValueError", "You are trying to save a non contiguous tensor: `x`"):
            files.save_model(model, str(path), force_contiguous=False)
        case.equal("written", path.exists(), False)
        files.save_model(model, str(path))
        case.same(files.load_file(path)["x"], floats([[0, 3], [1, 4], [2, 5]]))
        case.equal("strides of the buffer", tuple(model.x.stride()), (1, 3))


def check_model(trial: Trial) -> None:
    """Names are kept by their order."""
    torch, files = trial.namespace, trial.companion("safetensors")
    with (
        trial.case("tied", call="safetensors.save_model(m, path); safetensors.load_model(n, path)") as case,
        tempfile.TemporaryDirectory() as folder,
    ):
        path = f"{folder}/x.safetensors"
        model, other = tied(torch, 3.0), tied(torch, 5.0)
        with case.raises("RuntimeError", "Some tensors share memory"):
            files.save_file(model.state_dict(), path)
        files.save_model(model, path)
        case.equal("names in the file", list(files.load_file(path)), ["0.weight"])
        missing, unexpected = files.load_model(other, path)
        case.equal("missing, unexpected", (list(missing), list(unexpected)), ([], []))
        case.same(other[1].weight.detach(), np.full((2, 2), 3, np.float32))
        case.equal("still tied", other[0].weight is other[1].weight, True)
        lone = torch.nn.Linear(2, 2)
        with case.raises("RuntimeError", 'Missing key(s) in state_dict: "bias", "weight"'):
            files.load_model(lone, path)
        missing, unexpected = files.load_model(lone, path, strict=False)
        case.equal("told", (sorted(missing), list(unexpected)), (["bias", "weight"], ["0.weight"]))
