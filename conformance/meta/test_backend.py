"""A backend is found in four ways, and whatever stands in the way is said in a sentence that tells what to do."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from conformance import backend as subject
from conformance.backend import Backend, BackendError, device_types, load

ADAPTER = """
from conformance.backend import Backend
backend = Backend(name="mini", version="1", namespace=object(), expectations="known.txt")
def other():
    return Backend(name="other", version="2", namespace=object())
three = 3
def broken():
    raise ValueError("no licence")
def homeless():
    return Backend(name="homeless", version="1", namespace=object(), devices=("cpu",), accelerator="gpu:0")
def deviceless():
    return Backend(name="deviceless", version="1", namespace=object(), devices=())
def speechless():
    return Backend(name="speechless", version="1", namespace=object(), lacks={"complex": ""})
def lonely():
    return Backend(name="lonely", version="1", namespace=object(), companions={"torchvison": object()})
"""
LIBRARY = """
__version__ = "0.3"
def tensor(data):
    return data
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give an empty working directory, and forget the modules that were imported from it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def _entry(monkeypatch: pytest.MonkeyPatch, name: str, value: str, extras: tuple[str, ...] = ()) -> None:
    """Let the one installed backend be `name`, from a distribution `mini-tools` with these extras."""
    metadata = SimpleNamespace(get_all=lambda field: list(extras))
    entry = importlib.metadata.EntryPoint(name, value, subject.GROUP)
    vars(entry)["dist"] = SimpleNamespace(name="mini-tools", metadata=metadata)
    monkeypatch.setattr(subject, "installed", lambda: [entry])


# the four ways


def test_entry_point(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name of the group is looked up first."""
    (folder / "mini_entry.py").write_text(ADAPTER)
    monkeypatch.syspath_prepend(folder)
    _entry(monkeypatch, "mini", "mini_entry:other")
    assert load("mini").name == "other"


def test_entry_points_of_this_project() -> None:
    """The project's own adapters are installed under their names."""
    assert [entry.name for entry in subject.installed()][:1] == ["reference"]
    assert {"reference", "torch", "torch-sim"} <= {entry.name for entry in subject.installed()}


def test_module(folder: Path) -> None:
    """A module of the working directory is found; its `backend` is meant unless another attribute is named."""
    (folder / "mini_module.py").write_text(ADAPTER)
    assert load("mini_module").name == "mini"
    assert load("mini_module:other").version == "2"


def test_module_in_package(folder: Path) -> None:
    """A dotted name is a module in a package."""
    (folder / "mini_package").mkdir()
    (folder / "mini_package" / "adapter.py").write_text(ADAPTER)
    assert load("mini_package.adapter:other").name == "other"


def test_file(folder: Path) -> None:
    """A file is found by its path, imports its neighbours, and names its expectations from where it stands."""
    (folder / "mini_neighbour.py").write_text(LIBRARY)
    (folder / "adapter.py").write_text("import mini_neighbour\n" + ADAPTER)
    assert load("adapter.py").name == "mini"
    assert load(f"{folder / 'adapter.py'}:other").name == "other"
    assert load(str(folder / "adapter.py")).expectations == str(folder / "known.txt")


def test_torch_like_module(folder: Path) -> None:
    """A torch-like module is wrapped as it is, even when it has something else called `backend`."""
    (folder / "mini_library.py").write_text(LIBRARY + "def backend():\n    return 'fast'\n")
    found = load("mini_library")
    assert (found.name, found.version, found.devices) == ("mini_library", "0.3", ("cpu",))
    assert found.namespace is sys.modules["mini_library"]
    assert "accelerator" in found.lacks


def test_torch_like_module_without_version(folder: Path) -> None:
    """A library that does not say its version has an unknown one."""
    (folder / "mini_unversioned.py").write_text("class Tensor: ...\n")
    assert load("mini_unversioned").version == "unknown"


# the errors


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("refrence", "There is no backend 'refrence'.*Did you mean 'reference'.*package.module"),
        ("no_such_library.adapter", "there is no module 'no_such_library.adapter' to import"),
        ("nowhere/adapter.py", "There is no adapter 'nowhere/adapter.py': give the path of a Python file"),
        ("adapter.py:bakend", "has no attribute 'bakend'. Did you mean 'backend'.*Write bakend = conformance.Backend"),
        (
            "adapter.py:three",
            "'three' of the backend 'adapter.py:three' is of the type int: make it a conformance.Backend",
        ),
        ("adapter.py:broken", "'adapter.py:broken' cannot be loaded: ValueError: no licence"),
        ("adapter.py:homeless", "The accelerator 'gpu:0' of the backend 'homeless' is not one of its devices"),
        ("adapter.py:deviceless", "devices of the backend 'deviceless' is .*: name them"),
        ("adapter.py:speechless", "The backend 'speechless' lacks 'complex' without a reason: say why"),
        ("adapter.py:lonely", "names a companion .torchvison.*safetensors and torchvision.*Did you mean 'torchvision'"),
        ("empty_file.py", "was imported but has no attribute 'backend'"),
        ("empty_file", "was imported but has no attribute 'backend'"),
        ("needy.py", "ModuleNotFoundError: No module named 'some_missing_thing'.*pip install some_missing_thing"),
        ("needy", "ModuleNotFoundError: No module named 'some_missing_thing'.*pip install some_missing_thing"),
        ("garbled.py", "'garbled.py' cannot be loaded: SyntaxError"),
    ],
)
def test_error(folder: Path, spec: str, words: str) -> None:
    """Every failure is a BackendError that says what to do."""
    (folder / "adapter.py").write_text(ADAPTER)
    (folder / "empty_file.py").write_text("")
    (folder / "needy.py").write_text("import some_missing_thing\n")
    (folder / "garbled.py").write_text("def\n")
    with pytest.raises(BackendError, match=words):
        load(spec)


def test_file_of_another_kind(folder: Path) -> None:
    """A path of a file that is not Python is refused."""
    (folder / "adapter.toml").write_text("")
    with pytest.raises(BackendError, match="is not a Python file"):
        load("./adapter.toml")


def test_entry_point_that_needs_an_extra(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A library that an extra of the distribution brings is installed through it."""
    (folder / "mini_needy.py").write_text("import minitorch_absent\n")
    monkeypatch.syspath_prepend(folder)
    _entry(monkeypatch, "mini", "mini_needy:backend", extras=("minitorch_absent",))
    with pytest.raises(BackendError, match=r"pip install 'mini-tools\[minitorch_absent\]'"):
        load("mini")


def test_nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any entry point the message says so."""
    monkeypatch.setattr(subject, "installed", list)
    with pytest.raises(BackendError, match="Installed are none"):
        load("no_such_library")


# the record


class _HostTensor:
    """As much of a tensor as reading it takes."""

    def __init__(self, array: Any, dtype: str) -> None:
        self.array, self.dtype = array, dtype

    def detach(self) -> _HostTensor:
        return self

    cpu = detach

    def float(self) -> _HostTensor:
        return _HostTensor(self.array.astype(np.float32), "mini.float32")

    def numpy(self) -> Any:
        assert self.dtype != "mini.bfloat16"
        return self.array


def test_to_numpy() -> None:
    """Results are read without the methods that a library may not have; bfloat16 is read as float32."""
    array = np.array([1.5, -0.0])
    assert subject.to_numpy(_HostTensor(array, "mini.float64")) is array
    half = subject.to_numpy(_HostTensor(array.astype(ml_dtypes.bfloat16), "mini.bfloat16"))
    assert half.dtype == np.float32
    assert half.tolist() == [1.5, -0.0]


def test_device_types() -> None:
    """Examples run on the first device of each type."""
    one = Backend(name="mini", version="1", namespace=None)
    assert device_types(one) == ["cpu"]
    assert device_types(replace(one, devices=("cpu", "sim:0", "sim:1", "gpu"))) == ["cpu", "sim:0", "gpu"]


def test_torch() -> None:
    """PyTorch's adapter reads lazy conjugates and bfloat16."""
    torch = pytest.importorskip("torch")
    found = load("torch")
    assert found.devices[0] == "cpu"
    assert ("accelerator" in found.lacks) == (found.accelerator is None)
    assert found.to_numpy(torch.tensor([1 + 2j]).conj()).tolist() == [1 - 2j]
    assert found.to_numpy(torch.tensor([1 + 2j]).conj().imag).tolist() == [-2.0]
    assert found.to_numpy(torch.tensor([1.5], dtype=torch.bfloat16, requires_grad=True)).dtype == np.float32


SIMULATED = """
import copy, io
from conformance.backend import device_types, load
found = load("torch-sim")
torch = found.namespace
assert found.devices == ("cpu", "sim:0", "sim:1") and device_types(found) == ["cpu", "sim:0"]

def refused(call, words, kind=RuntimeError):
    try:
        call()
    except kind as error:
        assert words in str(error), error
    else:
        raise AssertionError(words)

x = torch.arange(6.0, device="sim:1").reshape(2, 3).requires_grad_()
assert type(x) is torch.Tensor and x.to("sim:1") is x
(x[:, 1:].T * 2).sum().backward()
assert x.grad.device == x.device and x.grad.tolist() == [[0, 2, 2], [0, 2, 2]]
base = torch.zeros(4, device="sim")
view = base[1:3]
view.fill_(1)
assert base.tolist() == [0, 1, 1, 0] and base._version == view._version and view.storage_offset() == 1
assert found.to_numpy(torch.complex(base, base).conj()).tolist() == [0, 1 - 1j, 1 - 1j, 0]
refused(lambda: base + torch.zeros(4), "found at least two devices, sim:0 and cpu!")
refused(lambda: base + torch.zeros(4, device="sim:1"), "found at least two devices, sim:0 and sim:1!")
refused(lambda: torch.zeros(4)[torch.tensor([0], device="sim")], "indices should be either on cpu or on the same")
refused(base.numpy, "can't convert sim:0 device type tensor to numpy", TypeError)
assert (base + torch.tensor(2.0)).device == base[torch.tensor([0])].device == torch.device("sim:0")
module = torch.nn.Linear(3, 1)
weight, optimizer = module.weight, torch.optim.Adam(module.parameters())
assert module.to("sim:1").weight is weight and weight.device == torch.device("sim:1")
module(x.detach()).sum().backward()
optimizer.step()
assert copy.deepcopy(module).weight.device == weight.device
file = io.BytesIO()
torch.save(base, file)
file.seek(0)
assert torch.load(file, map_location="sim:1").device == torch.device("sim:1")
with torch.accelerator.device_index(1):
    assert torch.ones(1, device="sim").device == torch.ones(1).to("sim").device == torch.device("sim:1")
out = torch.empty(0, device="sim")
assert torch.add(base, 1, out=out) is out and out.tolist() == [1, 2, 2, 1]
assert torch.rand(2, generator=torch.Generator("sim").manual_seed(3), device="sim").device.type == "sim"
"""


def test_torch_sim() -> None:
    """The simulated accelerator behaves as one; in a process of its own, which it changes for good."""
    pytest.importorskip("torch")
    done = subprocess.run([sys.executable, "-c", SIMULATED], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
