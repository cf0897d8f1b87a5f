"""`torch.load`: an object from a file, its memory brought to where it belongs."""

from __future__ import annotations

import io
import mmap as mapping
import os
import pickle
import re
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

from ..device import device
from ..dtype import dtype
from ..storage import Array, Storage
from . import legacy
from .archive import Reader, is_archive
from .location import restorer
from .names import element_type
from .rebuild import Typed
from .unpickle import Careful, trusting

_UNSAFE = (
    "In PyTorch 2.6, we changed the default value of the `weights_only` argument in `torch.load` from `False` to "
    "`True`. Re-running `torch.load` with `weights_only` set to `False` will likely succeed, but it can result in "
    "arbitrary code execution. Do it only if you got the file from a trusted source."
)


def load(
    f: Any,
    map_location: Any = None,
    pickle_module: Any = None,
    *,
    weights_only: bool | None = None,
    mmap: bool | None = None,
    **pickle_load_args: Any,
) -> Any:
    """The object that `save` wrote to a path or an open binary file.

    map_location  where memory goes: None (where it came from), a device or its name, a dict from names to names, or a
                  function of a storage and the name that answers with a storage or None
    weights_only  builds tensors, numbers, texts, containers and what `add_safe_globals` names, and calls nothing else
    mmap          memory is mapped from the file (a path), and copied when it is written to

    UnpicklingError for what `weights_only` refuses, RuntimeError for a damaged file and a device that is not here,
    EOFError for an empty file, FileNotFoundError for none.
    """
    careful = pickle_module is None if weights_only is None else weights_only
    if careful and pickle_module is not None:
        raise RuntimeError("Can not safely load weights when explicit pickle_module is specified")
    if careful and pickle_load_args:
        warnings.warn("pickle_load_args only works if `weights_only=False`.", stacklevel=2)
    options = {"encoding": "utf-8", **pickle_load_args}
    unpickler = Careful if careful else _trusting(pickle_module or pickle)
    with opened(f) as file:
        try:
            return _read(file, file is not f, map_location, lambda *given: unpickler(*given, **options).load(), mmap)
        except pickle.UnpicklingError as error:
            if not careful:
                raise
            raise pickle.UnpicklingError(_explained(str(error))) from None


def _read(file: Any, named: bool, map_location: Any, unpickle: Callable[..., Any], mmap: bool | None) -> Any:
    """The object in an archive, or in a file of the format before."""
    if is_archive(file):
        if mmap and not named:
            raise ValueError("f must be a file path in order to use the mmap argument")
        return _load(file, map_location, unpickle, bool(mmap))
    if mmap:
        raise RuntimeError(
            "mmap can only be used with files saved with `torch.save(_use_new_zipfile_serialization=True), please "
            "torch.save your checkpoint with this option in order to use mmap."
        )
    return legacy.load(file, map_location, unpickle)


def opened(f: Any) -> AbstractContextManager[Any]:
    """The file at a path, or an open file as it is, which can be read from anywhere."""
    if isinstance(f, (str, os.PathLike)):
        return open(f, "rb")
    _check_seekable(f)
    return nullcontext(f)


def _trusting(pickle_module: Any) -> Callable[..., Any]:
    return lambda file, load_storage, **options: trusting(pickle_module, load_storage)(file, **options)


def _check_seekable(f: Any) -> None:
    try:
        f.seek(f.tell())
    except (io.UnsupportedOperation, AttributeError) as error:
        raise type(error)(
            f"{error}. You can only torch.load from a file that is seekable. Please pre-load the data into a buffer "
            "like io.BytesIO and try to load from it instead."
        ) from None


def _load(file: Any, map_location: Any, unpickle: Callable[..., Any], mmap: bool) -> Any:
    reader = Reader(file)
    swapped, restore = reader.swapped(), restorer(map_location)
    whole = np.frombuffer(mapping.mmap(file.fileno(), 0, access=mapping.ACCESS_COPY), np.uint8) if mmap else None
    loaded: dict[str, Typed] = {}

    def load_storage(pid: Any) -> Typed:
        if not isinstance(pid, tuple):
            raise AssertionError(f"saved_id must be a tuple, got {type(pid).__name__}")
        _, kind, key, location, count = pid
        if key not in loaded:
            d = element_type(kind)
            name, nbytes = f"data/{key}", count * d.itemsize
            if whole is None:
                memory: Array = np.frombuffer(bytearray(reader.record(name, nbytes)), np.uint8)
            else:
                place = reader.place(name)
                memory = whole[place : place + nbytes]
            found = restore(Storage(_in_order(memory, d) if swapped else memory, device("cpu")), location)
            if not isinstance(found, Storage):
                raise TypeError(f"Argument 'wrap_storage' must be UntypedStorage, but got {type(found)}")
            loaded[key] = Typed(found, d)
        return loaded[key]

    return unpickle(io.BytesIO(reader.record("data.pkl")), load_storage)


def _in_order(memory: Array, d: dtype) -> Array:
    """The memory with the bytes of each number in the other order; a complex number is two."""
    real = np.dtype(f"u{d.to_real().itemsize}")
    return memory.view(real).byteswap().view(np.uint8)


def _explained(message: str) -> str:
    if re.search(r"GLOBAL (\S+) was not an allowed global by default.", message):
        text = (
            "Weights only load failed. This file can still be loaded, to do so you have two options, \033[1mdo those "
            f"steps only if you trust the source of the checkpoint\033[0m. \n\t(1) {_UNSAFE}\n\t(2) Alternatively, to "
            "load with `weights_only=True` please check the recommended steps in the following error "
            f"message.\n\tWeightsUnpickler error: {message}"
        )
    else:
        text = f"Weights only load failed. {_UNSAFE}\n"
        if "is blocked" not in message:
            text += (
                "Please file an issue with the following so that we can make `weights_only=True` compatible with your "
                "use case: WeightsUnpickler error: "
            )
        text += f"\n\n{message}"
    return (
        f"{text}\n\nCheck the documentation of torch.load to learn more about types accepted by default with "
        "weights_only https://pytorch.org/docs/stable/generated/torch.load.html."
    )
