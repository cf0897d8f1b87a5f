"""Which name a missing case asked for, in torch's words: what a young library is to write next."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import Any

ABSENT = re.compile(
    r"(?:(?P<module>module)|(?P<type>type object)?) ?'(?P<owner>[^']+)'.* has no attribute '(?P<name>\w+)'"
)
NO_MODULE = re.compile(r"No module named '(?P<name>[^']+)'")
NAMES = "autograd distributions fft func linalg nn nn.functional random signal signal.windows sparse special testing"
MODULES = {name.rpartition(".")[2]: name for name in NAMES.split()}


def absent(failures: Iterable[Mapping[str, Any]], namespace: object = None) -> str:
    """The name that the first missing case asked for, in torch's words: ``torch.linalg.qr``, ``Tensor.neg``.

    `namespace` is the backend's, whose modules may have names of their own; without it they are known by torch's names.
    """
    for failure in failures:
        if failure["status"] == "missing":
            told = ABSENT.search(failure["exception"])
            if told:
                owner = _module(told["owner"], namespace) if told["module"] else told["owner"].rpartition(".")[2]
                return f"{owner}.{told['name']}"
            module = NO_MODULE.search(failure["exception"])
            return f"module {module['name']}" if module else ""
    return ""


def _module(name: str, namespace: object) -> str:
    """What torch calls the module `name`: one that the namespace holds or that lies below it; else torch itself."""
    for held, value in getattr(namespace, "__dict__", {}).items():
        if isinstance(value, ModuleType) and value.__name__ == name:
            return f"torch.{held}"
    root = getattr(namespace, "__name__", None)
    if root and name.startswith(f"{root}."):
        return f"torch{name.removeprefix(root)}"
    leaf = name.rpartition(".")[2]
    return f"torch.{MODULES[leaf]}" if leaf in MODULES else "torch"
