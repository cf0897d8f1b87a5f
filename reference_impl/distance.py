"""Distances between vectors, and vectors brought back to a greatest length."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy

from .arguments import need_tensor
from .autograd.node import Gradients, Node
from .choice import where
from .derivative import refuse
from .dtype import float32
from .layout import broadcast_shapes, wrap_dim
from .norm import vector_norm
from .op import RESULT, operation, record
from .promote import result_type, same_device
from .quiet import quiet
from .storage import Array
from .tensor import Tensor


class CdistBackward0(Node):
    """Zero at distance zero, for every p; for `inf` every greatest difference gets the whole gradient."""

    __slots__ = ()
    saves = ("x1", "x2", "result")

    def gradient(self, grad: Tensor) -> Gradients:
        x, y, d = self.tensors()
        p: float = self.args
        apart = x.unsqueeze(-2) - y.unsqueeze(-3)
        d, grad = d.unsqueeze(-1), grad.unsqueeze(-1)
        size = apart.abs()
        if p == 0:
            slope = apart * 0
        elif p == 1:
            slope = apart.sgn()
        elif p == math.inf:
            slope = apart.sgn() * (size == d)
        else:
            zero = (d == 0) | (size == 0) if p < 2 else d == 0
            slope = where(zero, 0, apart.sgn() * (where(zero, 1, size) / where(zero, 1, d)).pow(p - 1))
        flow = slope * grad
        return flow.sum(-2), -flow.sum(-3)


def _check_points(x: Tensor, y: Tensor, p: float) -> None:
    for name, t in (("X1", x), ("X2", y)):
        if not t._dtype.is_floating_point:
            raise RuntimeError(f"cdist only supports floating-point dtypes, {name} got: {t._dtype.word}")
    for name, t in (("X1", x), ("X2", y)):
        if t.ndim < 2:
            raise RuntimeError(f"cdist only supports at least 2D tensors, {name} got: {t.ndim}D")
    m, n = x._array.shape[-1], y._array.shape[-1]
    if m != n:
        raise RuntimeError(f"X1 and X2 must have the same number of columns. X1: {m} X2: {n}")
    if not p >= 0:
        raise RuntimeError("cdist only supports non-negative p values")
    if x._dtype is not y._dtype:
        raise RuntimeError(f"expected scalar type {x._dtype.word} but found {y._dtype.word}")
    refuse("cdist", x._dtype.compute is not x._dtype.numpy, x._dtype)


METRICS: dict[float, str] = {0: "hamming", 1: "cityblock", 2: "euclidean", math.inf: "chebyshev"}


def _distances(x: Array, y: Array, p: float) -> Array:
    """All distances between the rows of two matrices, which SciPy computes in double precision."""
    if not x.size or not y.size:
        return np.zeros((len(x), len(y)))
    known = METRICS.get(p)
    cdist = scipy.spatial.distance.cdist
    found: Array = quiet(cdist, x, y, known) if known else quiet(cdist, x, y, "minkowski", p=p)
    if p == 0:
        found = np.rint(found * x.shape[1])
    lost, gone = (np.asarray(np.isnan(each).any(1)) for each in (x, y))
    found[lost[:, None] | gone] = np.nan  # which some metrics pass over
    return found


@operation(method=False, out=False)
def cdist(x1: Tensor, x2: Tensor, p: float = 2.0, compute_mode: str = "use_mm_for_euclid_dist_if_necessary") -> Tensor:
    """The p-norm distances of every row of `x1` to every row of `x2`; leading dimensions broadcast.

    RuntimeError for fewer than two dimensions, rows of two lengths, negative p, and dtypes that are not real floating.
    """
    modes = ("use_mm_for_euclid_dist_if_necessary", "use_mm_for_euclid_dist", "donot_use_mm_for_euclid_dist")
    if compute_mode not in modes:
        raise ValueError(f"{compute_mode} is not a valid value for compute_mode")
    p = float(p)
    _check_points(x1, x2, p)
    a, b = x1._array, x2._array
    batch = broadcast_shapes(a.shape[:-2], b.shape[:-2])
    a, b = (np.broadcast_to(each, (*batch, *each.shape[-2:])) for each in (a, b))
    array = np.empty((*batch, a.shape[-2], b.shape[-2]), a.dtype)
    for index in np.ndindex(*batch):
        array[index] = _distances(a[index], b[index], p)
    return record(CdistBackward0, array, x1._dtype, same_device(x1, x2), (x1, x2), saved=(x1, x2, RESULT), args=p)


@operation(out=False)
def dist(input: Tensor, other: Tensor, p: float = 2) -> Tensor:
    """The p-norm of the difference of all elements. RuntimeError for integers."""
    need_tensor("dist", other)
    d = result_type(input, other)
    if not d.differentiable:
        raise RuntimeError(f"norm(): input dtype should be either floating point or complex. Got {d.word} instead.")
    length: Tensor = vector_norm(input - other, p)
    return length


@operation(inplace=True, promotes=False)
def renorm(input: Tensor, p: float, dim: int, maxnorm: float) -> Tensor:
    """Each slice along a dimension, scaled to the p-norm `maxnorm` where it is longer.

    RuntimeError for fewer than two dimensions, for p that is not positive, and for a negative `maxnorm`.
    """
    if isinstance(p, complex):
        raise RuntimeError("renorm: p must be real-valued")
    if not p > 0:
        raise RuntimeError("renorm: non-positive-norm not supported")
    if not maxnorm >= 0:
        raise RuntimeError(f"renorm: expected maxnorm to be >= 0 but got {maxnorm:g}")
    if input.ndim < 2:
        raise RuntimeError(f"renorm: input needs at least 2 dimensions, got {input.ndim} dimensions")
    at = wrap_dim(dim, input.ndim)
    if input._dtype.compute is not input._dtype.numpy:
        return renorm(input.to(float32), p, dim, maxnorm).to(input._dtype)
    length: Any = vector_norm(input, p, [i for i in range(input.ndim) if i != at], True)
    scaled: Tensor = input * where(length > maxnorm, maxnorm / (length + 1e-7), 1)
    return scaled
