"""How much one distribution differs from another."""

from __future__ import annotations

from ..tensor import Tensor
from .discrete import Bernoulli, Categorical
from .distribution import Distribution
from .normal import Normal


def kl_divergence(p: Distribution, q: Distribution) -> Tensor:
    """The mean under `p` of the logarithm of its density over that of `q` (Kullback and Leibler, 1951).
    NotImplementedError for two distributions of different kinds."""
    if isinstance(p, Normal) and isinstance(q, Normal):
        ratio, distance = (p.scale / q.scale) ** 2, ((p.loc - q.loc) / q.scale) ** 2
        result: Tensor = 0.5 * (ratio + distance - 1 - ratio.log())
        return result
    if isinstance(p, Categorical) and isinstance(q, Categorical):
        return (p.probs * (p.logits - q.logits)).sum(-1)  # type: ignore[no-any-return]
    if isinstance(p, Bernoulli) and isinstance(q, Bernoulli):
        return q._cross(p.probs) - p.entropy()
    raise NotImplementedError(
        f"No KL(p || q) is implemented for p type {type(p).__name__} and q type {type(q).__name__}"
    )
