"""What is tested: one record that names a library, its devices and what it lacks, and the four ways to find it.

``load("name")`` takes, in this order: an entry point of the group ``conformance.backends``; a file
``path/adapter.py[:attribute]``; a module ``package.module[:attribute]`` that holds a `Backend`; a torch-like module,
which is wrapped as it is. The attribute (``backend`` unless said) is a `Backend` or a function that returns one.
"""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

GROUP = "conformance.backends"
_ATTRIBUTE = "backend"
COMPANIONS = ("safetensors", "torchvision")  # capabilities that are packages beside a library


class BackendError(Exception):
    """A backend that cannot be found, imported or used; the message says what to do."""


def to_numpy(tensor: Any) -> Any:
    """Return the values of a tensor as an ndarray of its shape and dtype; of bfloat16 as float32."""
    host = tensor.detach().cpu()
    for resolve in ("resolve_conj", "resolve_neg"):  # bits that a lazy conjugate or negative view carries
        if hasattr(host, resolve):
            host = getattr(host, resolve)()
    if str(host.dtype).endswith("bfloat16"):
        host = host.float()
    return host.numpy()


@dataclass(frozen=True)
class Backend:
    """A library under test.

    name: what reports call it. version: of the library. namespace: what the specification calls ``torch``.
    devices: the devices to test, the default one first; every example runs on the first of each type.
    accelerator: the device, of another type than the default one, for clauses about movement, or None.
    lacks: capability → the reason why the library does not have it, said before a run.
    to_numpy: the only way results are read; takes a tensor, returns an ndarray.
    synchronize: waits until the devices have done their work, or None where calls wait.
    wrap: takes the function that an example is and returns one that is run instead (under a compiler, say), or None.
    companions: name → module, for the packages that users have beside the library (`safetensors`, `torchvision`).
    expectations: path of the file that says which items are known to fail, seen from the adapter's folder, or None.
    """

    name: str
    version: str
    namespace: Any
    devices: tuple[str, ...] = ("cpu",)
    accelerator: str | None = None
    lacks: Mapping[str, str] = field(default_factory=dict)
    to_numpy: Callable[[Any], Any] = to_numpy
    synchronize: Callable[[], None] | None = None
    wrap: Callable[[Any], Any] | None = None
    companions: Mapping[str, Any] = field(default_factory=dict)
    expectations: str | None = None


def device_types(backend: Backend) -> list[str]:
    """Return the first device of each type, in the order of the backend's devices."""
    first: dict[str, str] = {}
    for device in backend.devices:
        first.setdefault(device.partition(":")[0], device)
    return list(first.values())


def installed() -> list[EntryPoint]:
    """Return the entry points of the group ``conformance.backends``, sorted by name."""
    return sorted(entry_points(group=GROUP), key=lambda entry: entry.name)


def load(spec: str) -> Backend:
    """Return the backend that `spec` names, or raise `BackendError` with a sentence that says what to do."""
    for entry in installed():
        if entry.name == spec:
            return _from_entry_point(entry)
    place, attribute = _split(spec)
    if place.endswith(".py") or os.sep in place or "/" in place:
        module = _import_file(Path(place))
        return _from_module(spec, module, attribute or _ATTRIBUTE)
    module = _import_module(spec, place)
    if attribute is None and _is_torch_like(module) and not isinstance(getattr(module, _ATTRIBUTE, None), Backend):
        return _wrap(module)
    return _from_module(spec, module, attribute or _ATTRIBUTE)


def _split(spec: str) -> tuple[str, str | None]:
    """Part ``place:attribute``; the colon of a drive (``C:\\adapter.py``) parts nothing."""
    place, colon, attribute = spec.rpartition(":")
    if colon and attribute.isidentifier() and len(place) > 1:
        return place, attribute
    return spec, None


def _from_entry_point(entry: EntryPoint) -> Backend:
    try:
        module = importlib.import_module(entry.module)
    except Exception as error:
        raise BackendError(_import_failure(entry.name, error, entry)) from error
    return _from_module(entry.name, module, entry.attr or _ATTRIBUTE)


def _import_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise BackendError(
            f"There is no adapter {str(path)!r}: give the path of a Python file, seen from {Path.cwd()}."
        )
    name = f"conformance_adapter_{path.stem}"
    source = importlib.util.spec_from_file_location(name, path)
    if source is None or source.loader is None:
        raise BackendError(f"{str(path)!r} is not a Python file: an adapter's name ends in .py.")
    _importable(path.parent)
    module = importlib.util.module_from_spec(source)
    sys.modules[name] = module
    try:
        source.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise BackendError(_import_failure(str(path), error)) from error
    return module


def _import_module(spec: str, name: str) -> ModuleType:
    _importable(Path.cwd())
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and f"{name}.".startswith(f"{error.name}."):
            raise BackendError(_unknown(spec, name)) from error
        raise BackendError(_import_failure(spec, error)) from error
    except Exception as error:
        raise BackendError(_import_failure(spec, error)) from error


def _importable(folder: Path) -> None:
    """Let a folder's modules be imported, after everything that is installed."""
    if str(folder.resolve()) not in sys.path:
        sys.path.append(str(folder.resolve()))


def _is_torch_like(module: ModuleType) -> bool:
    return callable(getattr(module, "tensor", None)) or isinstance(getattr(module, "Tensor", None), type)


def _wrap(module: ModuleType) -> Backend:
    """Wrap a torch-like module as it is."""
    if callable(getattr(module, "set_warn_always", None)):
        module.set_warn_always(True)  # clauses about warnings are not the first to warn
    version = str(getattr(module, "__version__", "unknown"))
    lacks = {"accelerator": "the module is wrapped as it is, with the device cpu; an adapter can name more devices"}
    return Backend(module.__name__, version, module, lacks=lacks)


def _from_module(spec: str, module: ModuleType, attribute: str) -> Backend:
    if not hasattr(module, attribute):
        raise BackendError(_no_attribute(spec, module, attribute))
    value = getattr(module, attribute)
    if not isinstance(value, Backend) and callable(value):
        try:
            value = value()
        except BackendError:
            raise
        except Exception as error:
            raise BackendError(_import_failure(spec, error)) from error
    if not isinstance(value, Backend):
        raise BackendError(
            f"{attribute!r} of the backend {spec!r} is {_described(value)}: make it a conformance.Backend, "
            "or a function without arguments that returns one."
        )
    return _checked(value, Path(module.__file__ or ".").parent)


def _checked(backend: Backend, folder: Path) -> Backend:
    """Refuse what no run can use; find the expectations file beside the adapter."""
    if not isinstance(backend.devices, tuple) or not backend.devices or not all(map(_is_name, backend.devices)):
        raise BackendError(f"devices of the backend {backend.name!r} is {backend.devices!r}: name them, as ('cpu',).")
    if backend.accelerator is not None and backend.accelerator not in backend.devices:
        raise BackendError(
            f"The accelerator {backend.accelerator!r} of the backend {backend.name!r} is not one of its devices "
            f"{backend.devices!r}: add it there."
        )
    strange = sorted(set(backend.companions) - set(COMPANIONS))
    if strange:
        raise BackendError(
            f"The backend {backend.name!r} names a companion {strange[0]!r}, of which no clause speaks: "
            f"the specification knows {' and '.join(COMPANIONS)}.{_similar(strange[0], COMPANIONS)}"
        )
    reasonless = [capability for capability, reason in backend.lacks.items() if not _is_name(reason)]
    if reasonless:
        raise BackendError(
            f"The backend {backend.name!r} lacks {reasonless[0]!r} without a reason: say why in a sentence."
        )
    if backend.expectations is None:
        return backend
    return replace(backend, expectations=str(folder / backend.expectations))


def _is_name(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _described(value: object) -> str:
    return "None" if value is None else f"of the type {type(value).__name__}"


def _similar(word: str, words: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(words), n=1)
    return f" Did you mean {close[0]!r}?" if close else ""


def _unknown(spec: str, name: str) -> str:
    names = [entry.name for entry in installed()]
    return (
        f"There is no backend {spec!r}: nothing installed is called so, and there is no module {name!r} to import."
        f"{_similar(spec, names)} Installed are {', '.join(names) or 'none'}; otherwise name a module or a file, as "
        "package.module[:attribute] or path/adapter.py[:attribute]."
    )


def _no_attribute(spec: str, module: ModuleType, attribute: str) -> str:
    public = [name for name in vars(module) if not name.startswith("_")]
    return (
        f"The backend {spec!r} was imported but has no attribute {attribute!r}.{_similar(attribute, public)} "
        f"Write {attribute} = conformance.Backend(name=..., version=..., namespace=...) there, "
        "or name another attribute after a colon. A library that is imported like torch needs no adapter: name it as "
        "it is imported."
    )


def _import_failure(spec: str, error: Exception, entry: EntryPoint | None = None) -> str:
    message = f"The backend {spec!r} cannot be loaded: {type(error).__name__}: {error}."
    if not isinstance(error, ModuleNotFoundError) or not error.name:
        return f"{message} Import it in Python to see where that comes from."
    package = error.name.partition(".")[0]
    extras = entry.dist.metadata.get_all("Provides-Extra") or [] if entry is not None and entry.dist is not None else []
    if entry is not None and entry.dist is not None and package in extras:
        package = f"'{entry.dist.name}[{package}]'"
    return f"{message} Install what it needs: pip install {package}"
