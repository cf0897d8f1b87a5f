"""Powers of matrices and of vectors' elements."""

from __future__ import annotations

import numpy as np

from ..arguments import need_tensor
from ..dtype import BOOL
from ..join import cat
from ..op import operation
from ..scan import cumprod
from ..tensor import Tensor, wrap
from .check import identity
from .matrices import demand_square
from .product import matmul
from .solve import inv


def _power(x: Tensor, n: int) -> Tensor:
    """By repeated squaring; of the inverse for a negative exponent."""
    demand_square("linalg.matrix_power", x)
    if not isinstance(n, int):
        raise TypeError(f"linalg_matrix_power(): argument 'n' (position 2) must be int, not {type(n).__name__}")
    if n == 0:
        return identity(x, x._array.shape[-1]).expand(*x._array.shape).clone()
    if n == 1:
        return x.clone()
    if n < 0:
        x, n = inv(x), -n
    result: Tensor | None = None
    while True:
        if n & 1:
            result = x if result is None else matmul(result, x)
        n >>= 1
        if not n:
            assert result is not None
            return result
        x = matmul(x, x)


@operation(name="linalg_matrix_power", method=False)
def matrix_power(input: Tensor, n: int) -> Tensor:
    """Square matrices multiplied n times with themselves: the identity for 0, powers of the inverse below it."""
    return _power(input, n)


@operation(name="matrix_power", promotes=False)
def former_matrix_power(input: Tensor, n: int) -> Tensor:
    """Square matrices multiplied n times with themselves: the identity for 0, powers of the inverse below it."""
    return _power(input, n)


def _powers(x: Tensor, n: int) -> Tensor:
    """The powers 0 to n - 1 in a new last dimension; of integers they are int64."""
    running = cumprod(x.unsqueeze(-1).expand(*x._array.shape, n - 1), -1)
    first = wrap(np.ones((*x._array.shape, 1), running._array.dtype), running._dtype, x._device)
    return cat((first, running), -1)


@operation(name="linalg_vander", method=False, out=False)
def vander(x: Tensor, *, N: int | None = None) -> Tensor:
    """The powers 0 to N - 1 of each element, in a new last dimension; N is by default the size of the last one."""
    need_tensor("linalg_vander", x, "x", 1)
    d = x._dtype
    if d.category == BOOL or d.compute is not d.numpy:
        raise RuntimeError(f"linalg.vander supports floating point, complex, and integer tensors, but got {d.word}")
    n = (x._array.shape[-1] if x.ndim else 1) if N is None else N
    if n <= 1:
        raise RuntimeError("N must be greater than 1.")
    return _powers(x, n)


@operation(name="vander", method=False, out=False)
def former_vander(x: Tensor, N: int | None = None, increasing: bool = False) -> Tensor:
    """The powers of a vector's elements as columns, the highest first unless `increasing`. RuntimeError for more
    dimensions."""
    if x.ndim != 1:
        raise RuntimeError("x must be a one-dimensional tensor.")
    n = x._array.shape[0] if N is None else N
    if n < 0:
        raise RuntimeError("N must be non-negative.")
    powers = _powers(x, n) if n > 1 else _powers(x, 2)[:, :n]
    return powers if increasing else powers.flip(1)
