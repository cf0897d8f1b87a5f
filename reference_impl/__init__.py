"""A torch-like eager tensor library on NumPy, written to be read: `import reference_impl as torch`.

See README.md beside this file for how it is built and how an operation is added.
"""

# ruff: noqa: F401 -- this module is the namespace: all it does is to re-export

from __future__ import annotations

from . import (
    accelerator,
    amp,
    autograd,
    backends,
    cpu,
    cuda,
    distributions,
    fft,
    func,
    linalg,
    nn,
    optim,
    overwrite,
    print,
    python,
    random,
    resize,
    serialization,
    signal,
    sim,
    special,
    testing,
    utils,
)
from .accelerator import Stream
from .activation import relu
from .addmm import addbmm, addmm, addmv, addr, baddbmm
from .autocast import autocast, get_autocast_dtype, is_autocast_enabled
from .autograd import enable_grad, inference_mode, no_grad, set_grad_enabled
from .autograd.anomaly import is_anomaly_check_nan_enabled, is_anomaly_enabled, set_anomaly_enabled
from .bins import histc, histogram, histogramdd
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
from .complex import (
    complex,
    conj,
    conj_physical,
    imag,
    is_conj,
    is_neg,
    polar,
    real,
    resolve_conj,
    resolve_neg,
    view_as_complex,
    view_as_real,
)
from .constants import e, inf, nan, newaxis, pi
from .copies import (
    alias_copy,
    as_strided_copy,
    detach_copy,
    diagonal_copy,
    expand_copy,
    narrow_copy,
    permute_copy,
    select_copy,
    slice_copy,
    split_copy,
    split_with_sizes_copy,
    squeeze_copy,
    t_copy,
    transpose_copy,
    unbind_copy,
    unfold_copy,
    unsqueeze_copy,
    view_as_complex_copy,
    view_as_real_copy,
    view_copy,
)
from .counting import bincount, bucketize, searchsorted, unique, unique_consecutive
from .create import as_tensor, asarray, tensor
from .cuda import get_device_module
from .deterministic import (
    are_deterministic_algorithms_enabled,
    get_deterministic_debug_mode,
    is_deterministic_algorithms_warn_only_enabled,
    set_deterministic_debug_mode,
    use_deterministic_algorithms,
)
from .device import device, get_default_device, set_default_device
from .difference import cumulative_trapezoid, gradient, trapezoid, trapz
from .distance import cdist, dist, renorm
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
    uint16,
    uint32,
    uint64,
)
from .einsum import einsum
from .exponential import exp2, expm1, log, log1p, log2, log10, logaddexp, logaddexp2, logit, sigmoid, xlogy
from .extreme import amax, amin, aminmax, argmax, argmin, max, min
from .fill import (
    empty,
    empty_like,
    empty_permuted,
    empty_strided,
    eye,
    full,
    full_like,
    ones,
    ones_like,
    scalar_tensor,
    zeros,
    zeros_like,
)
from .format import (
    channels_last,
    channels_last_3d,
    contiguous_format,
    memory_format,
    preserve_format,
    sparse_coo,
    sparse_csr,
    strided,
)
from .func import vmap
from .fused import addcdiv, addcmul, lerp, masked_fill
from .gamma import digamma, erf, erfc, erfinv, igamma, igammac, lgamma, mvlgamma, polygamma
from .gather import gather, scatter, scatter_add, take_along_dim
from .gradmode import is_grad_enabled, is_inference_mode_enabled
from .index import index_put, select
from .indexed import index_add, index_copy, index_fill, index_select
from .inplace import fill, fill_, zero_
from .join import (
    block_diag,
    cat,
    column_stack,
    concat,
    concatenate,
    dstack,
    hstack,
    row_stack,
    stack,
    vstack,
)
from .linalg.chain import chain_matmul
from .linalg.cholesky import cholesky_inverse, cholesky_solve
from .linalg.cholesky import former_cholesky as cholesky
from .linalg.determinant import former_det as det
from .linalg.determinant import former_slogdet as slogdet
from .linalg.determinant import logdet
from .linalg.exponential import matrix_exp
from .linalg.lu import former_lu as lu
from .linalg.lu import former_lu_solve as lu_solve
from .linalg.lu import lu_unpack
from .linalg.norms import p_norm as norm
from .linalg.power import former_matrix_power as matrix_power
from .linalg.power import former_vander as vander
from .linalg.product import bmm, dot, ger, inner, kron, matmul, mm, mv, outer, tensordot, trace, vdot
from .linalg.qr import former_qr as qr
from .linalg.qr import geqrf, orgqr, ormqr
from .linalg.rank import pinverse
from .linalg.removed import eig, lstsq, matrix_rank, solve, symeig
from .linalg.singular import svd_ as svd
from .linalg.solve import inverse, triangular_solve
from .linalg.vectors import cross_ as cross
from .masked import argwhere, masked_scatter, masked_select, nonzero, put, take, unravel_index
from .methods import (
    abs_,
    acos_,
    acosh_,
    addmv_,
    arccos_,
    arccosh_,
    arcsin_,
    arcsinh_,
    arctan_,
    arctanh_,
    as_strided_,
    asin_,
    asinh_,
    atan_,
    atanh_,
    ceil_,
    clamp_,
    clamp_max_,
    clamp_min_,
    clip_,
    conj_physical_,
    cos_,
    cosh_,
    deg2rad_,
    detach,
    detach_,
    erf_,
    erfc_,
    exp2_,
    exp_,
    expm1_,
    fix_,
    floor_,
    frac_,
    gcd_,
    i0_,
    index_put_,
    is_inference,
    is_signed,
    lcm_,
    ldexp_,
    log1p_,
    log2_,
    log10_,
    log_,
    logit_,
    nan_to_num_,
    neg_,
    negative_,
    rad2deg_,
    reciprocal_,
    relu_,
    round_,
    rsqrt_,
    sigmoid_,
    sin_,
    sinc_,
    sinh_,
    sqrt_,
    square_,
    tan_,
    tanh_,
    trunc_,
    xlogy_,
)
from .middle import median, mode, nanmedian, nanquantile, quantile
from .movement import get_device
from .nn.activation import celu, celu_, hardshrink, prelu, rrelu, rrelu_, selu, selu_, threshold, threshold_
from .nn.adaptive import adaptive_avg_pool1d, adaptive_max_pool1d
from .nn.averaging import avg_pool1d
from .nn.bilinear import bilinear
from .nn.convolution import conv1d, conv2d, conv3d, conv_tbc, conv_transpose1d, conv_transpose2d, conv_transpose3d
from .nn.normalization import group_norm, layer_norm, rms_norm
from .nn.pooling import max_pool1d, max_pool2d, max_pool3d
from .nn.recurrence import gru, gru_cell, lstm, lstm_cell, rnn_relu, rnn_relu_cell, rnn_tanh, rnn_tanh_cell
from .nn.shuffling import channel_shuffle, pixel_shuffle, pixel_unshuffle
from .nn.similarity import cosine_similarity, pairwise_distance, pdist
from .numpy import from_dlpack, from_numpy, frombuffer
from .order import adjoint, moveaxis, movedim, swapaxes, swapdims, t
from .pad import constant_pad_nd
from .pointwise import add, clone, exp, mul, multiply, neg, negative, rsub, sub, subtract
from .power import float_power, frexp, hypot, ldexp, pow, reciprocal, rsqrt, sqrt, square
from .print import set_printoptions
from .promote import result_type
from .random import Generator, default_generator, get_rng_state, initial_seed, manual_seed, seed, set_rng_state
from .range import (
    arange,
    cartesian_prod,
    combinations,
    linspace,
    logspace,
    meshgrid,
    tril_indices,
    triu_indices,
)
from .range import range_ as range
from .rearrange import flip, fliplr, flipud, repeat_interleave, roll, rot90, tile
from .reduce import mean, nanmean, nansum, prod, sum
from .replaced import as_strided_scatter, diagonal_scatter, select_scatter, slice_scatter
from .resize import resize_as_
from .rounding import ceil, fix, floor, frac, round, trunc
from .sampling import (
    bernoulli,
    multinomial,
    normal,
    poisson,
    rand,
    rand_like,
    randint,
    randint_like,
    randn,
    randn_like,
    randperm,
)
from .save import load, save
from .scan import cummax, cummin, cumprod, cumsum, diff, logcumsumexp
from .scatter_reduce import index_reduce, scatter_reduce
from .shape import (
    atleast_1d,
    atleast_2d,
    atleast_3d,
    broadcast_shapes,
    broadcast_tensors,
    broadcast_to,
    flatten,
    is_complex,
    is_floating_point,
    is_same_size,
    is_tensor,
    numel,
    ravel,
    unflatten,
)
from .sign import abs, absolute, angle, copysign, heaviside, nextafter, positive, sgn, sign, signbit
from .softmax import log_softmax, logsumexp, softmax
from .sort import argsort, kthvalue, msort, sort, topk
from .sparse import sparse_coo_tensor, sparse_csr_tensor
from .special.bessel import i0
from .split import (
    chunk,
    dsplit,
    hsplit,
    narrow,
    split,
    split_with_sizes,
    tensor_split,
    unsafe_chunk,
    unsafe_split,
    unsafe_split_with_sizes,
    vsplit,
)
from .stft import istft, stft
from .storage import Storage as UntypedStorage
from .stride import as_strided, diagonal
from .tensor import Size, Tensor
from .threads import (
    get_float32_matmul_precision,
    get_num_threads,
    set_float32_matmul_precision,
    set_num_threads,
)
from .triangle import diag, diag_embed, diagflat, tril, triu
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
from .typed import (
    BFloat16Tensor,
    BoolTensor,
    ByteTensor,
    CharTensor,
    DoubleTensor,
    FloatTensor,
    HalfTensor,
    IntTensor,
    LongTensor,
    ShortTensor,
)
from .typeinfo import finfo, iinfo, set_flush_denormal
from .variance import corrcoef, cov, std, std_mean, var, var_mean
from .view import expand, permute, reshape, squeeze, transpose, unbind, unsqueeze
from .window import bartlett_window, blackman_window, hamming_window, hann_window, kaiser_window

__version__ = "0.1.0"
