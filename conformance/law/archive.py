"""Files as PyTorch writes them, taken apart and written by hand: nothing here unpickles."""

from __future__ import annotations

import io
import pickletools
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

ALIGNMENT = 64
Change = Callable[[str, bytes], bytes | None]


def opened(buffer: io.BytesIO) -> zipfile.ZipFile:
    """The archive in a buffer."""
    return zipfile.ZipFile(io.BytesIO(buffer.getvalue()))


def records(buffer: io.BytesIO) -> dict[str, bytes]:
    """The records of an archive by their names within its folder."""
    with opened(buffer) as archive:
        return {name.split("/", 1)[1]: archive.read(name) for name in archive.namelist()}


def start_of(info: zipfile.ZipInfo, content: bytes) -> int:
    """Where in the file the content of a record begins."""
    header = content[info.header_offset : info.header_offset + 30]
    return info.header_offset + 30 + int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")


def archive(contents: Mapping[str, bytes], compression: int = zipfile.ZIP_STORED, folder: str = "byhand") -> io.BytesIO:
    """An archive of these records."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as file:
        for name, content in contents.items():
            file.writestr(f"{folder}/{name}", content)
    buffer.seek(0)
    return buffer


def by_hand(pickle: bytes, *memory: bytes, **more: bytes) -> io.BytesIO:
    """An archive of a pickle and memory, with the two records that tell how to read it; `more` replaces them."""
    told = {"byteorder": b"little", "version": b"3\n", **more}
    return archive({"data.pkl": pickle, **{f"data/{key}": one for key, one in enumerate(memory)}, **told})


def text(value: str) -> bytes:
    """The instruction that makes a text."""
    return b"X" + len(value.encode()).to_bytes(4, "little") + value.encode()


def number(value: int) -> bytes:
    """The instruction that makes an integer of 32 bits."""
    return b"J" + value.to_bytes(4, "little", signed=True)


def several(values: tuple[int, ...]) -> bytes:
    """The instructions that make a tuple of integers."""
    return b"(" + b"".join(number(value) for value in values) + b"t"


def called(name: str) -> bytes:
    """The instruction that looks a name up."""
    module, _, word = name.rpartition(".")
    return f"c{module}\n{word}\n".encode()


def memory_of(kind: str, key: str, count: int, location: str = "cpu") -> bytes:
    """The instructions that stand for memory: a persistent id."""
    return b"(" + text("storage") + called(kind) + text(key) + text(location) + number(count) + b"tQ"


def tensor(
    kind: str,
    count: int,
    size: tuple[int, ...],
    stride: tuple[int, ...],
    offset: int = 0,
    key: str = "0",
    location: str = "cpu",
    requires_grad: bool = False,
) -> bytes:
    """The instructions that make a tensor on memory of `count` elements of a class of storages."""
    place = number(offset) + several(size) + several(stride)
    flag = b"\x88" if requires_grad else b"\x89"
    hooks = called("collections.OrderedDict") + b")R"
    memory = memory_of(kind, key, count, location)
    return called("torch._utils._rebuild_tensor_v2") + b"(" + memory + place + flag + hooks + b"tR"


def whole(*instructions: bytes) -> bytes:
    """A pickle of protocol 2."""
    return b"\x80\x02" + b"".join(instructions) + b"."


def former(file: bytes, pickle: bytes) -> bytes:
    """A file of the format before with another pickle in the place of the object: three stand in front of it, and one
    with no memory behind."""
    stream = io.BytesIO(file)
    for _ in range(3):
        list(pickletools.genops(stream))
    return file[: stream.tell()] + pickle + whole(b"]")


def names_in(pickle: bytes) -> list[str]:
    """The names that a pickle looks up, in order."""
    return [str(given).replace(" ", ".") for code, given, _ in pickletools.genops(pickle) if code.name == "GLOBAL"]


def codes_in(pickle: bytes) -> list[str]:
    """The names of the instructions of a pickle."""
    return [code.name for code, _, _ in pickletools.genops(pickle)]


def changed(buffer: io.BytesIO, change: Change, compression: int = zipfile.ZIP_STORED) -> io.BytesIO:
    """The same archive with other records: `change` gives the new content of each, None takes it away."""
    kept: dict[str, Any] = {name: change(name, content) for name, content in records(buffer).items()}
    return archive({name: content for name, content in kept.items() if content is not None}, compression)
