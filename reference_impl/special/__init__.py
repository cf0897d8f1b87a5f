"""The namespace `torch.special`: special functions, some of them under a second name."""

# ruff: noqa: F401 -- this module is the namespace: all it does is to re-export

from __future__ import annotations

from ..exponential import exp2, expm1, log1p, logit, xlogy
from ..exponential import sigmoid as expit
from ..gamma import digamma, erf, erfc, erfinv, polygamma, zeta
from ..gamma import digamma as psi
from ..gamma import igamma as gammainc
from ..gamma import igammac as gammaincc
from ..gamma import lgamma as gammaln
from ..gamma import mvlgamma as multigammaln
from ..rounding import round
from ..softmax import log_softmax, logsumexp, softmax
from ..trigonometry import sinc
from .bessel import (
    airy_ai,
    bessel_j0,
    bessel_j1,
    bessel_y0,
    bessel_y1,
    i0,
    i0e,
    i1,
    i1e,
    modified_bessel_i0,
    modified_bessel_i1,
    modified_bessel_k0,
    modified_bessel_k1,
    scaled_modified_bessel_k0,
    scaled_modified_bessel_k1,
    spherical_bessel_j0,
)
from .normal import entr, erfcx, log_ndtr, ndtr, ndtri, xlog1py
from .polynomial import (
    chebyshev_polynomial_t,
    chebyshev_polynomial_u,
    chebyshev_polynomial_v,
    chebyshev_polynomial_w,
    hermite_polynomial_h,
    hermite_polynomial_he,
    laguerre_polynomial_l,
    legendre_polynomial_p,
    shifted_chebyshev_polynomial_t,
    shifted_chebyshev_polynomial_u,
    shifted_chebyshev_polynomial_v,
    shifted_chebyshev_polynomial_w,
)
