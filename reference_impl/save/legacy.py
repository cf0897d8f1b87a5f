"""Files of the format before the archive: several pickles one after another, then the memory of the tensors."""

from __future__ import annotations

import io
import pickle
import struct
import sys
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from ..device import CPU
from ..dtype import dtype
from ..storage import Array, Storage
from .location import restorer
from .names import KNOWN, StorageType, element_type
from .pickling import Pickler
from .rebuild import Typed
from .unpickle import UNPICKLER

MAGIC = 0x1950A86A20F9469CFC6C
VERSION = 1001
_SYSTEM = {
    "protocol_version": VERSION,
    "little_endian": sys.byteorder == "little",
    "type_sizes": {"short": 2, "int": 4, "long": 8},
}


class _Pickler(Pickler):
    """Names memory by a number of its own, and a view of it beside: always None."""

    def __init__(self, file: Any, protocol: int) -> None:
        super().__init__(file, protocol)
        self.entries: dict[str, tuple[Storage, int]] = {}

    def _entry(self, storage: Storage, kind: Any, count: int) -> tuple[Any, ...]:
        word, kind, _, location, count = super()._entry(storage, kind, count)
        key = str(id(storage))
        self.entries[key] = storage, count
        return word, kind, key, location, count, None


def saved(obj: Any, protocol: int) -> bytes:
    """An object as such a file."""
    buffer = io.BytesIO()
    for head in (MAGIC, VERSION, _SYSTEM):
        pickle.dump(head, buffer, protocol)
    pickler = _Pickler(buffer, protocol)
    pickler.dump(obj)
    keys = sorted(pickler.entries)
    pickle.dump(keys, buffer, protocol)
    for key in keys:
        storage, count = pickler.entries[key]
        buffer.write(struct.pack("<q", count) + storage.memory.tobytes())
    return buffer.getvalue()


class _Anything:
    """Stands for every object while a pickle is only measured."""

    def __new__(cls, *arguments: Any, **named: Any) -> _Anything:
        """One more."""
        return object.__new__(cls)

    def _ignore(self, *arguments: Any) -> None:
        """Does nothing."""

    __setstate__ = __setitem__ = append = extend = add = _ignore


class _Measuring(UNPICKLER):  # type: ignore[misc]
    """Reads a pickle without making anything of it but a list of the memory that it names."""

    dispatch: ClassVar[dict[int, Any]] = dict(UNPICKLER.dispatch)

    def __init__(self, file: Any) -> None:
        super().__init__(file, encoding="utf-8")
        self.types: dict[str, dtype] = {}

    def find_class(self, module: str, name: str) -> Any:
        """A class of storages; anything else stands for itself."""
        found = KNOWN.get(f"{module}.{name}")
        return found if found is Storage or isinstance(found, StorageType) else _Anything

    def load_build(self) -> None:
        """Leaves everything as it is: a class of storages is everybody's."""
        self.stack.pop()

    dispatch[pickle.BUILD[0]] = load_build

    def persistent_load(self, pid: Any) -> Any:
        """Notes the type of the elements."""
        self.types[pid[2]] = element_type(pid[1])
        return _Anything()


def load(file: Any, map_location: Any, unpickle: Callable[..., Any]) -> Any:
    """The object in such a file. RuntimeError for a file of another kind, EOFError for one that ends too early.

    The memory stands behind the pickle that needs it: the pickle is measured first, and made when the memory is there.
    """
    if unpickle(file, None) != MAGIC:
        raise RuntimeError("Invalid magic number; corrupt file?")
    version = unpickle(file, None)
    if version != VERSION:
        raise RuntimeError(f"Invalid protocol version: {version}")
    unpickle(file, None)
    start = file.tell()
    measuring = _Measuring(file)
    measuring.load()
    memory = {key: _memory(file, measuring.types[key]) for key in unpickle(file, None)}
    end = file.tell()
    restore = restorer(map_location)
    loaded: dict[str, Typed] = {}

    def load_storage(pid: Any) -> Typed:
        _, kind, key, location, _, _ = pid
        if key not in loaded:
            loaded[key] = Typed(restore(Storage(memory[key], CPU), location), element_type(kind))
        return loaded[key]

    file.seek(start)
    result = unpickle(file, load_storage)
    file.seek(end)
    return result


def _memory(file: Any, d: dtype) -> Array:
    """The count of elements, and as many elements."""
    count = int.from_bytes(file.read(8), "little")
    content = file.read(count * d.itemsize)
    if len(content) != count * d.itemsize:
        missing = count * d.itemsize - len(content)
        raise RuntimeError(f"unexpected EOF, expected {missing} more bytes. The file might be corrupted.")
    return np.frombuffer(bytearray(content), np.uint8)
