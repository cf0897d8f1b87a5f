"""Factories of random numbers, and random numbers whose parameters are tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from .arguments import need_tensor, spoken
from .autograd.node import Gradients, Node
from .create import made, memory, sizes
from .device import META, device, resolve
from .draw import (
    Draw,
    between,
    check_deviation,
    check_floating,
    normal_of,
    permutation,
    uniform,
    with_chances,
)
from .draw import (
    bernoulli as one_chance,
)
from .draw import (
    normal as normal_numbers,
)
from .dtype import dtype, int64
from .factory import factory, type_of
from .fill import like, zeros_like
from .inplace_rules import fill_out
from .layout import broadcast_shapes
from .op import operation, record
from .promote import cast, same_device
from .random import Generator, source_of
from .storage import Array
from .tensor import Tensor


def _factory(
    name: str, draw: Draw, shape: tuple[int, ...], d: dtype, generator: Generator | None = None, **options: Any
) -> Tensor:
    """A new tensor of what is drawn, or `out` overwritten with it."""

    def make(where: device) -> Array:
        return memory(shape, d, where) if where is META else cast(draw(source_of(generator, where, name), shape, d), d)

    return factory(name, d, make, **options)


def _shape(name: str, given: tuple[Any, ...], options: dict[str, Any]) -> tuple[int, ...]:
    if not given:
        if "size" not in options:
            raise TypeError(f"{name}() received an invalid combination of arguments - got ()")
        given = (options.pop("size"),)
    return sizes(given, name)


def rand(*size: Any, dtype: Any = None, **options: Any) -> Tensor:
    """Uniform numbers from 0, included, to 1, excluded."""
    shape, d = _shape("rand", size, options), type_of("rand", dtype, options.get("out"))
    return _factory("rand", uniform(d), shape, d, **options)


def randn(*size: Any, dtype: Any = None, **options: Any) -> Tensor:
    """Normal numbers of mean 0 and standard deviation 1."""
    shape, d = _shape("randn", size, options), type_of("randn", dtype, options.get("out"))
    check_floating(d, "normal_kernel_cpu")
    return _factory("randn", normal_of, shape, d, **options)


def _bound(name: str, parameter: str, position: int, value: Any) -> int:
    """A bound as an int. TypeError for what is none."""
    if isinstance(value, float) or not hasattr(value, "__index__"):
        found = type(value).__name__
        raise TypeError(f"{name}(): argument '{parameter}' (position {position}) must be int, not {found}")
    return int(value.__index__())


def randint(*bounds: Any, dtype: Any = None, **options: Any) -> Tensor:
    """Integers from low (0 if one bound is given), included, to high, excluded. RuntimeError for an empty interval and
    for bounds beyond the dtype, TypeError for bounds that are no ints."""
    names = [key for key in ("low", "high", "size") if key in options]
    values = [*bounds, *(options.pop(key) for key in names)]
    if len(values) == 2:
        values.insert(0, 0)
    if len(values) != 3:
        got = ", ".join(type(value).__name__ for value in values)
        raise TypeError(f"randint() received an invalid combination of arguments - got ({got})")
    low, high, size = values
    first = 3 - len(bounds) if len(bounds) < 3 else 0
    if not isinstance(size, (tuple, list)):
        place = 3 if first == 0 else 2
        raise TypeError(
            f"randint(): argument 'size' (position {place}) must be tuple of ints, not {type(size).__name__}"
        )
    low, high = _bound("randint", "low", 1, low), _bound("randint", "high", 1 if first else 2, high)
    d = type_of("randint", dtype, options.get("out"), int64)
    return _factory("randint", between(d, low, high), sizes((size,), "randint"), d, **options)


def randperm(n: int, *, dtype: Any = None, **options: Any) -> Tensor:
    """The integers below n in random order. TypeError for what is no int, RuntimeError for a negative n and for one
    beyond the dtype."""
    n, d = _bound("randperm", "n", 1, n), type_of("randperm", dtype, options.get("out"), int64)
    return _factory("randperm", permutation(d, n), sizes((n,), "randperm"), d, **options)


def _like(name: str, draw: Any, input: Tensor, options: dict[str, Any]) -> Tensor:
    """`draw(dtype)` in the shape, dtype and device of another tensor."""
    generator = options.pop("generator", None)

    def make(d: dtype, array: Array) -> None:
        where = input._device if options.get("device") is None else resolve(options["device"])
        array[...] = cast(draw(d)(source_of(generator, where, name), array.shape, d), d)

    return like(input, name, make, **options)


def rand_like(input: Tensor, **options: Any) -> Tensor:
    """Uniform numbers in the shape, dtype and device of another tensor."""
    return _like("rand_like", uniform, input, options)


def randn_like(input: Tensor, **options: Any) -> Tensor:
    """Normal numbers in the shape, dtype and device of another tensor."""
    return _like("randn_like", normal_numbers, input, options)


def randint_like(input: Tensor, low: Any, high: Any = None, **options: Any) -> Tensor:
    """Integers from low (0 if one bound is given) to high, excluded, in the shape, dtype and device of another
    tensor."""
    first, last = (0, low) if high is None else (low, high)
    first, last = _bound("randint_like", "low", 2, first), _bound("randint_like", "high", 2, last)
    return _like("randint_like", lambda d: between(d, first, last), input, options)


class RandomBackward0(Node):
    """What is drawn does not depend smoothly on anything: zeros."""

    __slots__ = ()

    def gradient(self, grad: Tensor) -> Gradients:
        zero = zeros_like(grad)
        return zero if len(self.edges) == 1 else (zero,) * len(self.edges)


@operation(out=False)
def bernoulli(input: Tensor, p: float | None = None, *, generator: Any = None, out: Tensor | None = None) -> Tensor:
    """Ones with the probability that each element says (or p), and zeros; in the dtype of `out` where it is given.
    TypeError for a p that is no number, RuntimeError outside 0 to 1."""
    need_tensor("bernoulli", input, "input", 1)
    d = input._dtype
    if isinstance(p, Tensor):
        raise TypeError("bernoulli() received an invalid combination of arguments - got (Tensor, Tensor)")
    if p is None and not d.is_floating_point:
        kernel = "bernoulli_tensor_cpu_self_" if d.is_complex else "bernoulli_tensor_cpu_p_"
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{d.word}'")
    draw = with_chances(input._array) if p is None else one_chance(d, p)
    drawn = draw(source_of(generator, input._device, "bernoulli"), input._array.shape, d)
    if out is not None:
        return fill_out(out, made(cast(drawn, out._dtype), out._dtype, input._device))
    return record(RandomBackward0, cast(drawn, d), d, input._device, (input,))


@spoken
def normal(
    mean: Any,
    std: Any = 1.0,
    size: Any = None,
    *,
    generator: Any = None,
    out: Tensor | None = None,
    dtype: Any = None,
    **options: Any,
) -> Tensor:
    """Normal numbers of the given means and deviations, one for each element of the tensors among them, which
    broadcast, or `size` of them. TypeError for two numbers without a size, RuntimeError for a negative deviation."""
    if not isinstance(mean, Tensor) and not isinstance(std, Tensor):
        if size is None:
            got = f"{type(mean).__name__}, {type(std).__name__}"
            raise TypeError(f"normal() received an invalid combination of arguments - got ({got})")
        d = type_of("normal", dtype, out)
        draw = normal_numbers(d, mean, std)
        return _factory("normal", draw, sizes((size,), "normal"), d, generator=generator, out=out, **options)
    result = _spread(mean, std, generator)
    return result if out is None else fill_out(out, result)


def _spread(mean: Any, std: Any, generator: Any) -> Tensor:
    """Noise that is scaled and shifted, of which nothing is differentiable."""
    inputs = tuple(v for v in (mean, std) if isinstance(v, Tensor))
    first, d = inputs[0], inputs[0]._dtype
    same_device(*inputs)
    if isinstance(std, Tensor):
        if std._dtype.is_complex:
            raise RuntimeError("normal expects standard deviation to be non-complex")
        if not (std._array >= 0).all():
            raise RuntimeError("normal expects all elements of std >= 0.0")
    else:
        check_deviation(std)
    check_floating(d, "normal_kernel_cpu")
    centre, scale = (v._array.astype(d.compute, copy=False) if isinstance(v, Tensor) else v for v in (mean, std))
    shapes = [v._array.shape for v in (mean, std) if isinstance(v, Tensor)]
    shape = shapes[0] if len(shapes) == 1 else broadcast_shapes(*shapes)
    noise = normal_of(source_of(generator, first._device, "normal"), shape, d)
    return record(RandomBackward0, cast(np.asarray(noise * scale + centre), d), d, first._device, inputs)


@operation(out=False)
def multinomial(
    input: Tensor,
    num_samples: int,
    replacement: bool = False,
    *,
    generator: Any = None,
    out: Tensor | None = None,
) -> Tensor:
    """Places drawn with the weights that the rows of the input give them.

    TypeError for a number of samples that is no int. RuntimeError for weights that are negative, not finite, not
    floating or all zero, for too few of them, and for an `out` that is not of int64.
    """
    need_tensor("multinomial", input, "input", 1)
    d = input._dtype
    if out is not None and out._dtype is not int64:
        raise RuntimeError(f"multinomial expects Long tensor out, got: {out._dtype.word}")
    samples = _bound("multinomial", "num_samples", 2, num_samples)
    if not d.is_floating_point:
        raise RuntimeError(f"multinomial only supports floating-point dtypes for input, got: {d.word}")
    if input._array.ndim not in (1, 2):
        raise RuntimeError("prob_dist must be 1 or 2 dim")
    if samples <= 0:
        raise RuntimeError("cannot sample n_sample <= 0 samples")
    weights = np.atleast_2d(input._array.astype(np.float64))
    if not replacement and samples > weights.shape[1]:
        raise RuntimeError("cannot sample n_sample > prob_dist.size(-1) samples without replacement")
    if not (np.isfinite(weights).all() and (weights >= 0).all()):
        raise RuntimeError("probability tensor contains either `inf`, `nan` or element < 0")
    if not (weights.sum(1) > 0).all():
        raise RuntimeError("invalid multinomial distribution (sum of probabilities <= 0)")
    drawn = _places(source_of(generator, input._device, "multinomial"), weights, samples, bool(replacement))
    array = drawn.reshape((*input._array.shape[:-1], samples)).astype(np.int64, copy=False)
    result = record(None, array, int64, input._device, ())
    return result if out is None else fill_out(out, result)


def _places(source: np.random.Generator, weights: Array, samples: int, replacement: bool) -> Array:
    """With replacement the places where uniform numbers fall among the sums of the weights. Without, the places with
    the smallest waiting times, whose rates are the weights (Efraimidis and Spirakis, Weighted random sampling with a
    reservoir, 2006)."""
    if replacement:
        sums = weights.cumsum(1)
        points = source.random((len(weights), samples)) * sums[:, -1:]
        return np.stack([row.searchsorted(p, "right") for row, p in zip(sums, points, strict=True)])
    times = source.standard_exponential(weights.shape)
    with np.errstate(divide="ignore"):
        times /= weights
    return np.argsort(times, axis=1)[:, :samples]


@operation(out=False, method=False)
def poisson(input: Tensor, *, generator: Any = None) -> Tensor:
    """Poisson numbers of the rates that the elements give. RuntimeError for negative rates."""
    need_tensor("poisson", input, "input", 1)
    d = input._dtype
    if not d.is_floating_point:
        raise NotImplementedError(f"\"poisson_cpu\" not implemented for '{d.word}'")
    if not (input._array >= 0).all():
        raise RuntimeError("invalid Poisson rate, expected rate to be non-negative")
    drawn = source_of(generator, input._device, "poisson").poisson(input._array.astype(np.float64))
    return record(RandomBackward0, cast(np.asarray(drawn), d), d, input._device, (input,))
