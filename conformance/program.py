"""The programs of `examples/`: the library they run on, their command lines, and where they lie.

A program has ``from conformance.program import torch`` where one for PyTorch alone has ``import torch``. That is the
namespace of the backend that ``--backend`` names, the reference unless said; in a law it is that of the backend under
test.
"""

from __future__ import annotations

import argparse
import difflib
import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from conformance.backend import Backend, BackendError
from conformance.backend import load as load_backend

DEFAULT_BACKEND = "reference"
_chosen: list[Backend] = []

backend: Backend
"""The backend that the program runs on."""
torch: Any
"""Its namespace."""


def __getattr__(name: str) -> Any:
    """`backend` and `torch` are looked up when a program imports them."""
    if name in ("backend", "torch"):
        return _current() if name == "backend" else _current().namespace
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _current() -> Backend:
    """The backend under test, or the one that the command line names; a bad name ends the program with a sentence."""
    if not _chosen:
        parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
        parser.add_argument("--backend", default=DEFAULT_BACKEND)
        name = parser.parse_known_args()[0].backend
        try:
            _chosen.append(load_backend(name))
        except BackendError as error:
            print(error, file=sys.stderr)
            raise SystemExit(2) from error
    return _chosen[-1]


def options(text: str | None, **settings: tuple[Any, str]) -> argparse.Namespace:
    """What the command line of a program says; `--help` prints `text` and ends the program.

    `settings` has the program's own options: name → (default, explanation); the default gives the type.
    """
    found = _current()
    parser = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backend", default=DEFAULT_BACKEND, metavar="B", help="the library: reference, torch, …")
    parser.add_argument("--device", default=found.devices[0], metavar="D", help=f"one of {', '.join(found.devices)}")
    for name, (default, told) in settings.items():
        flag, kind = f"--{name.replace('_', '-')}", type(default)
        parser.add_argument(flag, type=kind, default=default, metavar=kind.__name__, help=f"{told} (default {default})")
    given = parser.parse_args()
    known = sorted({*found.devices, *(device.partition(":")[0] for device in found.devices)})
    if given.device not in known:
        near = difflib.get_close_matches(given.device, known, n=1)
        hint = f"; did you mean {near[0]}?" if near else f" (it has {', '.join(found.devices)})"
        parser.error(f"{found.name} has no device {given.device!r}{hint}")
    return given


def find() -> Path:
    """The folder of the programs: inside the installed package, or beside it in the source tree."""
    package = Path(__file__).resolve().parent
    for candidate in (package / "examples", package.parent / "examples"):
        if (candidate / "README.md").is_file():
            return candidate
    raise FileNotFoundError(f"no programs beside {package}: the installation of tensor-conformance is incomplete")


def load(name: str, on: Backend) -> ModuleType:
    """The program called `name`, imported anew so that it runs on `on`.

    Raises:
        FileNotFoundError: there is no such program.
    """
    path = find() / f"{name}.py"
    source = importlib.util.spec_from_file_location(f"examples_{name}", path)
    if source is None or source.loader is None or not path.is_file():
        raise FileNotFoundError(f"no program {path}")
    module = importlib.util.module_from_spec(source)
    with _running_on(on, path.parent):
        source.loader.exec_module(module)
    return module


@contextmanager
def _running_on(on: Backend, folder: Path) -> Iterator[None]:
    """While a program is imported: the backend is `on`, and its neighbours (`digits`, `start`) are found."""
    _chosen.append(on)
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        _chosen.pop()
