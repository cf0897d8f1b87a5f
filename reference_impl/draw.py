"""What each distribution draws, and torch's checks of its parameters. A draw takes NumPy's generator, a shape and an
element type, and gives an array that is still to be cast to that type."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .dtype import COMPLEX, bfloat16, dtype, float32
from .dtype import bool as bool_
from .storage import Array
from .typeinfo import finfo, iinfo

Source = np.random.Generator
Draw = Callable[[Source, tuple[int, ...], dtype], Array]


def check_floating(d: dtype, kernel: str) -> None:
    """NotImplementedError for integers and bools."""
    if not d.differentiable:
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{d.word}'")


def check_real(d: dtype, kernel: str, bools: bool = True) -> None:
    """NotImplementedError for complex types, and for bools unless they are let in."""
    if d.is_complex or (d is bool_ and not bools):
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{d.word}'")


def check_continuous(d: dtype, name: str, said: str) -> None:
    """RuntimeError for types that are not floating."""
    if not d.is_floating_point:
        raise RuntimeError(
            f"{name} distribution is a continuous probability distribution. dtype must be a floating point but you "
            f"specified {said}"
        )


def _limits(d: dtype) -> tuple[Any, Any]:
    """The lowest and the highest number of a type; of the parts of a complex one."""
    if d is bool_:
        return 0, 1
    limits = finfo(d) if d.differentiable else iinfo(d)
    return limits.min, limits.max


def _digits(d: dtype) -> int:
    """How many digits the significand of a floating type has."""
    return 1 - round(math.log2(finfo(d).eps))


def _simple(draw: Any, shape: tuple[int, ...], d: dtype) -> Array:
    """Numbers in the type that `d` computes in."""
    return np.asarray(draw(shape, np.float32 if d.compute == np.float32 else np.float64))


def uniform_of(source: Source, shape: tuple[int, ...], d: dtype) -> Array:
    """In [0, 1), after rounding to the type, too."""
    if d.is_complex:
        return source.random(shape) + 1j * source.random(shape)
    drawn = _simple(source.random, shape, d)
    if d.itemsize == 2:
        steps = 2.0 ** _digits(d)
        drawn = np.floor(drawn * steps) / steps
    return np.asarray(drawn, drawn.dtype)


def normal_of(source: Source, shape: tuple[int, ...], d: dtype) -> Array:
    """Of mean 0 and variance 1; complex ones share the variance between their parts."""
    if d.is_complex:
        return np.asarray((source.standard_normal(shape) + 1j * source.standard_normal(shape)) * np.sqrt(0.5))
    return _simple(source.standard_normal, shape, d)


def uniform(d: dtype, low: float = 0.0, high: float = 1.0) -> Draw:
    """Uniform numbers from the first bound, included, to the second, excluded. RuntimeError for bounds in the wrong
    order, beyond the type, or too far apart."""
    check_floating(d, "check_uniform_bounds")
    lowest, highest = _limits(d)
    for name, bound in (("from", low), ("to", high)):
        if not lowest <= bound <= highest:
            raise RuntimeError(f"{name} is out of bounds for {d.legacy}")
    if low > high:
        raise RuntimeError(f"uniform_ expects to return a [from, to) range, but found from={low:g} > to={high:g}")
    if high - low > highest:
        raise RuntimeError(
            f"uniform_ expects to-from <= std::numeric_limits<{d.word}>::max(), but found to={high:g} and from={low:g} "
            "which result in to-from to exceed the limit"
        )
    return lambda source, shape, d: uniform_of(source, shape, d) * (high - low) + low


def normal(d: dtype, mean: float = 0.0, std: float = 1.0) -> Draw:
    """Normal numbers of this mean and deviation; the parts of complex ones each have the mean. RuntimeError for a
    negative deviation."""
    check_deviation(std)
    check_floating(d, "normal_kernel_cpu")
    centre = complex(mean, mean) if d.is_complex else mean
    return lambda source, shape, d: normal_of(source, shape, d) * std + centre


def check_deviation(std: float) -> None:
    """RuntimeError unless it is a number from zero."""
    if not std >= 0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {std:g}")


def between(d: dtype, low: int, high: int) -> Draw:
    """Integers from low, included, to high, excluded. RuntimeError for an empty interval and for bounds beyond the
    type, ValueError for bounds beyond 64 bits."""
    for bound in (low, high):
        if not -(1 << 63) <= bound < 1 << 63:
            raise ValueError("Overflow when unpacking long long")
    if low >= high:
        raise RuntimeError(f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}")
    if d.category == COMPLEX:
        raise RuntimeError("check_random_bounds handles only integral, floating-point and boolean types")
    lowest, highest = _limits(d)
    for name, bound in (("from", low), ("to - 1", high - 1)):
        if not lowest <= bound <= highest:
            raise RuntimeError(f"{name} is out of bounds for {d.legacy}")
    return lambda source, shape, d: np.asarray(source.integers(low, high, shape))


def whole(d: dtype) -> Draw:
    """Integers from zero to the last that the type holds exactly."""
    if d.is_complex:
        raise RuntimeError("check_random_bounds handles only integral, floating-point and boolean types")
    last = 1 << _digits(d) if d.is_floating_point else _limits(d)[1]
    return lambda source, shape, d: np.asarray(source.integers(0, last, shape, endpoint=True))


def exponential(d: dtype, lambd: float = 1.0) -> Draw:
    """Exponential numbers of this rate. RuntimeError unless it is positive."""
    if not lambd > 0:
        raise RuntimeError(f"exponential_ expects lambda > 0.0, but found lambda={lambd:g}")
    check_continuous(d, "Exponential", d.word)
    return lambda source, shape, d: _simple(source.standard_exponential, shape, d) / lambd


def geometric(d: dtype, p: float) -> Draw:
    """How many trials it takes, each with probability p. RuntimeError unless it lies between 0 and 1."""
    if not 0 < p < 1:
        raise RuntimeError(f"geometric_ expects p to be in (0, 1), but got p={p:g}")
    check_real(d, "geometric_cpu", bools=False)
    return lambda source, shape, d: np.asarray(source.geometric(p, shape))


def log_normal(d: dtype, mean: float = 1.0, std: float = 2.0) -> Draw:
    """The exponentials of normal numbers. RuntimeError unless the deviation is positive."""
    if not std > 0:
        raise RuntimeError(f"log_normal_ expects std > 0.0, but found std={std:g}")
    if not d.is_floating_point:
        raise NotImplementedError(f"\"log_normal_cpu\" not implemented for '{d.word}'")
    return lambda source, shape, d: np.exp(_simple(source.standard_normal, shape, d) * std + mean)


def cauchy(d: dtype, median: float = 0.0, sigma: float = 1.0) -> Draw:
    """Cauchy numbers. RuntimeError unless sigma is positive."""
    if not sigma > 0:
        raise RuntimeError(f"cauchy_ expects sigma > 0.0, but found sigma={sigma:g}")
    check_continuous(d, "Cauchy", d.legacy)
    kind = np.float32 if d is float32 else np.float64
    return lambda source, shape, d: np.tan(math.pi * (source.random(shape, kind) - 0.5)) * sigma + median


def bernoulli(d: dtype, p: float = 0.5) -> Draw:
    """Ones with probability p, and zeros. RuntimeError outside 0 to 1."""
    if not 0 <= p <= 1:
        raise RuntimeError(f"bernoulli_ expects p to be in [0, 1], but got p={p:g}")
    check_real(d, "bernoulli_scalar_cpu_")
    return lambda source, shape, d: source.random(shape) < p


def with_chances(chances: Array) -> Draw:
    """Ones with the probability that each element says, and zeros. RuntimeError outside 0 to 1."""
    if not ((chances >= 0) & (chances <= 1)).all():
        raise RuntimeError("Expected p_in >= 0 && p_in <= 1 to be true, but got false.")
    return lambda source, shape, d: source.random(shape) < chances


def permutation(d: dtype, n: int) -> Draw:
    """The integers below n in random order. RuntimeError where the type does not hold them."""
    if d is bool_ or d.is_complex:
        raise NotImplementedError(f"\"randperm\" not implemented for '{d.word}'")
    limit = (1 << _digits(d)) + 1 if d.is_floating_point else _limits(d)[1]
    if d.is_floating_point:
        if n > limit and d is not bfloat16:
            raise RuntimeError(f"n cannot be greater than {limit} for {d.word} type.")
    elif n - 1 > limit:
        raise RuntimeError(f"value cannot be converted to type {d.name}_t without overflow")
    return lambda source, shape, d: source.permutation(n)
