"""Laws of the chapter archive: what a backend writes is looked at without it, and what was written by hand is
given to it."""

from __future__ import annotations

import io
import pathlib
import pickle
import struct
import tempfile
import zipfile
from typing import Any

import numpy as np
import pytest

from conformance.case import Trial
from conformance.law import archive as by
from conformance.law.placement import floats

REQUIRED = {"data.pkl", "byteorder", "version", ".format_version", ".storage_alignment"}
KINDS = {
    "bool": "Bool", "uint8": "Byte", "int8": "Char", "int16": "Short", "int32": "Int", "int64": "Long",
    "float16": "Half", "bfloat16": "BFloat16", "float32": "Float", "float64": "Double",
    "complex64": "ComplexFloat", "complex128": "ComplexDouble",
}  # fmt: skip
PACKED = {
    "bool": ("<3?", (True, False, True)), "uint8": ("<3B", (0, 200, 255)), "int8": ("<3b", (0, -128, 127)),
    "int16": ("<3h", (1, -2, 300)), "int32": ("<3i", (1, -2, 1 << 20)), "int64": ("<3q", (1, -2, 1 << 40)),
    "float16": ("<3e", (1.5, -2.0, 0.25)), "float32": ("<3f", (1.5, -2.0, 0.25)), "float64": ("<3d", (1.5, -2.0, 0.1)),
}  # fmt: skip
NEEDS = {"float16": ("half",), "bfloat16": ("bf16",), "complex64": ("complex",), "complex128": ("complex",)}
THREE = struct.pack("<3f", 1.5, -2.0, 0.25)
PLAIN = by.whole(by.tensor("torch.FloatStorage", 3, (3,), (1,)))


def saved(torch: Any, thing: Any) -> io.BytesIO:
    """A buffer that `thing` is saved in, at its start."""
    buffer = io.BytesIO()
    torch.save(thing, buffer)
    buffer.seek(0)
    return buffer


@pytest.mark.clause("archive.stored")
def test_stored(trial: Trial) -> None:
    """Every record; the archive is sound."""
    torch = trial.namespace
    with trial.case("records", call="zipfile.ZipFile(f)") as case:
        archive = by.opened(saved(torch, {"a": torch.zeros(1000), "b": torch.ones(3)}))
        case.equal("the first that is broken", archive.testzip(), None)
        case.equal("compression", {one.compress_type for one in archive.infolist()}, {zipfile.ZIP_STORED})
        case.equal("folders", len({one.filename.split("/")[0] for one in archive.infolist()}), 1)
        case.holds("records", len(archive.namelist()) >= 5, "at least five", str(archive.namelist()))


@pytest.mark.clause("archive.records")
def test_records(trial: Trial) -> None:
    """Their names, and the contents of the short ones."""
    torch = trial.namespace
    with trial.case("records", call="zipfile.ZipFile(f).namelist()") as case:
        found = by.records(saved(torch, [torch.ones(2), torch.zeros(3), 5]))
        case.equal("missing", REQUIRED - found.keys(), set())
        case.equal("memory", {name for name in found if name.startswith("data/")}, {"data/0", "data/1"})
        case.equal("byteorder", found["byteorder"], b"little" if np.little_endian else b"big")
        case.equal("version", int(found["version"]), 3)
        case.equal("format version", found[".format_version"], b"1")
        case.equal("alignment", found[".storage_alignment"], b"64")


@pytest.mark.clause("archive.folder")
def test_folder(trial: Trial) -> None:
    """A buffer and paths."""
    torch = trial.namespace
    with trial.case("buffer", call="torch.save(x, io.BytesIO())") as case, by.opened(saved(torch, 1)) as archive:
        case.equal("folder", archive.namelist()[0].split("/")[0], "archive")
    for name, folder in {"weights.pt": "weights", "a.b.pth": "a.b", "plain": "plain"}.items():
        with trial.case(name, call="torch.save(x, path)") as case, tempfile.TemporaryDirectory() as place:
            torch.save(1, f"{place}/{name}")
            with zipfile.ZipFile(f"{place}/{name}") as archive:
                case.equal("folder", archive.namelist()[0].split("/")[0], folder)


@pytest.mark.clause("archive.aligned")
def test_aligned(trial: Trial) -> None:
    """Memory of odd sizes between other memory."""
    torch = trial.namespace
    with trial.case("records", call="the offset of each record") as case:
        file = saved(torch, [torch.ones(n) for n in (1, 7, 64, 3)] + [torch.ones(5, dtype=torch.uint8)])
        for info in by.opened(file).infolist():
            case.equal(f"{info.filename}: offset % 64", by.start_of(info, file.getvalue()) % by.ALIGNMENT, 0)


@pytest.mark.clause("archive.memory")
def test_memory(trial: Trial) -> None:
    """Two views of one memory, a memory of its own."""
    torch = trial.namespace
    with trial.case("memory", call="zipfile.ZipFile(f).read('archive/data/0')") as case:
        x = torch.arange(6.0)
        found = by.records(saved(torch, [x[2:4], x.view(2, 3).t(), torch.tensor([-1, 2])]))
        case.equal("memory", sorted(name for name in found if name.startswith("data/")), ["data/0", "data/1"])
        case.equal("data/0", found["data/0"], np.arange(6, dtype=np.float32).tobytes())
        case.equal("data/1", found["data/1"], np.array([-1, 2]).tobytes())


@pytest.mark.clause("archive.pickle")
def test_pickle(trial: Trial) -> None:
    """The names that it looks up, and nothing of the backend's own."""
    torch = trial.namespace
    with trial.case("names", call="pickletools.genops(data.pkl)") as case:
        thing = {"x": torch.ones(2), "p": torch.nn.Parameter(torch.ones(2)), "s": torch.Size([2]), "d": torch.float32}
        content = by.records(saved(torch, thing))["data.pkl"]
        case.equal("begins with", content[:2], b"\x80\x02")
        case.equal("persistent ids", by.codes_in(content).count("BINPERSID"), 2)
        want = {"torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_parameter", "torch.FloatStorage"}
        want |= {"collections.OrderedDict", "torch.Size", "torch.float32"}
        case.equal("names", set(by.names_in(content)), want)


@pytest.mark.clause("archive.dtypes")
def test_classes(trial: Trial) -> None:
    """The class of each dtype."""
    torch = trial.namespace
    for name, word in {**KINDS, "uint16": "", "uint32": "", "uint64": ""}.items():
        needs = NEEDS.get(name, () if word else ("uint16",))
        with trial.case(name, call="pickletools.genops(data.pkl)", requires=needs) as case:
            found = by.names_in(by.records(saved(torch, torch.tensor([1, 0], dtype=getattr(torch, name))))["data.pkl"])
            rebuilt, kind = ("v2", f"torch.{word}Storage") if word else ("v3", "torch.storage.UntypedStorage")
            case.equal("function", found[0], f"torch._utils._rebuild_tensor_{rebuilt}")
            case.equal("class", found[1], kind)


@pytest.mark.clause("archive.read")
def test_read(trial: Trial) -> None:
    """Each dtype that Python packs, strides and offsets, and two tensors on one memory."""
    torch = trial.namespace
    for name, (form, values) in PACKED.items():
        with trial.case(name, call="torch.load(by hand)", requires=NEEDS.get(name, ())) as case:
            kind = f"torch.{KINDS[name]}Storage"
            x = torch.load(by.by_hand(by.whole(by.tensor(kind, 3, (3,), (1,))), struct.pack(form, *values)))
            case.equal("dtype", x.dtype, getattr(torch, name))
            case.equal("values", x.tolist(), list(values))
    with trial.case("views", call="torch.load(by hand)") as case:
        first = by.tensor("torch.FloatStorage", 6, (3, 2), (1, 3))
        second = by.tensor("torch.FloatStorage", 6, (2,), (2,), offset=1, requires_grad=True)
        pair = by.whole(first, second, b"\x86")
        x, y = torch.load(by.by_hand(pair, np.arange(6, dtype=np.float32).tobytes()))
        case.same(x, floats([[0, 3], [1, 4], [2, 5]]))
        case.same(y.detach(), floats([1, 3]))
        case.equal("requires_grad", (x.requires_grad, y.requires_grad), (False, True))
        x[0, 1] = 7
        case.same(y.detach(), floats([1, 7]), "after a write through the other")


@pytest.mark.clause("archive.parameters")
def test_parameter(trial: Trial) -> None:
    """In a dictionary, beside its tensor."""
    torch = trial.namespace
    with trial.case("parameter", call="torch.load(by hand)") as case:
        hooks = by.called("collections.OrderedDict") + b")R"
        tensor = by.tensor("torch.FloatStorage", 3, (3,), (1,))
        parameter = by.called("torch._utils._rebuild_parameter") + b"h\x00\x88" + hooks + b"\x87R"
        held = by.whole(b"}(", by.text("x"), tensor, b"q\x00", by.text("p"), parameter, b"u")
        found = torch.load(by.by_hand(held, THREE))
        case.equal("keys", list(found), ["x", "p"])
        case.equal("kind", isinstance(found["p"], torch.nn.Parameter), True)
        case.equal("requires_grad", found["p"].requires_grad, True)
        found["x"][1] = 8
        case.same(found["p"].detach(), floats([1.5, 8, 0.25]))


@pytest.mark.clause("archive.compressed")
def test_compressed(trial: Trial) -> None:
    """What the backend wrote, and what was written by hand."""
    torch = trial.namespace
    with trial.case("deflated", call="torch.load(compressed)") as case:
        file = by.changed(saved(torch, torch.arange(500.0)), lambda name, content: content, zipfile.ZIP_DEFLATED)
        case.same(torch.load(file), np.arange(500, dtype=np.float32))
        file = by.changed(by.by_hand(PLAIN, THREE), lambda name, content: content, zipfile.ZIP_DEFLATED)
        case.same(torch.load(file), floats([1.5, -2, 0.25]))


@pytest.mark.clause("archive.optional")
def test_optional(trial: Trial) -> None:
    """Each on its own, and all of them."""
    torch = trial.namespace
    groups = [(".format_version",), (".storage_alignment",), ("byteorder",), (".data/serialization_id",)]
    for names in (*groups, tuple(name for group in groups for name in group)):
        with trial.case(" ".join(names), call="torch.load(without)") as case:
            file = saved(torch, torch.tensor([1.5, -2.0]))
            file = by.changed(file, lambda name, content, names=names: None if name in names else content)  # type: ignore[misc]
            case.same(torch.load(file), floats([1.5, -2]))


@pytest.mark.clause("archive.swapped")
def test_swapped(trial: Trial) -> None:
    """Numbers of two, four and eight bytes; on a machine of either order."""
    torch = trial.namespace
    other, word = (">", b"big") if np.little_endian else ("<", b"little")
    for name, (form, values) in PACKED.items():
        with trial.case(name, call="torch.load(swapped)", requires=NEEDS.get(name, ())) as case:
            memory = struct.pack(form.replace("<", other), *values)
            content = by.whole(by.tensor(f"torch.{KINDS[name]}Storage", 3, (3,), (1,)))
            case.equal("values", torch.load(by.by_hand(content, memory, byteorder=word)).tolist(), list(values))


@pytest.mark.clause("archive.order")
def test_order(trial: Trial) -> None:
    """A word that is none of the two."""
    torch = trial.namespace
    with trial.case("middle", call="torch.load(file)") as case:
        with case.raises("ValueError", "Unknown endianness type: middle"):
            torch.load(by.by_hand(PLAIN, THREE, byteorder=b"middle"))
        case.same(torch.load(by.by_hand(PLAIN, THREE)), floats([1.5, -2, 0.25]))


@pytest.mark.clause("archive.version")
def test_version(trial: Trial) -> None:
    """From the first to one that does not exist."""
    torch = trial.namespace
    for version in (1, 2, 3, 10):
        with trial.case(str(version), call="torch.load(file)") as case:
            case.same(torch.load(by.by_hand(PLAIN, THREE, version=b"%d\n" % version)), floats([1.5, -2, 0.25]))
    for version in (11, 99):
        with trial.case(str(version), call="torch.load(file)") as case:
            words = f"with version {version}, but the maximum supported version for reading is 10"
            with case.raises("RuntimeError", words):
                torch.load(by.by_hand(PLAIN, THREE, version=b"%d\n" % version))
    with trial.case("none", call="torch.load(file)") as case, case.raises("RuntimeError", 'hasRecord("version")'):
        torch.load(by.archive({"data.pkl": PLAIN, "data/0": THREE}))


@pytest.mark.clause("archive.missing")
def test_missing(trial: Trial) -> None:
    """The pickle and the memory."""
    torch = trial.namespace
    for gone in ("data.pkl", "data/0"):
        with trial.case(gone, call="torch.load(without)") as case:
            whole = by.by_hand(PLAIN, THREE)
            with case.raises("RuntimeError", f"failed locating file {gone}: file not found"):
                torch.load(by.changed(whole, lambda name, content, gone=gone: None if name == gone else content))  # type: ignore[misc]
            case.same(torch.load(whole), floats([1.5, -2, 0.25]))


@pytest.mark.clause("archive.size")
def test_size(trial: Trial) -> None:
    """Less and more."""
    torch = trial.namespace
    for memory in (THREE[:8], THREE + b"0000", b""):
        with trial.case(f"{len(memory)} bytes", call="torch.load(file)") as case:
            words = f"record size ({len(memory)} bytes) does not match expected size (12 bytes"
            with case.raises("RuntimeError", words):
                torch.load(by.by_hand(PLAIN, memory))


@pytest.mark.clause("archive.bounds")
def test_bounds(trial: Trial) -> None:
    """By size, offset, stride and sign."""
    torch = trial.namespace
    for size, stride, offset in (
        ((4,), (1,), 0),
        ((3,), (1,), 1),
        ((3,), (2,), 0),
        ((2, 2), (2, 1), 0),
        ((1,), (1,), 3),
    ):
        with trial.case(f"{size} {stride} {offset}", call="torch.load(file)") as case:
            content = by.whole(by.tensor("torch.FloatStorage", 3, size, stride, offset))
            with case.raises("RuntimeError", "Trying to resize storage that is not resizable"):
                torch.load(by.by_hand(content, THREE))
    with trial.case("negative", call="torch.load(file)") as case, case.raises("RuntimeError", "[-1]"):
        torch.load(by.by_hand(by.whole(by.tensor("torch.FloatStorage", 3, (3,), (-1,))), THREE))


@pytest.mark.clause("archive.hostile")
def test_hostile(trial: Trial) -> None:
    """Calls, states, targets, ids; a file in the working directory would tell of a call."""
    torch = trial.namespace
    with tempfile.TemporaryDirectory() as folder:
        mark = pathlib.Path(folder, "ran")
        command = by.text(f"touch {mark}") + b"\x85R"
        for name, (instructions, words) in {
            "os": (by.called("os.system") + command, "whose module os is blocked"),
            "posix": (by.called("posix.system") + command, "whose module posix is blocked"),
            "exec": (
                by.called("builtins.exec") + by.text(f"open({str(mark)!r}, 'w')") + b"\x85R",
                "GLOBAL exec was not",
            ),
            "open": (by.called("io.open") + by.text(str(mark)) + by.text("w") + b"\x86R", "GLOBAL io.open was not"),
            "of torch": (by.called("torch.load") + by.text(str(mark)) + b"\x85R", "GLOBAL torch.load was not"),
            "a number": (b"K\x01K\x02\x85R", "Trying to call reduce for unrecognized function 1"),
            "state": (b")}K\x01K\x02sb", "Can only build Tensor, Parameter, OrderedDict or types allowlisted"),
            "append": (b")K\x01a", "Can only append to lists, but got <class 'tuple'>"),
            "setitem": (b"]K\x01K\x02s", "Can only SETITEM for dict, collections.OrderedDict, collections.Counter"),
            "id": (b"(" + by.text("module") + by.text("0") + b"tQ", "Only persistent_load of storage is allowed"),
            "instance": (b"(icollections\nOrderedDict\n", "Unsupported operand 105"),
        }.items():
            with trial.case(name, call="torch.load(by hand)") as case:
                with case.raises("pickle.UnpicklingError", words):
                    torch.load(by.by_hand(by.whole(instructions), THREE))
                case.equal("the call was made", mark.exists(), False)


@pytest.mark.clause("archive.damaged")
def test_damaged(trial: Trial) -> None:
    """Without its end, and cut within the tensor."""
    torch = trial.namespace
    for length in (0, 2, len(PLAIN) // 2, len(PLAIN) - 1):
        with trial.case(f"{length} bytes", call="torch.load(file)") as case:
            case.same(torch.load(by.by_hand(PLAIN, THREE)), floats([1.5, -2, 0.25]))
            try:
                found = torch.load(by.by_hand(PLAIN[:length], THREE))
            except (EOFError, RuntimeError, ValueError, struct.error, pickle.UnpicklingError) as error:
                case.holds("refused", True, "an error", type(error).__name__)
            else:
                case.holds("refused", False, "an error", repr(found))


@pytest.mark.clause("archive.legacy.hostile")
def test_legacy_hostile(trial: Trial) -> None:
    """A strange attribute, then those that tell what the memory is. A library that takes the first is not given the
    others, which would spoil every file thereafter."""
    torch = trial.namespace
    kind = "torch.ShortStorage"
    for name in ("colour", "dtype", "nbytes"):
        if trial.failures():
            return
        with trial.case(name, call=f"torch.load(file that sets {name} of {kind})") as case:
            good = io.BytesIO()
            torch.save(torch.tensor([1, 2, 3], dtype=torch.int16), good, _use_new_zipfile_serialization=False)
            for state in (b"}" + by.text(name) + b"K\x01s", b"N}" + by.text(name) + b"K\x01s\x86"):
                bad = io.BytesIO(by.former(good.getvalue(), by.whole(by.called(kind), state, b"b")))
                with case.raises("pickle.UnpicklingError", "Can only build Tensor, Parameter, OrderedDict"):
                    torch.load(bad)
            case.same(torch.load(io.BytesIO(good.getvalue())), np.array([1, 2, 3], np.int16), "another file")


@pytest.mark.clause("archive.legacy.truncated")
def test_legacy_truncated(trial: Trial) -> None:
    """Cut within the pickle and within the memory."""
    torch = trial.namespace

    def whole() -> bytes:
        buffer = io.BytesIO()
        torch.save(torch.tensor([1.0, 2.0, 3.0]), buffer, _use_new_zipfile_serialization=False)
        return buffer.getvalue()

    for missing in (3, 12, 40, 200):
        with trial.case(f"without {missing} bytes", call="torch.load(file)") as case:
            content = whole()[:-missing]
            try:
                found = torch.load(io.BytesIO(content))
            except (EOFError, RuntimeError, ValueError, struct.error, pickle.UnpicklingError) as error:
                case.holds("refused", True, "an error", type(error).__name__)
            else:
                case.holds("refused", False, "an error", repr(found))
    with trial.case("whole", call="torch.load(file)") as case:
        case.same(torch.load(io.BytesIO(whole())), floats([1, 2, 3]))
