"""What things are called in a file: the names under which torch knows them, both ways."""

from __future__ import annotations

from _codecs import encode
from collections import Counter, OrderedDict
from dataclasses import dataclass
from typing import Any

from ..device import device
from ..dtype import ALL, SHELLS, dtype, uint8
from ..nn.parameter import Parameter
from ..storage import Storage
from ..tensor import Size, Tensor
from . import rebuild


@dataclass(frozen=True)
class StorageType:
    """The class of a storage in a file, which tells the type of its elements: `torch.FloatStorage`."""

    dtype: dtype


STORAGE_TYPES = {d: StorageType(d) for d in ALL if d not in SHELLS}

KNOWN: dict[str, Any] = {
    "torch._utils._rebuild_tensor": rebuild.plain_tensor,
    "torch._utils._rebuild_tensor_v2": rebuild.tensor,
    "torch._utils._rebuild_tensor_v3": rebuild.tensor_of_dtype,
    "torch._utils._rebuild_parameter": rebuild.parameter,
    "torch._utils._rebuild_parameter_with_state": rebuild.parameter_with_state,
    "torch._utils._rebuild_sparse_tensor": rebuild.sparse,
    "torch._utils._rebuild_meta_tensor_no_storage": rebuild.meta_tensor,
    "torch._tensor._rebuild_from_type_v2": rebuild.from_type,
    "torch.serialization._get_layout": rebuild.get_layout,
    "torch.Size": Size,
    "torch.Tensor": Tensor,
    "torch.device": device,
    "torch.nn.parameter.Parameter": Parameter,
    "torch.storage.UntypedStorage": Storage,
    **{f"torch.{kind.dtype.word}Storage": kind for kind in STORAGE_TYPES.values()},
    **{repr(d): d for d in ALL},
}
"""Torch's names, and what they mean here."""

PYTHON: dict[str, Any] = {
    "collections.OrderedDict": OrderedDict,
    "collections.Counter": Counter,
    "_codecs.encode": encode,
    "builtins.bytearray": bytearray,
    "builtins.set": set,
    "builtins.complex": complex,
}
"""What of Python's own is safe to call, whoever wrote the file."""

LIBRARY = __name__.partition(".")[0]
LAYERS = ".nn.modules."
FILES = {"cell": "rnn", "criterion": "loss", "classification": "loss", "attention": "activation"}
"""Where torch keeps layers that stand in files of their own here."""


def name_of_layer(kind: Any) -> str | None:
    """Torch's name of a class of layers; None for any other thing."""
    module = getattr(kind, "__module__", None) or ""
    if not (isinstance(kind, type) and module.startswith(f"{LIBRARY}{LAYERS}")):
        return None
    file = module.removeprefix(f"{LIBRARY}{LAYERS}")
    return f"torch{LAYERS}{FILES.get(file, file)}.{kind.__qualname__}"


def layer_named(module: str, name: str) -> Any:
    """The class of layers that torch knows by this name; None for any other name."""
    if not module.startswith(f"torch{LAYERS}"):
        return None
    from .. import nn

    return getattr(nn, name, None)


SAFE = {**KNOWN, **PYTHON}
NAME_OF: dict[Any, str] = {thing: name for name, thing in KNOWN.items()}


def element_type(kind: Any) -> dtype:
    """The type of the elements of a class of storages."""
    return uint8 if kind is Storage else kind.dtype
