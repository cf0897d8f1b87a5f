"""The exponential of matrices."""

from __future__ import annotations

import numpy as np
import scipy

from ..autograd.node import Gradients, Node
from ..join import cat
from ..op import operation, record
from ..order import adjoint
from ..promote import cast, operand
from ..quiet import quiet
from ..storage import Array
from ..tensor import Tensor
from .matrices import demand_floating, demand_square


class LinalgMatrixExpBackward0(Node):
    """The Fréchet derivative at `A^H` in the direction G: the upper right block of `exp([[A^H, G], [0, A^H]])`.

    R. Mathias, A chain rule for matrix functions and applications, SIAM Journal on Matrix Analysis 17 (1996); A. H.
    Al-Mohy and N. J. Higham, Computing the Fréchet derivative of the matrix exponential, ibid. 30 (2009).
    """

    __slots__ = ()
    saves = ("self",)

    def gradient(self, grad: Tensor) -> Gradients:
        (a,) = self.tensors()
        a, n = adjoint(a), a._array.shape[-1]
        upper, lower = cat([a, grad], -1), cat([a * 0, a], -1)
        return linalg_matrix_exp(cat([upper, lower], -2))[..., :n, n:]


def _exponential(array: Array) -> Array:
    """By scaling and squaring; NaN for matrices that are not finite, where the squaring would not end."""
    if not array.size:
        return array.copy()
    finite = np.isfinite(array).all((-2, -1), keepdims=True)
    result: Array = quiet(scipy.linalg.expm, np.where(finite, array, 0).astype(array.dtype))
    return np.where(finite, result, np.nan)


def _exp(input: Tensor) -> Tensor:
    demand_floating("linalg.matrix_exp", input)
    demand_square("linalg.matrix_exp", input)
    d = input._dtype
    array = cast(_exponential(operand(input, d)), d)
    return record(LinalgMatrixExpBackward0, array, d, input._device, (input,), saved=(input,))


@operation(out=False)
def matrix_exp(input: Tensor) -> Tensor:
    """The sum of `A^k / k!` over all k. RuntimeError for matrices that are not square, and for integers."""
    return _exp(input)


@operation(out=False, method=False, name="linalg_matrix_exp")
def linalg_matrix_exp(input: Tensor) -> Tensor:
    """The sum of `A^k / k!` over all k. RuntimeError for matrices that are not square, and for integers."""
    return _exp(input)
