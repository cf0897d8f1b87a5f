"""A torch-like eager tensor library on NumPy, written to be read: `import reference_impl as torch`.

See README.md beside this file for how it is built and how an operation is added.
"""

# ruff: noqa: F401 -- this module is the namespace: all it does is to re-export

from __future__ import annotations

from . import accelerator, autograd, cuda, movement, print, python
from .autograd import enable_grad, inference_mode, no_grad, set_grad_enabled
from .compare import eq, ge, gt, le, lt, ne
from .create import arange, as_tensor, empty, full, ones, ones_like, tensor, zeros, zeros_like
from .device import device, get_default_device, set_default_device
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
from .gradmode import is_grad_enabled, is_inference_mode_enabled
from .index import select
from .inplace import fill
from .join import stack
from .linalg import matmul
from .numpy import from_numpy
from .pointwise import add, clone, div, exp, mul, neg, sub
from .promote import result_type
from .reduce import mean, sum
from .tensor import Size, Tensor
from .typeinfo import finfo, iinfo
from .view import expand, permute, reshape, squeeze, transpose, unbind, unsqueeze

__version__ = "0.1.0"
