"""Unpickling: one that calls nothing but what is known to be safe, and one that trusts the file."""

from __future__ import annotations

import pickle
import warnings
from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Any, NoReturn

from ..nn.parameter import Parameter
from ..tensor import Tensor
from .names import KNOWN, SAFE, layer_named

BLOCKED = ("sys", "os", "posix", "nt")
"""Modules from which nothing is called, whatever the user allows."""

UNPICKLER: Any = vars(pickle)["_Unpickler"]
"""Python's own, written in Python: its instructions can be changed."""

_ALLOWED: set[Any] = set()
_BYTES = (
    "PROTO STOP GLOBAL NEWOBJ REDUCE BUILD APPEND APPENDS SETITEM SETITEMS MARK TUPLE TUPLE1 TUPLE2 TUPLE3 NONE "
    "NEWFALSE NEWTRUE EMPTY_TUPLE EMPTY_LIST EMPTY_DICT EMPTY_SET BININT BININT1 BININT2 BINFLOAT BINUNICODE "
    "SHORT_BINSTRING BINPERSID BINGET LONG_BINGET BINPUT LONG_BINPUT LONG1"
)
"""The instructions of a pickle that the careful unpickler follows."""


def add_safe_globals(safe_globals: list[Any]) -> None:
    """Allows classes and functions to be called by files; `(function, "module.name")` where a file calls it
    otherwise."""
    _ALLOWED.update(safe_globals)


def get_safe_globals() -> list[Any]:
    """What the user allowed."""
    return list(_ALLOWED)


def clear_safe_globals() -> None:
    """Takes back all that the user allowed."""
    _ALLOWED.clear()


class safe_globals:  # noqa: N801
    """A context manager that allows classes and functions inside its block."""

    def __init__(self, safe_globals: list[Any]) -> None:
        self.safe_globals = safe_globals

    def __enter__(self) -> None:
        add_safe_globals(self.safe_globals)

    def __exit__(self, *exc: Any) -> None:
        _ALLOWED.difference_update(self.safe_globals)


def allowed() -> dict[str, Any]:
    """What the user allowed, by the names that stand in files."""
    found = {}
    for item in _ALLOWED:
        if not isinstance(item, tuple):
            found[f"{item.__module__}.{item.__qualname__}"] = item
            continue
        if len(item) != 2:
            raise ValueError(
                f"Expected tuple of length 2 (global, str of callable full path), but got tuple of length: {len(item)}"
            )
        if type(item[1]) is not str:
            raise TypeError(f"Expected second item in tuple to be str of callable full path, but got: {type(item[1])}")
        found[item[1]] = item[0]
    return found


def _permitted(thing: Any) -> bool:
    return any(thing is known for known in SAFE.values()) or any(thing is own for own in allowed().values())


class Careful(UNPICKLER):  # type: ignore[misc]
    """Builds numbers, texts, containers and tensors, and what the user allowed. UnpicklingError for all else."""

    def __init__(self, file: Any, load_storage: Callable[[Any], Any], **options: Any) -> None:
        super().__init__(file, **options)
        self._load_storage = load_storage

    def persistent_load(self, pid: Any) -> Any:
        """Memory, and nothing else."""
        if type(pid) not in (tuple, int):
            raise pickle.UnpicklingError(f"persistent_load id must be tuple or int, but got {type(pid)}")
        if type(pid) is tuple and pid and pid[0] not in ("storage", b"storage"):
            raise pickle.UnpicklingError(f"Only persistent_load of storage is allowed, but got {type(pid[0])}")
        return self._load_storage(pid)

    def find_class(self, module: str, name: str) -> Any:
        """What a name means. It is looked up in tables, and never imported."""
        module, name = of_python_3(module, name)
        full = f"{module}.{name}"
        if module in BLOCKED:
            raise pickle.UnpicklingError(f"Trying to load unsupported GLOBAL {full} whose module {module} is blocked.")
        if full in SAFE:
            return SAFE[full]
        own = allowed()
        if full in own:
            return own[full]
        full = full.removeprefix("builtins.")
        raise pickle.UnpicklingError(
            f"Unsupported global: GLOBAL {full} was not an allowed global by default. Please use "
            f"`torch.serialization.add_safe_globals([{full}])` or the `torch.serialization.safe_globals([{full}])` "
            "context manager to allowlist this global if you trust this class/function."
        )

    def load_proto(self) -> None:
        """Warns of a protocol other than 2."""
        self.proto = self.read(1)[0]
        if self.proto != 2:
            warnings.warn(
                f"Detected pickle protocol {self.proto} in the checkpoint, which was not the default pickle protocol "
                "used by `torch.load` (2). The weights_only Unpickler might not support all instructions implemented "
                "by this protocol, please file an issue for adding support if you encounter this.",
                stacklevel=6,
            )

    def load_reduce(self) -> None:
        """Calls a function that is permitted."""
        function = self.stack[-2]
        if not _permitted(function):
            raise pickle.UnpicklingError(f"Trying to call reduce for unrecognized function {function}")
        super().load_reduce()

    def load_newobj(self) -> None:
        """Makes an object of a class that is permitted."""
        if not _permitted(self.stack[-2]):
            raise pickle.UnpicklingError(
                "Can only create new object for nn.Parameter or classes allowlisted via `add_safe_globals` but got "
                f"{self.stack[-2]}"
            )
        super().load_newobj()

    def load_build(self) -> None:
        """Gives state to an object of a class that is permitted."""
        kind = type(self.stack[-2])
        if kind not in (Tensor, Parameter, OrderedDict) and not _permitted(kind):
            raise pickle.UnpicklingError(
                "Can only build Tensor, Parameter, OrderedDict or types allowlisted via `add_safe_globals`, but got "
                f"{kind}"
            )
        super().load_build()

    def _target(self, below: int, kinds: tuple[type, ...], does: str) -> None:
        held = self.metastack[-1] if below == 0 else self.stack
        kind = type(held[-1 if below == 0 else -1 - below])
        if kind not in kinds:
            raise pickle.UnpicklingError(f"Can only {does}, but got {kind}")

    def load_append(self) -> None:
        """Appends to a list."""
        self._target(1, (list,), "append to lists")
        super().load_append()

    def load_appends(self) -> None:
        """Extends a list."""
        self._target(0, (list,), "extend lists")
        super().load_appends()

    def load_setitem(self) -> None:
        """Sets an item of a dict."""
        self._target(2, _DICTS, _SETS.format("SETITEM"))
        super().load_setitem()

    def load_setitems(self) -> None:
        """Sets items of a dict."""
        self._target(0, _DICTS, _SETS.format("SETITEMS"))
        super().load_setitems()


_DICTS = (dict, OrderedDict, Counter)
_SETS = "{} for dict, collections.OrderedDict, collections.Counter"


def _refusal(code: int) -> Callable[[Any], NoReturn]:
    def refuse(unpickler: Any) -> NoReturn:
        raise pickle.UnpicklingError(f"Unsupported operand {code}")

    return refuse


def _instructions() -> dict[int, Callable[[Any], Any]]:
    table = {code: _refusal(code) for code in range(256)}
    for word in _BYTES.split():
        code = getattr(pickle, word)[0]
        base = UNPICKLER.dispatch[code]
        table[code] = getattr(Careful, base.__name__)
    return table


Careful.dispatch = _instructions()


def of_python_3(module: str, name: str) -> tuple[str, str]:
    """The name of today for one that Python 2 had, under which protocol 2 writes it."""
    if (module, name) in NAME_MAPPING:
        return NAME_MAPPING[module, name]
    return IMPORT_MAPPING.get(module, module), name


def trusting(pickle_module: Any, load_storage: Callable[[Any], Any]) -> Any:
    """An unpickler that imports and calls whatever the file says."""

    class Trusting(pickle_module.Unpickler):  # type: ignore[misc]
        def find_class(self, module: str, name: str) -> Any:
            found = KNOWN.get(f"{module}.{name}") or layer_named(module, name)
            return super().find_class(module, name) if found is None else found

        def persistent_load(self, pid: Any) -> Any:
            return load_storage(pid)

    return Trusting
