"""Random numbers that depend on tensors, and methods that overwrite a tensor with random numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .autograd.node import Gradients, Node
from .create import made, sizes
from .dtype import DEFAULT, chosen, dtype, int64
from .fill import zeros_like
from .inplace_rules import overwriting
from .op import operation, record
from .promote import cast
from .random import Draw, between, check_floating, normal_of, source_of, uniform_of
from .storage import Array
from .tensor import Tensor, attach


class RandomBackward0(Node):
    """Neither the old values nor the parameters get a gradient: zeros."""

    __slots__ = ()

    def gradient(self, grad: Tensor) -> Gradients:
        return zeros_like(grad)


def _probabilities(p: Array) -> Array:
    if not ((p >= 0) & (p <= 1)).all():
        raise RuntimeError("Expected p_in >= 0 && p_in <= 1 to be true, but got false.")
    return p


@operation(inplace=False)
def bernoulli(input: Tensor, p: float | None = None, *, generator: Any = None) -> Tensor:
    """Ones with the probability that each element says (or p), and zeros. RuntimeError outside 0 to 1."""
    d = input._dtype
    source = source_of(generator, input._device)
    if p is None:
        check_floating(d, "bernoulli_tensor_cpu_p_")
    chance = _probabilities(np.asarray(p) if p is not None else input._array.astype(np.float64))
    drawn = source.random(input._array.shape) < chance
    return record(RandomBackward0, cast(np.asarray(drawn), d), d, input._device, (input,))


def normal(
    mean: Any,
    std: Any = 1.0,
    size: Any = None,
    *,
    generator: Any = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    **options: Any,
) -> Tensor:
    """Normal numbers of the given means and deviations, one for each element of the tensors among them, or `size` of
    them. RuntimeError for a negative deviation."""
    first = next((t for t in (mean, std) if isinstance(t, Tensor)), None)
    d = chosen(dtype, "normal") or (DEFAULT.floating if first is None else first._dtype)
    m, s = (np.asarray(v._array if isinstance(v, Tensor) else v, np.float64) for v in (mean, std))
    if (s < 0).any():
        raise RuntimeError(f"normal expects std >= 0.0, but found std {std}")
    empty = made(np.zeros(0), d, device) if first is None else first
    shape = np.broadcast_shapes(m.shape, s.shape) if size is None else sizes((size,), "normal")
    drawn = m + s * source_of(generator, empty._device).standard_normal(shape)
    return made(cast(np.asarray(drawn), d), d, empty._device, requires_grad)


@operation()
def multinomial(input: Tensor, num_samples: int, replacement: bool = False, *, generator: Any = None) -> Tensor:
    """Places drawn with the weights that the rows of the input give them.

    RuntimeError for weights that are negative or not finite, and for too few of them.
    """
    weights = np.atleast_2d(input._array.astype(np.float64))
    if not (np.isfinite(weights).all() and (weights >= 0).all()):
        raise RuntimeError("probability tensor contains either `inf`, `nan` or element < 0")
    if not (weights.sum(1) > 0).all():
        raise RuntimeError("invalid multinomial distribution (sum of probabilities <= 0)")
    if num_samples <= 0:
        raise RuntimeError("cannot sample n_sample <= 0 samples")
    if not replacement and num_samples > weights.shape[1]:
        raise RuntimeError("cannot sample n_sample > prob_dist.size(-1) samples without replacement")
    source = source_of(generator, input._device)
    count = weights.shape[1]
    rows = [_drawn(source, row / row.sum(), count, num_samples, replacement) for row in weights]
    array = np.stack(rows).reshape((*input._array.shape[:-1], num_samples)).astype(np.int64)
    return record(None, array, int64, input._device, ())


def _drawn(source: np.random.Generator, p: Array, count: int, samples: int, replacement: bool) -> Array:
    """Without replacement, places of weight 0 come only after all others."""
    if replacement:
        return source.choice(count, samples, p=p)
    with np.errstate(divide="ignore"):
        keys = np.where(p > 0, source.exponential(size=count) / np.where(p > 0, p, 1), np.inf)
    return np.argsort(keys)[:samples]


@operation(out=False)
def poisson(input: Tensor, *, generator: Any = None) -> Tensor:
    """Poisson numbers of the rates that the elements give."""
    drawn = source_of(generator, input._device).poisson(input._array.astype(np.float64))
    return record(RandomBackward0, cast(np.asarray(drawn), input._dtype), input._dtype, input._device, (input,))


def _method(name: str, prepare: Callable[..., Draw], kernel: str | None) -> None:
    """Attaches a method that overwrites its tensor with what `prepare(*parameters)` draws."""

    def function(self: Tensor, *parameters: Any, generator: Any = None, **named: Any) -> Tensor:
        d = self._dtype
        if kernel is not None:
            check_floating(d, kernel)
        draw = _whole(d, *parameters, **named) if name == "random" else prepare(*parameters, **named)
        array = draw(source_of(generator, self._device), self._array.shape, d)
        return record(RandomBackward0, cast(np.asarray(array), d), d, self._device, (self,))

    function.__doc__ = prepare.__doc__
    attach(f"{name}_", overwriting(function, name))


def _whole(d: dtype, from_: Any = None, to: Any = None, **named: Any) -> Draw:
    """Integers: below `to`, or all that the dtype holds exactly."""
    from_ = named.get("from", from_)
    if to is None and from_ is not None:
        from_, to = 0, from_
    if to is None:
        digits = {2: 11 if d.name == "float16" else 8, 4: 24}.get(d.itemsize, 53)
        to = (1 << digits) + 1 if d.is_floating_point else 2 if d.category == 0 else int(np.iinfo(d.numpy).max)
    return between(from_ or 0, to)


def _uniform(from_: float = 0.0, to: float = 1.0, **named: Any) -> Draw:
    """Uniform numbers from the first bound, included, to the second, excluded. RuntimeError for bounds in the wrong
    order."""
    low, high = float(named.get("from", from_)), float(to)
    if low > high:
        raise RuntimeError(f"uniform_ expects to return a [from, to) range, but found from={low:g} > to={high:g}")
    return lambda source, shape, d: low + (high - low) * uniform_of(source, shape, d)


def _normal(mean: float = 0.0, std: float = 1.0) -> Draw:
    """Normal numbers of this mean and deviation. RuntimeError for a negative deviation."""
    if std < 0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {std}")
    return lambda source, shape, d: mean + std * normal_of(source, shape, d)


def _bernoulli(p: Any = 0.5) -> Draw:
    """Ones with probability p, a number or a tensor, and zeros. RuntimeError outside 0 to 1."""
    chance = p._array if isinstance(p, Tensor) else np.asarray(p)
    if isinstance(p, Tensor):
        _probabilities(chance)
    elif not 0 <= p <= 1:
        raise RuntimeError(f"bernoulli_ expects p to be in [0, 1], but got p={p}")
    return lambda source, shape, d: source.random(shape) < chance


def _exponential(lambd: float = 1.0) -> Draw:
    """Exponential numbers of this rate. RuntimeError unless it is positive."""
    if lambd <= 0:
        raise RuntimeError(f"exponential_ expects lambda > 0.0, but found lambda={lambd}")
    return lambda source, shape, d: source.exponential(1 / lambd, shape)


def _geometric(p: float) -> Draw:
    """How many trials it takes, each with probability p. RuntimeError unless it lies between 0 and 1."""
    if not 0 < p < 1:
        raise RuntimeError(f"geometric_ expects p to be in (0, 1), but got p={p}")
    return lambda source, shape, d: source.geometric(p, shape)


def _log_normal(mean: float = 1.0, std: float = 2.0) -> Draw:
    """The exponentials of normal numbers. RuntimeError unless the deviation is positive."""
    if std <= 0:
        raise RuntimeError(f"log_normal_ expects std > 0.0, but found std={std}")
    return lambda source, shape, d: source.lognormal(mean, std, shape)


def _cauchy(median: float = 0.0, sigma: float = 1.0) -> Draw:
    """Cauchy numbers. RuntimeError unless sigma is positive."""
    if sigma <= 0:
        raise RuntimeError(f"cauchy_ expects sigma > 0.0, but found sigma={sigma}")
    return lambda source, shape, d: median + sigma * source.standard_cauchy(shape)


_method("uniform", _uniform, "check_uniform_bounds")
_method("normal", _normal, "normal_kernel_cpu")
_method("bernoulli", _bernoulli, None)
_method("random", _whole, None)
_method("exponential", _exponential, "exponential_cpu")
_method("geometric", _geometric, None)
_method("log_normal", _log_normal, "log_normal_cpu")
_method("cauchy", _cauchy, "cauchy_cpu")
