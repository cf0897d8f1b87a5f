"""Random numbers: generators, factories, and methods that fill a tensor.

The streams are NumPy's, not torch's: a seed gives the same numbers again, but not the numbers that torch gives.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

import numpy as np

from .create import made, sizes
from .device import ACCELERATOR, CPU, device, resolve
from .dtype import DEFAULT, chosen, dtype, int64, uint8
from .fill import like
from .inplace_rules import fill_out
from .promote import cast
from .storage import Array
from .tensor import Tensor, wrap

_BYTES = 56


class Generator:
    """A stream of random numbers that belongs to a device."""

    def __init__(self, device: Any = None) -> None:
        """A generator for the CPU unless a device is named, with torch's default seed."""
        self.device: device = CPU if device is None else resolve(device)
        self.manual_seed(67280421310721)

    def manual_seed(self, seed: int) -> Generator:
        """Starts the stream that belongs to a seed, and returns the generator. RuntimeError beyond 64 bits."""
        if not -(1 << 63) <= seed < 1 << 64:
            raise RuntimeError("Overflow when unpacking long long")
        self._seed = seed % (1 << 64)
        self.numpy = np.random.Generator(np.random.PCG64(self._seed))
        return self

    def seed(self) -> int:
        """Starts a stream from a seed that nobody chose, and returns the seed."""
        self.manual_seed(secrets.randbits(53))
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

    def set_state(self, new_state: Tensor) -> None:
        """Goes on where `get_state` was called. TypeError for what is no tensor of bytes, RuntimeError for another
        size."""
        if not isinstance(new_state, Tensor) or new_state._dtype is not uint8:
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

    def clone_state(self) -> Generator:
        """A generator that goes on from the same state."""
        other = Generator(self.device)
        other.set_state(self.get_state())
        return other


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


def source_of(generator: Generator | None, where: device) -> np.random.Generator:
    """NumPy's generator to draw from. RuntimeError for a generator of another kind of device."""
    if generator is None:
        return generator_of(where).numpy
    if generator.device.type != where.type:
        raise RuntimeError(f"Expected a '{where.type}' device type for generator but found '{generator.device.type}'")
    return generator.numpy


def manual_seed(seed: Any) -> Generator:
    """Seeds the generators of all devices, and returns that of the CPU."""
    default_generator.manual_seed(int(seed))
    for index in range(2):
        generator_of(resolve(f"{ACCELERATOR.name}:{index}")).manual_seed(int(seed))
    return default_generator


def seed() -> int:
    """Seeds the generators of all devices with a number that nobody chose, and returns it."""
    found = secrets.randbits(53)
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


Draw = Callable[[np.random.Generator, tuple[int, ...], dtype], Array]


def uniform_of(source: np.random.Generator, shape: tuple[int, ...], d: dtype) -> Array:
    """In [0, 1) after rounding to the type, too."""
    digits = {2: 8, 4: 24}.get(d.itemsize, 53)
    if d.is_complex:
        return source.random(shape) + 1j * source.random(shape)
    return np.asarray(np.floor(source.random(shape) * 2.0**digits) * 2.0**-digits)


def normal_of(source: np.random.Generator, shape: tuple[int, ...], d: dtype) -> Array:
    """Of mean 0 and variance 1; complex ones share the variance between their parts."""
    if d.is_complex:
        return np.asarray((source.standard_normal(shape) + 1j * source.standard_normal(shape)) * np.sqrt(0.5))
    return np.asarray(source.standard_normal(shape))


def check_floating(d: dtype, kernel: str) -> None:
    """NotImplementedError for integers and bools."""
    if not d.differentiable:
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{d.word}'")


def _random(
    name: str,
    draw: Draw,
    size: tuple[Any, ...],
    *,
    kernel: str | None,
    generator: Generator | None = None,
    out: Tensor | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    **options: Any,
) -> Tensor:
    if not size and "size" in options:
        size = (options["size"],)
    d = chosen(dtype, name) or (DEFAULT.floating if out is None else out._dtype)
    shape = sizes(size, name)
    if kernel is not None:
        check_floating(d, kernel)
    where = resolve(device) if out is None else out._device
    array = cast(draw(source_of(generator, where), shape, d), d)
    if out is not None:
        return fill_out(out, made(array, d, where))
    return made(array, d, where, requires_grad)


def rand(*size: Any, **options: Any) -> Tensor:
    """Uniform numbers from 0, included, to 1, excluded."""
    return _random("rand", uniform_of, size, kernel="check_uniform_bounds", **options)


def randn(*size: Any, **options: Any) -> Tensor:
    """Normal numbers of mean 0 and standard deviation 1."""
    return _random("randn", normal_of, size, kernel="normal_kernel_cpu", **options)


def between(low: int, high: int) -> Draw:
    """Integers from low, included, to high, excluded. RuntimeError for an empty interval."""
    low, high = int(low), int(high)
    if low >= high:
        raise RuntimeError(f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}")
    return lambda source, shape, d: source.integers(low, high, shape)


def randint(low: int, high: Any, size: Any = None, *, dtype: Any = None, **options: Any) -> Tensor:
    """Integers from low (0 if one bound is given), included, to high, excluded. RuntimeError for an empty interval."""
    if size is None:
        low, high, size = (0, low, options.pop("size")) if "size" in options else (0, low, high)
    return _random("randint", between(low, high), (size,), kernel=None, dtype=dtype or int64, **options)


def randperm(n: int, *, dtype: Any = None, **options: Any) -> Tensor:
    """The integers below n in random order. RuntimeError for a negative n."""
    return _random(
        "randperm", lambda source, shape, d: source.permutation(n), (n,), kernel=None, dtype=dtype or int64, **options
    )


def _filling(draw: Draw, input: Tensor, options: dict[str, Any]) -> Callable[[dtype, Array], None]:
    where = input._device if options.get("device") is None else resolve(options["device"])
    source = source_of(options.pop("generator", None), where)

    def make(d: dtype, array: Array) -> None:
        array[...] = cast(draw(source, array.shape, d), d)

    return make


def rand_like(input: Tensor, **options: Any) -> Tensor:
    """Uniform numbers in the shape, dtype and device of another tensor."""
    return like(input, "rand_like", _filling(uniform_of, input, options), **options)


def randn_like(input: Tensor, **options: Any) -> Tensor:
    """Normal numbers in the shape, dtype and device of another tensor."""
    return like(input, "randn_like", _filling(normal_of, input, options), **options)


def randint_like(input: Tensor, low: int, high: int | None = None, **options: Any) -> Tensor:
    """Integers from low (0 if one bound is given) to high, excluded, in the shape, dtype and device of another
    tensor."""
    draw = between(low, high) if high is not None else between(0, low)
    return like(input, "randint_like", _filling(draw, input, options), **options)
