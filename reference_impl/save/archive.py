"""The archive: an uncompressed zip file of named records, each of which starts at a multiple of 64 bytes.

All records lie in one folder, which bears the file's name (or `archive`): `data.pkl` is the pickled object, `data/0`,
`data/1` and so on the memory of its tensors, `byteorder` the order of bytes in them, `version` the format's version.
"""

from __future__ import annotations

import io
import os
import sys
import zipfile
from hashlib import sha1
from typing import Any, BinaryIO

ALIGNMENT = 64
VERSION = 3
NEWEST = 10
"""The newest version of the format that is read."""

MAGIC = b"PK\x03\x04"
_HEADER = 30
_ADVICE = (
    "This is an internal miniz error. If you are seeing this error, there is a high likelihood that your checkpoint "
    "file is corrupted. This can happen if the checkpoint was not saved properly, was transferred incorrectly, or the "
    "file was modified after saving."
)


class Writer:
    """Writes records into an open binary file."""

    def __init__(self, file: Any, name: str) -> None:
        """`name` is that of the folder."""
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_STORED)
        self._name = name
        self._digest = sha1(usedforsecurity=False)

    def record(self, name: str, content: bytes | memoryview) -> None:
        """Writes a record whose content is aligned: a field in its header fills the gap."""
        info = zipfile.ZipInfo(f"{self._name}/{name}")
        self._digest.update(info.filename.encode() + content)
        position = self._zip.start_dir + _HEADER + len(info.filename.encode())
        gap = -(position + 4) % ALIGNMENT
        info.extra = b"FB" + gap.to_bytes(2, "little") + b"Z" * gap
        self._zip.writestr(info, content)

    def close(self) -> None:
        """Writes the version, a number that tells archives apart, and the directory."""
        self.record("version", f"{VERSION}\n".encode())
        identity = int.from_bytes(self._digest.digest()[:16], "little")
        self.record(".data/serialization_id", f"{identity:040d}".encode())
        self._zip.close()


def folder_of(f: Any) -> str:
    """The name of the folder in an archive: that of the file without its suffix."""
    return os.path.splitext(os.path.basename(f))[0] if isinstance(f, str) else "archive"


def is_archive(file: BinaryIO) -> bool:
    """Whether a zip file begins at the position of an open file, which is kept."""
    start = file.tell()
    found = file.read(len(MAGIC)) == MAGIC
    file.seek(start)
    return found


class Reader:
    """Reads the records of an archive."""

    def __init__(self, file: Any) -> None:
        """RuntimeError for a file without a directory at its end, and for a version that is not known."""
        try:
            start = file.tell()
            self._zip = zipfile.ZipFile(io.BytesIO(file.read()) if start else file)
        except zipfile.BadZipFile:
            raise RuntimeError(
                f"PytorchStreamReader failed reading zip archive: failed finding central directory. {_ADVICE}"
            ) from None
        first = self._zip.namelist()[0] if self._zip.namelist() else ""
        self._folder, slash, _ = first.partition("/")
        if not slash:
            raise RuntimeError(f"file in archive is not in a subdirectory: {first}")
        if "version" not in self:
            raise RuntimeError('Expected hasRecord("version") to be true, but got false.')
        self._check_version(self.record("version"))

    def _check_version(self, text: bytes) -> None:
        try:
            version = int(text)
        except ValueError:
            raise RuntimeError(f"Couldn't parse the version {text.decode(errors='replace')} as Long Long.") from None
        if version > NEWEST:
            raise RuntimeError(
                f"Attempted to read a PyTorch file with version {version}, but the maximum supported version for "
                f"reading is {NEWEST}. The version of your PyTorch installation may be too old, please upgrade PyTorch "
                "to latest version to mitigate this issue."
            )

    def __contains__(self, name: str) -> bool:
        return f"{self._folder}/{name}" in self._zip.NameToInfo

    def record(self, name: str, nbytes: int | None = None) -> bytes:
        """The content of a record. RuntimeError where there is none, or not as many bytes as there are to be."""
        if name not in self:
            raise RuntimeError(f"PytorchStreamReader failed locating file {name}: file not found. {_ADVICE}")
        try:
            content = self._zip.read(f"{self._folder}/{name}")
        except zipfile.BadZipFile as error:
            raise RuntimeError(f"PytorchStreamReader failed reading file {name}: {error}. {_ADVICE}") from None
        if nbytes is not None and len(content) != nbytes:
            raise RuntimeError(f"record size ({len(content)} bytes) does not match expected size ({nbytes} bytes)")
        return content

    def place(self, name: str) -> int:
        """Where in the file the content of a record begins."""
        self.record(name)
        info, file = self._zip.NameToInfo[f"{self._folder}/{name}"], self._zip.fp
        assert file is not None
        file.seek(info.header_offset + 26)
        header = file.read(4)
        return (
            info.header_offset + _HEADER + int.from_bytes(header[:2], "little") + int.from_bytes(header[2:], "little")
        )

    def swapped(self) -> bool:
        """Whether the bytes of numbers stand in another order than on this machine. ValueError for an order that is
        none."""
        order = self.record("byteorder") if "byteorder" in self else b"little"
        if order not in (b"little", b"big"):
            raise ValueError(f"Unknown endianness type: {order.decode(errors='replace')}")
        return order.decode() != sys.byteorder
