"""Distributions over places and over zeros and ones."""

from __future__ import annotations

from typing import Any

from ..choice import clamp
from ..exponential import log1p
from ..range import arange
from ..sampling import bernoulli, multinomial
from ..shape import broadcast_tensors
from ..softmax import logsumexp, softmax
from ..tensor import Tensor
from ..typeinfo import finfo
from .distribution import Distribution, together


def _one_of(probs: Any, logits: Any) -> None:
    if (probs is None) == (logits is None):
        raise ValueError("Either `probs` or `logits` must be specified, but not both.")


def _inside(probs: Tensor) -> Tensor:
    """Probabilities that are neither zero nor one, so that their logarithms are finite."""
    eps = finfo(probs._dtype).eps
    return clamp(probs, eps, 1 - eps)


def _simplex(t: Tensor) -> Tensor:
    result: Tensor = (t >= 0).all(-1) & (abs(t.sum(-1) - 1) < 1e-6)
    return result


class Categorical(Distribution):
    """Places along the last dimension of the weights `probs`, which need not add up to one, or of the unnormalised
    logarithms `logits`."""

    def __init__(self, probs: Tensor | None = None, logits: Tensor | None = None) -> None:
        _one_of(probs, logits)
        given: Any = logits if probs is None else probs
        if not given.ndim:
            name = "logits" if probs is None else "probs"
            raise ValueError(f"`{name}` parameter must be at least one-dimensional.")
        if probs is None:
            self.logits = given - logsumexp(given, -1, keepdim=True)
            self.probs = softmax(given, -1)
            parameter = {"logits": (self.logits, "IndependentConstraint(Real(), 1)", lambda t: t == t)}
        else:
            self.probs = given / given.sum(-1, keepdim=True)
            self.logits = _inside(self.probs).log()
            parameter = {"probs": (self.probs, "Simplex()", _simplex)}
        count = given.shape[-1]
        self.support = (
            f"IntegerInterval(lower_bound=0, upper_bound={count - 1})",
            lambda value: (value >= 0) & (value < count) & (value == value.floor()),
        )
        super().__init__(given.shape[:-1], **parameter)

    @property
    def mode(self) -> Tensor:
        """The likeliest place."""
        place: Tensor = self.probs.argmax(-1)
        return place

    def drawn(self, sample_shape: Any) -> Tensor:
        """Places as often as their probabilities say."""
        shape = self.extended(sample_shape)
        rows = self.probs.reshape(-1, self.probs.shape[-1])
        count = 1
        for size in sample_shape:
            count *= size
        places: Tensor = multinomial(rows, count, True).t()
        return places.reshape(shape)

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the probability of each place."""
        place, logits = broadcast_tensors(self.check(value).long().unsqueeze(-1), self.logits)
        result: Tensor = logits.gather(-1, place[..., :1]).squeeze(-1)
        return result

    def entropy(self) -> Tensor:
        """The mean of the negative logarithm of the probability."""
        result: Tensor = (clamp(self.logits, finfo(self.logits._dtype).min) * self.probs).sum(-1)
        return -result

    def enumerate_support(self) -> Tensor:
        """Every place."""
        places = arange(self.probs.shape[-1], device=self.probs._device)
        every: Tensor = places.reshape(-1, *(1,) * len(self.batch_shape)).expand(-1, *self.batch_shape)
        return every


class Bernoulli(Distribution):
    """Ones with probability `probs`, or with the log-odds `logits`, and zeros."""

    support = ("Boolean()", lambda value: (value == 0) | (value == 1))

    def __init__(self, probs: Any = None, logits: Any = None) -> None:
        _one_of(probs, logits)
        self.probs: Tensor
        self.logits: Tensor
        if probs is None:
            (self.logits,) = together(logits)
            self.probs = self.logits.sigmoid()
            parameter = {"logits": (self.logits, "Real()", lambda t: t == t)}
        else:
            (self.probs,) = together(probs)
            kept = _inside(self.probs)
            self.logits = kept.log() - log1p(-kept)
            interval = "Interval(lower_bound=0.0, upper_bound=1.0)"
            parameter = {"probs": (self.probs, interval, lambda t: (t >= 0) & (t <= 1))}
        super().__init__(self.probs.shape, **parameter)

    @property
    def mean(self) -> Tensor:
        """The probability of a one."""
        return self.probs

    @property
    def variance(self) -> Tensor:
        """The variance."""
        return self.probs * (1 - self.probs)

    def drawn(self, sample_shape: Any) -> Tensor:
        """Zeros and ones."""
        result: Tensor = bernoulli(self.probs.expand(self.extended(sample_shape)))
        return result

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the probability, from the log-odds."""
        return self._cross(self.check(value)) * -1

    def _cross(self, target: Tensor) -> Tensor:
        """max(z, 0) - z t + log(1 + exp(-|z|)), which does not overflow."""
        z = self.logits
        result: Tensor = clamp(z, 0) - z * target + log1p((-abs(z)).exp())
        return result

    def entropy(self) -> Tensor:
        """The mean of the negative logarithm of the probability."""
        return self._cross(self.probs)

    def enumerate_support(self) -> Tensor:
        """Zero and one."""
        values = arange(2, dtype=self.probs._dtype, device=self.probs._device)
        every: Tensor = values.reshape(-1, *(1,) * len(self.batch_shape)).expand(-1, *self.batch_shape)
        return every
