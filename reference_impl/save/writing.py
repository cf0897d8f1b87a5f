"""`torch.save`: an object and the memory of its tensors, in one file."""

from __future__ import annotations

import io
import os
import pickle
import sys
from typing import Any

from . import legacy
from .archive import ALIGNMENT, Writer, folder_of
from .pickling import PROTOCOL, pickled


def save(
    obj: Any,
    f: Any,
    pickle_module: Any = pickle,
    pickle_protocol: int = PROTOCOL,
    _use_new_zipfile_serialization: bool = True,
    _disable_byteorder_record: bool = False,
) -> None:
    """Writes an object to a path or an open binary file. Tensors are saved with the whole memory that they show a part
    of, which is written once for all that share it; without history, and without their gradients.

    AttributeError for what is neither a path nor can be written to, RuntimeError for a folder that does not exist.
    """
    path = os.fspath(f) if isinstance(f, (str, os.PathLike)) else None
    if path is None and not hasattr(f, "write"):
        raise AttributeError("expected 'f' to be string, path, or a file-like object with a 'write' attribute")
    folder = os.path.dirname(path) if path is not None else ""
    if folder and not os.path.isdir(folder):
        raise RuntimeError(f"Parent directory {folder} does not exist.")
    if not _use_new_zipfile_serialization:
        content = legacy.saved(obj, pickle_protocol)
    else:
        content = _archive(obj, path, pickle_protocol, not _disable_byteorder_record)
    if path is None:
        f.write(content)
        f.flush()
    else:
        with open(path, "wb") as file:
            file.write(content)


def _archive(obj: Any, path: Any, protocol: int, ordered: bool) -> bytes:
    content, storages = pickled(obj, protocol)
    buffer = io.BytesIO()
    writer = Writer(buffer, folder_of(path))
    writer.record("data.pkl", content)
    writer.record(".format_version", b"1")
    writer.record(".storage_alignment", str(ALIGNMENT).encode())
    if ordered:
        writer.record("byteorder", sys.byteorder.encode())
    for key, storage in enumerate(storages):
        writer.record(f"data/{key}", storage.memory.tobytes())
    writer.close()
    return buffer.getvalue()
