"""What the reference saves PyTorch loads, and the other way round: the same values, layouts and sharing."""

from __future__ import annotations

import io
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conformance.backend import load

OPTIMIZERS = (
    "SGD", "Adam", "AdamW", "Adamax", "NAdam", "RAdam", "Adagrad", "Adadelta", "RMSprop", "Rprop", "ASGD", "Adafactor"
)  # fmt: skip
DTYPES = ("bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64")


def namespaces() -> dict[str, Any]:
    """Both libraries; a skip where PyTorch is not installed."""
    pytest.importorskip("torch")
    return {name: load(name).namespace for name in ("torch", "reference")}


def views(torch: Any) -> dict[str, Any]:
    """One memory in several layouts."""
    x = torch.arange(24.0).view(2, 3, 4)
    return {"x": x, "part": x[1, ::2, 1:], "turned": x.permute(2, 0, 1), "row": x[0, 1], "wide": x[0, 0, 0].expand(5)}


def leaves(torch: Any) -> list[Any]:
    """What requires grad, and what does not."""
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    return [x, x * 3, torch.nn.Parameter(torch.ones(2)), torch.nn.Parameter(torch.zeros(1), requires_grad=False), x[:1]]


def edges(torch: Any) -> list[Any]:
    """Shapes without elements and without dimensions, and special values."""
    special = torch.tensor([float("nan"), float("inf"), -0.0])
    return [torch.zeros(2, 0, 3), torch.tensor(2.5), torch.zeros(0, dtype=torch.int64), special, torch.ones(1000)[5]]


def containers(torch: Any) -> Any:
    """Everything that `weights_only` lets pass, nested."""
    values: list[Any] = [
        0,
        -5,
        2**40,
        1.5,
        True,
        None,
        "größe",
        b"\x00\xff",
        bytearray(b"ab"),
        1 + 2j,
        {1},
        (1, ()),
        [[]],
    ]
    named = [torch.Size([2, 3]), torch.float16, torch.device("cuda:1"), torch.strided, torch.bool]
    return OrderedDict(values=values, named=named, tensor={"deep": [(torch.tensor([True]),)]})


def dtypes(torch: Any) -> dict[str, Any]:
    """One tensor of each."""
    return {
        name: torch.tensor([[0, 1], [2, 3]], dtype=getattr(torch, name)).t()
        for name in (*DTYPES, "complex64", "complex128")
    }


def unsigned(torch: Any) -> list[Any]:
    """Those that only the archive can hold."""
    return [torch.tensor([1, 0, 60000], dtype=getattr(torch, name))[1:] for name in ("uint16", "uint32", "uint64")]


def state(torch: Any) -> Any:
    """The state of a module."""
    return torch.nn.Linear(3, 2).state_dict()


def network(torch: Any) -> Any:
    """The state of a network with buffers, and of one with tied parameters."""
    layers = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2), torch.nn.Linear(2, 2, bias=False))
    tied = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Linear(2, 2))
    tied[1].weight = tied[0].weight
    return {"epoch": 3, "layers": layers.state_dict(), "tied": tied.state_dict()}


def optimized(torch: Any) -> list[Any]:
    """The states of optimizers after two steps."""
    return [trained(torch, name, range(2))[1].state_dict() for name in OPTIMIZERS]


def trained(torch: Any, name: str, steps: range, start: list[Any] | None = None, state: Any = None) -> tuple[Any, Any]:
    """Parameters and an optimizer after some steps, from a start as lists and a loaded state."""
    start = start or [[[1.0, -2.0], [0.5, 4.0]], [3.0]]
    params = [torch.nn.Parameter(torch.tensor(values)) for values in start]
    options = {"momentum": 0.9} if name in ("SGD", "RMSprop") else {}
    optimizer = getattr(torch.optim, name)(params, lr=0.25, **options)
    if state is not None:
        optimizer.load_state_dict(state)
    for t in steps:
        for p in params:
            p.grad = torch.tensor([2.0, -1.0, 0.5, 3.0])[t].expand(p.shape).clone()
        optimizer.step()
    return params, optimizer


def lazily(torch: Any) -> list[Any]:
    """Conjugates and signs that are postponed, and attributes."""
    x = torch.tensor([1 + 2j, -3j])
    named = torch.ones(2)
    named.label = "speed"
    return [x, x.conj(), torch.tensor([1 + 2j, -3j]).conj().imag, named]


def sparse(torch: Any) -> list[Any]:
    """Both layouts."""
    x = torch.tensor([[0.0, 2.0], [3.0, 0.0]])
    return [x.to_sparse(), x.to_sparse_csr()]


def seen(thing: Any) -> Any:
    """What can be compared between libraries."""
    if isinstance(thing, dict):
        return type(thing).__name__, {key: seen(value) for key, value in thing.items()}
    if type(thing) in (list, tuple):
        return type(thing).__name__, [seen(value) for value in thing]
    if not hasattr(thing, "requires_grad"):
        return repr(thing)
    if str(thing.layout) != "torch.strided":
        return str(thing.layout), thing.to_dense().tolist(), tuple(thing.shape)
    place: Any = tuple(thing.shape), tuple(thing.stride()), thing.storage_offset(), thing.untyped_storage().nbytes()
    if thing.is_conj() or thing.is_neg():
        place = "of its own in the reference, which postpones nothing"
    kind = type(thing).__name__, thing.requires_grad, thing.is_leaf, thing.is_conj(), vars(thing)
    return str(thing.dtype), repr(thing.detach().tolist()), place, kind


@pytest.mark.parametrize(
    ("make", "form"),
    [
        (make, form)
        for make in (views, leaves, edges, containers, dtypes, unsigned, state, network, optimized, lazily, sparse)
        for form in (True, False)
        if form or make is not unsigned
    ],
)
@pytest.mark.parametrize(("writer", "reader"), [("torch", "reference"), ("reference", "torch")])
@pytest.mark.filterwarnings("ignore:Sparse")
def test_exchange(writer: str, reader: str, make: Callable[[Any], Any], form: bool) -> None:
    """As an archive, and in the format before."""
    libraries = namespaces()
    thing = make(libraries[writer])
    buffer = io.BytesIO()
    libraries[writer].save(thing, buffer, _use_new_zipfile_serialization=form)
    buffer.seek(0)
    again = libraries[writer].load(io.BytesIO(buffer.getvalue()))
    assert seen(libraries[reader].load(buffer)) == seen(again)


@pytest.mark.parametrize(("writer", "reader"), [("torch", "reference"), ("reference", "torch")])
def test_sharing_is_exchanged(writer: str, reader: str) -> None:
    """A write through one tensor is seen through the others."""
    libraries = namespaces()
    buffer = io.BytesIO()
    libraries[writer].save(views(libraries[writer]), buffer)
    buffer.seek(0)
    found = libraries[reader].load(buffer)
    found["x"][1, 0, 1] = 100
    assert found["part"][0, 0].item() == 100
    assert found["turned"][1, 1, 0].item() == 100


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize(("writer", "reader"), [("torch", "reference"), ("reference", "torch")])
def test_training_is_continued(writer: str, reader: str, name: str) -> None:
    """Two steps in one library and two in the other are four in either."""
    libraries = namespaces()
    params, optimizer = trained(libraries[writer], name, range(2))
    buffer = io.BytesIO()
    libraries[writer].save({"params": [p.tolist() for p in params], "state": optimizer.state_dict()}, buffer)
    buffer.seek(0)
    found = libraries[reader].load(buffer)
    continued, _ = trained(libraries[reader], name, range(2, 4), found["params"], found["state"])
    for library in libraries.values():
        whole, _ = trained(library, name, range(4))
        for p, want in zip(continued, whole, strict=True):
            np.testing.assert_allclose(p.tolist(), want.tolist(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("writer", "reader"), [("torch", "reference"), ("reference", "torch")])
def test_safetensors_are_exchanged(writer: str, reader: str) -> None:
    """The same bytes from both, and what one writes the other reads; tied models too."""
    backends = {name: load(name) for name in namespaces()}
    files = {name: backend.companions["safetensors"] for name, backend in backends.items()}
    tensors = {name: {k: t.contiguous() for k, t in dtypes(backend.namespace).items() if k != "complex128"}
               for name, backend in backends.items()}  # fmt: skip
    data = files[writer].save(tensors[writer], {"step": "3"})
    assert seen(files[reader].load(data)) == seen(files[reader].load(files[reader].save(tensors[reader])))
    assert len(data) == len(files[reader].save(tensors[reader], {"step": "3"}))
    state = network(backends[writer].namespace)["layers"]
    found = files[reader].load(files[writer].save(dict(state)))
    assert {k: t.tolist() for k, t in found.items()} == {k: t.tolist() for k, t in state.items()}


def test_mapped_from_each_other(tmp_path: Path) -> None:
    """Memory lies in the file where both look for it."""
    libraries = namespaces()
    for writer, reader in (("torch", "reference"), ("reference", "torch")):
        path = str(tmp_path / f"{writer}.pt")
        libraries[writer].save(views(libraries[writer]), path)
        found = libraries[reader].load(path, mmap=True)
        assert found["part"].tolist() == [[13, 14, 15], [21, 22, 23]]


def test_locations_are_exchanged() -> None:
    """An accelerator's tag is refused by a library that has none, and mapped where that is asked for."""
    libraries = namespaces()
    buffer = io.BytesIO()
    libraries["reference"].save(libraries["reference"].tensor([1.0, 2.0], device="sim:1"), buffer)
    buffer.seek(0)
    found = libraries["torch"].load(buffer, map_location="cpu")
    assert found.tolist() == [1, 2]
    assert found.device.type == "cpu"


@pytest.mark.parametrize(("writer", "reader"), [("torch", "reference"), ("reference", "torch")])
def test_whole_networks(writer: str, reader: str) -> None:
    """A network that was saved as it is, classes and all, is one of the other library's, and computes the same."""
    libraries = namespaces()
    nn = libraries[writer].nn
    tail = nn.ReLU(inplace=True), nn.Dropout(0.5), nn.Flatten(), nn.LayerNorm(8), nn.Linear(8, 3)
    net = nn.Sequential(nn.Conv2d(1, 2, 3, padding="same", padding_mode="reflect"), nn.BatchNorm2d(2), *tail).eval()
    file = io.BytesIO()
    libraries[writer].save(net, file)
    file.seek(0)
    found = libraries[reader].load(file, weights_only=False)
    assert isinstance(found, libraries[reader].nn.Sequential)
    assert repr(found) == repr(net)
    x = [[[[1.0, -2.0], [0.5, 4.0]]]]
    first, second = (n(libraries[name].tensor(x)).tolist() for n, name in ((net, writer), (found, reader)))
    assert first[0] == pytest.approx(second[0], rel=1e-5)
    assert libraries[reader].nn.Sequential(*found).train()[1].momentum == 0.1
