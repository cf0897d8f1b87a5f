"""The namespace `torch.distributions`: the normal, the categorical and the Bernoulli distribution."""

from __future__ import annotations

from .discrete import Bernoulli, Categorical
from .distribution import Distribution
from .divergence import kl_divergence
from .normal import Normal

__all__ = ["Bernoulli", "Categorical", "Distribution", "Normal", "kl_divergence"]
