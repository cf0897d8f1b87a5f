"""Generators of random numbers: a host generator that says it belongs to the simulated device."""

from __future__ import annotations

import functools
import weakref
from typing import Any

import torch

from conformance.backends.torch_sim.device import checked_index

_Native: Any = torch._C.Generator
_simulated: dict[int, int] = {}  # address of a native generator → ordinal of its device


class _Kind(type(_Native)):  # type: ignore[misc]
    """Every native generator is an instance of ``torch.Generator``."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, _Native)


class Generator(_Native, metaclass=_Kind):  # type: ignore[misc]
    """``torch.Generator``, which also makes generators of the simulated device."""

    def __new__(cls, device: Any = "cpu") -> Any:
        """Return a native generator unless the device is ``sim``; raise RuntimeError for an ordinal there is not."""
        where = torch.device(device)
        if where.type != "sim":
            return _Native(where)
        generator = super().__new__(cls, "cpu")
        _simulated[generator._cdata] = checked_index(where)
        weakref.finalize(generator, _simulated.pop, generator._cdata, None)  # another generator may get the address
        return generator

    @property
    def device(self) -> torch.device:
        """The simulated device of this generator."""
        return torch.device("sim", _simulated[self._cdata])

    def clone_state(self) -> Any:
        """A generator of the same device that goes on from the same state."""
        return Generator(self.device).set_state(self.get_state())


def device_of(generator: Any) -> torch.device:
    """Return the device of a generator as an operator receives it, without its Python class."""
    index = _simulated.get(generator._cdata)
    device: torch.device = generator.device if index is None else torch.device("sim", index)
    return device


@functools.cache
def default_generator(index: int) -> Any:
    """Return the generator that a simulated device draws from unless another is given."""
    return Generator(f"sim:{index}").manual_seed(torch.initial_seed())
