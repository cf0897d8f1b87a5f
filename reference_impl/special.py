"""The namespace `torch.special`: special functions, some of them under a second name."""

from __future__ import annotations

from .exponential import exp2, expm1, log1p, logit, xlogy
from .exponential import sigmoid as expit
from .gamma import digamma, entr, erf, erfc, erfinv, i0, i1, ndtr, polygamma, xlog1py
from .gamma import digamma as psi
from .gamma import lgamma as gammaln
from .gamma import mvlgamma as multigammaln
from .rounding import round
from .softmax import log_softmax, logsumexp, softmax
from .trigonometry import sinc

__all__ = [
    "digamma",
    "entr",
    "erf",
    "erfc",
    "erfinv",
    "exp2",
    "expit",
    "expm1",
    "gammaln",
    "i0",
    "i1",
    "log1p",
    "log_softmax",
    "logit",
    "logsumexp",
    "multigammaln",
    "ndtr",
    "polygamma",
    "psi",
    "round",
    "sinc",
    "softmax",
    "xlog1py",
    "xlogy",
]
