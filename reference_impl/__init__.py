"""A torch-like eager tensor library on NumPy, written to be read: `import reference_impl as torch`.

See README.md beside this file for how it is built and how an operation is added.
"""

# ruff: noqa: F401 -- this module is the namespace: all it does is to re-export

from __future__ import annotations

from . import accelerator, autograd, cuda, linalg, movement, nn, print, python, special
from .activation import relu
from .addmm import addbmm, addmm, addmv, addr, baddbmm
from .autograd import enable_grad, inference_mode, no_grad, set_grad_enabled
from .bits import bitwise_and, bitwise_left_shift, bitwise_not, bitwise_or, bitwise_right_shift, bitwise_xor, gcd, lcm
from .choice import clamp, clamp_max, clamp_min, clip, fmax, fmin, maximum, minimum, nan_to_num, where
from .compare import (
    allclose,
    eq,
    equal,
    ge,
    greater,
    greater_equal,
    gt,
    is_nonzero,
    isclose,
    isfinite,
    isin,
    isinf,
    isnan,
    isneginf,
    isposinf,
    isreal,
    le,
    less,
    less_equal,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    lt,
    ne,
    not_equal,
)
from .counting import bincount, bucketize, histc, searchsorted, unique, unique_consecutive
from .create import as_tensor, asarray, tensor
from .device import device, get_default_device, set_default_device
from .division import div, divide, floor_divide, fmod, remainder, true_divide
from .dtype import (
    bfloat16,
    bool,
    can_cast,
    cdouble,
    cfloat,
    complex64,
    complex128,
    double,
    dtype,
    float,
    float16,
    float32,
    float64,
    get_default_dtype,
    half,
    int,
    int8,
    int16,
    int32,
    int64,
    long,
    promote_types,
    set_default_dtype,
    short,
    uint8,
)
from .einsum import einsum
from .exponential import exp2, expm1, log, log1p, log2, log10, logaddexp, logaddexp2, logit, sigmoid, xlogy
from .extreme import amax, amin, aminmax, argmax, argmin, max, min
from .fill import empty, empty_like, empty_strided, eye, full, full_like, ones, ones_like, zeros, zeros_like
from .fused import addcdiv, addcmul, lerp, masked_fill
from .gamma import digamma, erf, erfc, erfinv, i0, lgamma, mvlgamma, polygamma
from .gradmode import is_grad_enabled, is_inference_mode_enabled
from .index import select
from .inplace import fill
from .join import stack
from .linalg import bmm, dot, ger, inner, kron, matmul, mm, mv, outer, tensordot, trace, vdot
from .middle import median, mode, nanmedian, nanquantile, quantile
from .norm import norm
from .numpy import from_numpy
from .pointwise import add, clone, exp, mul, multiply, neg, negative, rsub, sub, subtract
from .power import float_power, hypot, ldexp, pow, reciprocal, rsqrt, sqrt, square
from .promote import result_type
from .range import arange
from .reduce import mean, nanmean, nansum, prod, sum
from .rounding import ceil, fix, floor, frac, round, trunc
from .scan import cummax, cummin, cumprod, cumsum, diff, logcumsumexp, trapezoid
from .shape import is_complex, is_floating_point, is_tensor
from .sign import abs, absolute, angle, copysign, heaviside, nextafter, positive, sgn, sign, signbit
from .softmax import log_softmax, logsumexp, softmax
from .sort import argsort, kthvalue, msort, sort, topk
from .tensor import Size, Tensor
from .trigonometry import (
    acos,
    acosh,
    arccos,
    arccosh,
    arcsin,
    arcsinh,
    arctan,
    arctan2,
    arctanh,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    cos,
    cosh,
    deg2rad,
    rad2deg,
    sin,
    sinc,
    sinh,
    tan,
    tanh,
)
from .truth import all, any, count_nonzero
from .typeinfo import finfo, iinfo
from .variance import corrcoef, cov, std, std_mean, var, var_mean
from .view import expand, permute, reshape, squeeze, transpose, unbind, unsqueeze

__version__ = "0.1.0"
