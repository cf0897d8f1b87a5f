"""`torch.serialization`: saving and loading, and what a file may call."""

from __future__ import annotations

import io
import pickletools
from typing import Any

from .save import load, save
from .save.archive import Reader, is_archive
from .save.location import default_restore_location, location_tag, register_package
from .save.names import SAFE
from .save.reading import opened
from .save.unpickle import add_safe_globals, allowed, clear_safe_globals, get_safe_globals, of_python_3, safe_globals

__all__ = [
    "add_safe_globals",
    "clear_safe_globals",
    "default_restore_location",
    "get_safe_globals",
    "get_unsafe_globals_in_checkpoint",
    "load",
    "location_tag",
    "register_package",
    "safe_globals",
    "save",
]


def get_unsafe_globals_in_checkpoint(f: Any) -> list[str]:
    """The names in a file that `load` would refuse to call. Nothing is called. ValueError for a file that is no
    archive."""
    with opened(f) as file:
        if not is_archive(file):
            raise ValueError("Expected input to be a checkpoint returned by torch.save")
        content = Reader(file).record("data.pkl")
    found = {
        ".".join(of_python_3(*str(argument).split(" ", 1)))
        for instruction, argument, _ in pickletools.genops(io.BytesIO(content))
        if instruction.name == "GLOBAL"
    }
    return sorted(found - SAFE.keys() - allowed().keys())
