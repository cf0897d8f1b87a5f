"""Where memory comes from and goes to: a tag for each device, and what `map_location` makes of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from ..device import ACCELERATOR, CPU, META, ORDINALS, device
from ..hollow import hollow
from ..storage import Storage

Tagger = Callable[[Storage], str | None]
Deserializer = Callable[[Storage, str], Storage | None]
Restore = Callable[[Storage, str], Any]

_ADVICE = (
    "If you are running on a CPU-only machine, please use torch.load with map_location=torch.device('cpu') to map your "
    "storages to the CPU."
)
_REGISTRY: list[tuple[int, Tagger, Deserializer]] = []


def register_package(priority: int, tagger: Tagger, deserializer: Deserializer) -> None:
    """Adds a kind of place: `tagger` tells the tag of a storage that lies there, `deserializer` brings a storage there.
    Both answer None for what is not theirs; those of the lowest priority are asked first."""
    _REGISTRY.append((priority, tagger, deserializer))
    _REGISTRY.sort(key=lambda entry: entry[0])


def location_tag(storage: Storage) -> str:
    """The name of the place where a storage lies: `cpu`, `sim:1`."""
    for _, tagger, _ in _REGISTRY:
        found = tagger(storage)
        if found:
            return found
    raise RuntimeError("don't know how to determine data location of torch.storage.UntypedStorage")


def default_restore_location(storage: Storage, location: str) -> Storage:
    """The storage at a place. RuntimeError for a place that is not known or not here."""
    for _, _, deserializer in _REGISTRY:
        found = deserializer(storage, location)
        if found is not None:
            return found
    raise RuntimeError(
        f"don't know how to restore data location of torch.storage.UntypedStorage (tagged with {location})"
    )


def restorer(map_location: Any) -> Restore:
    """What brings each storage, with the tag that was saved with it, to its place: the tag itself says it (None), one
    place for all (a string, a device), a dict from tag to tag, or a function that answers with a storage or None."""
    if map_location is None:
        return default_restore_location
    if isinstance(map_location, dict):
        return lambda storage, location: default_restore_location(storage, map_location.get(location, location))
    if isinstance(map_location, (str, device)):
        return lambda storage, location: default_restore_location(storage, str(map_location))

    def ask(storage: Storage, location: str) -> Any:
        found = map_location(storage, location)
        return default_restore_location(storage, location) if found is None else found

    return ask


def checked(location: str, kind: str) -> device:
    """The device of an accelerator that a tag names. RuntimeError, with advice, where there is none."""
    if kind != ACCELERATOR.name:
        raise RuntimeError(
            f"Attempting to deserialize object on a {kind.upper()} device but torch.{kind}.is_available() is False. "
            f"{_ADVICE}"
        )
    where = device(location)
    index = where.index or 0
    if index >= ORDINALS:
        raise RuntimeError(
            f"Attempting to deserialize object on {kind.upper()} device {index} but torch.{kind}.device_count() is "
            f"{ORDINALS}. Please use torch.load with map_location to map your storages to an existing device."
        )
    return where


def _plain(kind: str) -> Tagger:
    return lambda storage: kind if storage.device.type == kind else None


def _to_cpu(storage: Storage, location: str) -> Storage | None:
    return storage if location == "cpu" else None


def _to_meta(storage: Storage, location: str) -> Storage | None:
    if location != "meta":
        return None
    return Storage(hollow((storage.nbytes(),), np.dtype(np.uint8)), META)


def _accelerator_tag(storage: Storage) -> str | None:
    return str(storage.device) if storage.device.type in ("cuda", ACCELERATOR.name) else None


def _to_accelerator(storage: Storage, location: str) -> Storage | None:
    for kind in ("cuda", ACCELERATOR.name):
        if re.match(rf"{kind}(:|[0-9]+|$)", location):
            return storage.to(device=checked(location, kind))
    return None


register_package(10, _plain(CPU.type), _to_cpu)
register_package(20, _accelerator_tag, _to_accelerator)
register_package(22, _plain("meta"), _to_meta)
