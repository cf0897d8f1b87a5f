"""The namespace `torch.random`: generators of random numbers, their seeds and their states.

The streams are NumPy's, not torch's: a seed gives the same numbers again, but not the numbers that torch gives.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from .device import ACCELERATOR, CPU, device, resolve
from .dtype import uint8
from .gradmode import MODE
from .tensor import Tensor, wrap

_BYTES = 56
_DEVICES = 2


class Generator:
    """A stream of random numbers that belongs to a device."""

    def __init__(self, device: Any = None) -> None:
        """A generator for the CPU unless a device is named, with torch's default seed."""
        self.device: device = CPU if device is None else resolve(device)
        self.manual_seed(67280421310721)

    def manual_seed(self, seed: int) -> Generator:
        """Starts the stream that belongs to a seed, and returns the generator. RuntimeError for what is no int,
        ValueError beyond 64 bits."""
        if not hasattr(seed, "__index__"):
            raise RuntimeError(f"manual_seed expected a long, but got {type(seed).__name__}")
        number = seed.__index__()
        if not -(1 << 63) <= number < 1 << 64:
            raise ValueError("Overflow when unpacking long long")
        self._seed = number % (1 << 64)
        self._numpy: np.random.Generator | None = None
        return self

    @property
    def numpy(self) -> np.random.Generator:
        """NumPy's stream, made when it is first drawn from."""
        if self._numpy is None:
            self._numpy = np.random.Generator(np.random.PCG64(self._seed))
        return self._numpy

    def seed(self) -> int:
        """Starts a stream from a seed that nobody chose, and returns the seed."""
        self.manual_seed(secrets.randbits(64))
        return self._seed

    def initial_seed(self) -> int:
        """The seed that the stream started from."""
        return self._seed

    def get_state(self) -> Tensor:
        """The state of the stream as a CPU tensor of bytes."""
        state: Any = self.numpy.bit_generator.state
        words = (
            self._seed.to_bytes(8, "little"),
            state["state"]["state"].to_bytes(16, "little"),
            state["state"]["inc"].to_bytes(16, "little"),
            state["has_uint32"].to_bytes(8, "little"),
            state["uinteger"].to_bytes(8, "little"),
        )
        return wrap(np.frombuffer(b"".join(words), np.uint8).copy(), uint8, CPU)

    def set_state(self, new_state: Tensor) -> Generator:
        """Goes on where `get_state` was called, and returns the generator. TypeError for what is no tensor of bytes,
        RuntimeError for another size."""
        if not isinstance(new_state, Tensor):
            raise TypeError(f"expected a torch.ByteTensor, but got {type(new_state).__name__}")
        if new_state._dtype is not uint8:
            raise TypeError("RNG state must be a torch.ByteTensor")
        if new_state.numel() != _BYTES:
            raise RuntimeError("RNG state is wrong size")
        data = new_state._array.tobytes()
        part = [int.from_bytes(data[a:b], "little") for a, b in ((0, 8), (8, 24), (24, 40), (40, 48), (48, 56))]
        self.manual_seed(part[0])
        self.numpy.bit_generator.state = {
            "bit_generator": "PCG64",
            "state": {"state": part[1], "inc": part[2]},
            "has_uint32": part[3],
            "uinteger": part[4],
        }
        return self

    def clone_state(self) -> Generator:
        """A generator that goes on from the same state."""
        return Generator(self.device).set_state(self.get_state())


default_generator = Generator()
_OTHERS: dict[device, Generator] = {}
"""The generators of the accelerators."""


def generator_of(where: device) -> Generator:
    """The generator that a device uses unless another is given."""
    if where is CPU:
        return default_generator
    found = _OTHERS.get(where)
    if found is None:
        found = _OTHERS[where] = Generator(where).manual_seed(default_generator._seed)
    return found


def source_of(generator: Generator | None, where: device, name: str = "rand") -> np.random.Generator:
    """NumPy's generator to draw from. TypeError for what is no generator, RuntimeError for one of another kind of
    device, or inside `vmap`."""
    if MODE.mapping == "error":
        raise RuntimeError(
            "vmap: called random operation while in randomness error mode. Please either use the 'same' or 'different' "
            "randomness flags on vmap or perform the randomness operation out of vmap"
        )
    if generator is None:
        return generator_of(where).numpy
    if not isinstance(generator, Generator):
        raise TypeError(f"{name}(): argument 'generator' must be torch.Generator, not {type(generator).__name__}")
    if generator.device.type != where.type:
        raise RuntimeError(f"Expected a '{where.type}' device type for generator but found '{generator.device.type}'")
    return generator.numpy


def _accelerators(indices: Iterable[int]) -> list[Generator]:
    return [generator_of(resolve(f"{ACCELERATOR.name}:{index}")) for index in indices]


def manual_seed(seed: Any) -> Generator:
    """Seeds the generators of all devices with what `int` makes of the seed, and returns that of the CPU. ValueError
    beyond 64 bits."""
    default_generator.manual_seed(int(seed))
    for generator in _accelerators(range(_DEVICES)):
        generator.manual_seed(int(seed))
    return default_generator


def seed() -> int:
    """Seeds the generators of all devices with a number that nobody chose, and returns it."""
    found = secrets.randbits(64)
    manual_seed(found)
    return found


def initial_seed() -> int:
    """The seed of the CPU's generator."""
    return default_generator.initial_seed()


def get_rng_state() -> Tensor:
    """The state of the CPU's generator."""
    return default_generator.get_state()


def set_rng_state(new_state: Tensor) -> None:
    """Sets the state of the CPU's generator."""
    default_generator.set_state(new_state)


@contextmanager
def fork_rng(devices: Any = None, enabled: bool = True, device_type: str | None = None) -> Iterator[None]:
    """After the block the generators of the CPU and of the accelerators (those named, or all) are where they were."""
    if not enabled:
        yield
        return
    generators = [default_generator, *_accelerators(range(_DEVICES) if devices is None else devices)]
    states = [generator.get_state() for generator in generators]
    try:
        yield
    finally:
        for generator, state in zip(generators, states, strict=True):
            generator.set_state(state)
