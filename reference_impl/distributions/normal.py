"""The normal distribution."""

from __future__ import annotations

import math
from typing import Any

from ..gamma import erf, erfinv
from ..sampling import randn
from ..tensor import Tensor
from .distribution import Distribution, together


class Normal(Distribution):
    """Normal numbers of mean `loc` and standard deviation `scale`, which is positive."""

    has_rsample = True
    support = ("Real()", lambda value: value == value)  # all but NaN

    def __init__(self, loc: Any, scale: Any) -> None:
        self.loc, self.scale = together(loc, scale)
        super().__init__(
            self.loc.shape,
            loc=(self.loc, "Real()", lambda t: t == t),
            scale=(self.scale, "GreaterThan(lower_bound=0.0)", lambda t: t > 0),
        )

    @property
    def mean(self) -> Tensor:
        """The mean."""
        return self.loc

    @property
    def mode(self) -> Tensor:
        """The place of the highest density."""
        return self.loc

    @property
    def variance(self) -> Tensor:
        """The variance."""
        return self.scale * self.scale

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """Noise that is scaled and shifted."""
        noise = randn(self.extended(sample_shape), dtype=self.loc._dtype, device=self.loc._device)
        return self.loc + noise * self.scale

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density."""
        distance = (self.check(value) - self.loc) / self.scale
        result: Tensor = -0.5 * distance * distance - self.scale.log() - 0.5 * math.log(2 * math.pi)
        return result

    def cdf(self, value: Tensor) -> Tensor:
        """The probability of numbers up to the value."""
        result: Tensor = 0.5 * (1 + erf((self.check(value) - self.loc) / (self.scale * math.sqrt(2))))
        return result

    def icdf(self, value: Tensor) -> Tensor:
        """The number up to which the probability is the value."""
        result: Tensor = self.loc + self.scale * erfinv(2 * value - 1) * math.sqrt(2)
        return result

    def entropy(self) -> Tensor:
        """The mean of the negative logarithm of the density."""
        result: Tensor = 0.5 + 0.5 * math.log(2 * math.pi) + self.scale.log()
        return result
