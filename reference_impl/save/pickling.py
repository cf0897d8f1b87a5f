"""Pickling for a file: tensors leave their memory out, to be written beside, and go by torch's names."""

from __future__ import annotations

import io
import pickle
from types import FunctionType
from typing import Any, ClassVar

from ..format import Layout
from ..storage import Storage
from .location import location_tag
from .names import NAME_OF, STORAGE_TYPES, StorageType, element_type, name_of_layer
from .rebuild import Typed, get_layout

PROTOCOL = 2
PICKLER: Any = vars(pickle)["_Pickler"]
"""Python's own, written in Python: the names that it writes can be changed."""


class Pickler(PICKLER):  # type: ignore[misc]
    """Writes `("storage", type, key, location, count)` in place of memory, and collects the memory in `storages`."""

    dispatch: ClassVar[dict[type, Any]] = dict(PICKLER.dispatch)

    def __init__(self, file: Any, protocol: int) -> None:
        super().__init__(file, protocol)
        self.storages: dict[int, Storage] = {}
        self._keys: dict[int, str] = {}
        self._types: dict[int, Any] = {}

    def persistent_id(self, obj: Any) -> Any:
        """What stands for memory; None for anything else. RuntimeError for memory that is read as two types."""
        if isinstance(obj, Storage):
            return self._entry(obj, Storage, obj.nbytes())
        if not isinstance(obj, Typed):
            return None
        if obj.dtype not in STORAGE_TYPES or obj.storage.nbytes() % obj.dtype.itemsize:
            return self._entry(obj.storage, Storage, obj.storage.nbytes())
        return self._entry(obj.storage, STORAGE_TYPES[obj.dtype], obj.storage.nbytes() // obj.dtype.itemsize)

    def _entry(self, storage: Storage, kind: Any, count: int) -> tuple[Any, ...]:
        d = element_type(kind)
        if storage.nbytes() and self._types.setdefault(id(storage), d) is not d:
            raise RuntimeError("Cannot save multiple tensors or storages that view the same data as different types")
        self.storages[id(storage)] = storage
        key = self._keys.setdefault(id(storage), str(len(self._keys)))
        return "storage", kind, key, location_tag(storage), count

    def reducer_override(self, obj: Any) -> Any:
        """A layout is looked up by its name."""
        return (get_layout, (repr(obj),)) if isinstance(obj, Layout) else NotImplemented

    def save_global(self, obj: Any, name: str | None = None) -> None:
        """Writes the name of a class, a function or a constant: torch's if it has one."""
        known = NAME_OF.get(obj) or name_of_layer(obj)
        if known is None:
            super().save_global(obj, name)
            return
        module, _, word = known.rpartition(".")
        self.write(pickle.GLOBAL + f"{module}\n{word}\n".encode())
        self.memoize(obj)

    def _save_storage_type(self, obj: StorageType) -> None:
        self.save_global(obj)

    dispatch[FunctionType] = save_global
    dispatch[StorageType] = _save_storage_type


def pickled(obj: Any, protocol: int = PROTOCOL) -> tuple[bytes, list[Storage]]:
    """The pickle of an object, and the memory of its tensors in the order of their keys."""
    buffer = io.BytesIO()
    pickler = Pickler(buffer, protocol)
    pickler.dump(obj)
    return buffer.getvalue(), list(pickler.storages.values())
