"""torchvision beside PyTorch, for its adapters: the transforms are Python, and load where compiled operators do not."""

from __future__ import annotations

import functools
import importlib
import importlib.machinery
import importlib.util
import sys
from types import ModuleType


def companions() -> dict[str, ModuleType]:
    """Return torchvision by its name, where it is installed."""
    found = load()
    return {} if found is None else {"torchvision": found}


def lacks() -> dict[str, str]:
    """Return why torchvision cannot be tried, where it is not installed."""
    return {} if load() is not None else {"torchvision": "torchvision is not installed"}


@functools.cache
def load() -> ModuleType | None:
    """Return torchvision, whole or with its transforms alone; None where it is not installed.

    Its operators are compiled for one variant of PyTorch and do not load beside another (the CPU's, say), which shows
    while the package is being imported. Then a bare package of the same name and place stands for it.
    """
    found = importlib.util.find_spec("torchvision")
    if found is None:
        return None
    try:
        return importlib.import_module("torchvision")
    except (ImportError, OSError, RuntimeError):
        return _bare(found)


def _bare(found: importlib.machinery.ModuleSpec) -> ModuleType:
    """Make the package without running its `__init__`, and import the transforms into it."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        del sys.modules[name]  # what the failed import leaves behind
    package = importlib.util.module_from_spec(found)
    sys.modules["torchvision"] = package
    importlib.import_module("torchvision.transforms")
    return package
