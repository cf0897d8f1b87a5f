"""What is decided by which singular values count as zero: the rank, and the pseudo-inverse."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.node import Gradients, Node
from ..dtype import int64
from ..op import RESULT, operation, record
from ..order import adjoint
from ..promote import cast
from ..quiet import quiet
from ..storage import Array
from ..tensor import Tensor
from ..typeinfo import finfo
from .matrices import castable, demand_matrix, demand_square
from .product import matmul
from .singular import check_finite


def _tolerance(name: str, argument: str, given: Any) -> Any:
    """A number, or an array with a dimension for the singular values. RuntimeError for complex tensors."""
    if not isinstance(given, Tensor):
        return given
    if given._dtype.is_complex:
        raise RuntimeError(
            f"torch.linalg.{name}: {argument} tensor of complex type is not supported. Got {given._dtype.word}"
        )
    return given._array[..., None]


def _threshold(input: Tensor, values: Array, atol: Any, rtol: Any) -> Array:
    """What a singular value has to exceed: `max(atol, rtol * greatest)`. By default `rtol` is the resolution of the
    dtype times the larger size, and zero where `atol` is given and positive."""
    default = finfo(input._dtype.to_real()).eps * max(input._array.shape[-2:])
    if rtol is None:
        rtol = default if atol is None else np.where(np.asarray(atol) > 0, 0, default)
    greatest = np.abs(values).max(-1, keepdims=True, initial=0)
    result: Array = np.maximum(0 if atol is None else atol, rtol * greatest)
    return result


@operation(method=False, name="linalg_matrix_rank", promotes=castable("torch.linalg.matrix_rank"))
def matrix_rank(
    input: Tensor, tol: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None
) -> Tensor:
    """The number of singular values above `max(atol, rtol * greatest)`, as int64; `tol` is another name of `atol`, and
    leaves no `rtol`. `hermitian` reads the lower triangle alone, and takes eigenvalues.

    RuntimeError for fewer than two dimensions, and for dtypes that are neither float nor double, real or complex.
    """
    demand_matrix("torch.linalg.matrix_rank", input, "input")
    if not input._dtype.differentiable or input._dtype.compute is not input._dtype.numpy:
        raise RuntimeError("This function doesn't handle types other than float and double")
    if tol is not None:
        atol, rtol = tol, 0
    atol, rtol = _tolerance("matrix_rank", "atol", atol), _tolerance("matrix_rank", "rtol", rtol)
    if hermitian:
        demand_square("linalg.eigh", input)
        values = np.abs(quiet(np.linalg.eigvalsh, input._array))
    else:
        check_finite(input._array)
        values = quiet(np.linalg.svd, input._array, compute_uv=False)
    count = np.count_nonzero(values > _threshold(input, values, atol, rtol), axis=-1)
    return record(None, cast(np.asarray(count), int64), int64, input._device, (input,))


class LinalgPinvBackward0(Node):
    """G. H. Golub and V. Pereyra, The differentiation of pseudo-inverses and nonlinear least squares problems whose
    variables separate, SIAM Journal on Numerical Analysis 10 (1973), transposed: for the pseudo-inverse P of A
    `gA = -P^H G P^H + P^H P (G^H - G^H P A) + (G^H - A P G^H) P P^H`."""

    __slots__ = ()
    saves = ("self", "result")

    def gradient(self, grad: Tensor) -> Gradients:
        a, p = self.tensors()
        back, g = adjoint(p), adjoint(grad)
        left, right = matmul(g, p), matmul(p, g)
        along = -matmul(matmul(back, grad), back)
        rows = matmul(matmul(back, p), g - matmul(left, a))
        columns = matmul(matmul(g - matmul(a, right), p), back)
        return along + rows + columns


def _inverted(input: Tensor, atol: Any, rtol: Any, hermitian: bool) -> Array:
    """`V diag(1 / s) U^H` over the values s that exceed the threshold, from eigenvectors if `hermitian`."""
    array = input._array
    if hermitian:
        s, v = quiet(np.linalg.eigh, array)
        uh = v.conj().swapaxes(-2, -1)
    else:
        check_finite(array)
        u, s, vh = quiet(np.linalg.svd, array, full_matrices=False)
        uh, v = u.conj().swapaxes(-2, -1), vh.conj().swapaxes(-2, -1)
    above = np.abs(s) > _threshold(input, s, atol, rtol)
    inverse = quiet(np.divide, 1, s, where=above, out=np.zeros(above.shape, s.dtype))
    return cast(np.asarray(quiet(np.matmul, v * inverse[..., None, :], uh)), input._dtype)


@operation(method=False, name="linalg_pinv", promotes=castable("linalg.pinv"))
def pinv(input: Tensor, rcond: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None) -> Tensor:
    """The pseudo-inverses of matrices, in which singular values up to `max(atol, rtol * greatest)` count as zero;
    `rcond` is another name of `rtol`. `hermitian` reads the lower triangle alone.

    RuntimeError for fewer than two dimensions and for dtypes that LAPACK does not know.
    """
    d = input._dtype
    if input.ndim < 2 or not d.differentiable or d.compute is not d.numpy:
        raise RuntimeError(
            f"linalg.pinv({d.word}{{{list(input._array.shape)}}}): expected a tensor with 2 or more dimensions of "
            "float, double, cfloat or cdouble types"
        )
    atol = _tolerance("pinv", "atol", atol)
    rtol = _tolerance("pinv", "rtol", rtol) if rcond is None else _tolerance("pinv", "rcond", rcond)
    if hermitian:
        demand_square("linalg.eigh", input)
    array = _inverted(input, atol, rtol, hermitian)
    return record(LinalgPinvBackward0, array, d, input._device, (input,), saved=(input, RESULT))


@operation(out=False)
def pinverse(input: Tensor, rcond: float = 1e-15) -> Tensor:
    """The pseudo-inverses of matrices, in which singular values up to `rcond` times the greatest count as zero."""
    return pinv(input, rcond)
