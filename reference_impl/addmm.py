"""The add forms: a product, and a first operand added to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .autocast import faster
from .dtype import FLOATING, dtype, float32
from .dtype import bool as bool_
from .linalg.product import bmm, mm, mv, outer
from .op import operation
from .promote import result_type, same_device
from .reduce import sum
from .tensor import Tensor


def _added(input: Tensor, x: Tensor, y: Tensor, multiply: Callable[..., Tensor], beta: Any, alpha: Any) -> Tensor:
    """`beta * input + alpha * multiply(x, y)`; the half types round once. A beta of zero leaves input's values out."""
    same_device(input, x, y)
    d = x._dtype
    if input._dtype is not d:
        raise RuntimeError(f"self and mat2 must have the same dtype, but got {input._dtype.word} and {d.word}")
    _check_factors(d, alpha, beta)
    half = d.compute is not d.numpy
    if half:
        input, x, y = input.to(float32), x.to(float32), y.to(float32)
    result = multiply(x, y)
    start = input.expand(result._array.shape)
    if alpha != 1:
        result = result * alpha
    if beta != 0:
        result = result + (start if beta == 1 else start * beta)
    return result.to(d) if half else result


def _check_factors(d: dtype, alpha: Any, beta: Any) -> None:
    for name, factor in (("beta", beta), ("alpha", alpha)):
        if isinstance(factor, float) and d.category < FLOATING:
            raise RuntimeError(f"For integral input tensors, argument {name} must not be a floating point number.")


@operation(inplace=True, promotes=False, autocast=faster)
def addmm(input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """`beta * input + alpha * (mat1 @ mat2)`. RuntimeError where input does not expand to the product's shape."""
    return _added(input, mat1, mat2, mm, beta, alpha)


@operation(inplace=True, promotes=False)
def addmv(input: Tensor, mat: Tensor, vec: Tensor, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """`beta * input + alpha * (mat @ vec)`."""
    return _added(input, mat, vec, mv, beta, alpha)


@operation(inplace=True, promotes=False, autocast=faster)
def baddbmm(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """`beta * input + alpha * (batch1 @ batch2)`, for batches of matrices."""
    return _added(input, batch1, batch2, bmm, beta, alpha)


def _summed(x: Tensor, y: Tensor) -> Tensor:
    return sum(bmm(x, y), 0, dtype=x._dtype)


@operation(inplace=True, promotes=False, autocast=faster)
def addbmm(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """`beta * input + alpha * (batch1 @ batch2).sum(0)`."""
    return _added(input, batch1, batch2, _summed, beta, alpha)


@operation(inplace=True, promotes=False)
def addr(input: Tensor, vec1: Tensor, vec2: Tensor, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """`beta * input + alpha * outer(vec1, vec2)`. Operands of different dtypes are promoted; of bools it is `or` of
    `and`s."""
    for name, t in (("vec1", vec1), ("vec2", vec2)):
        if t.ndim != 1:
            raise RuntimeError(f"addr: Expected 1-D argument {name}, but got {t.ndim}-D")
    d = result_type(input, vec1, vec2)
    if d is bool_:
        _check_factors(d, alpha, beta)
        result: Tensor = input & bool(beta) | outer(vec1, vec2) & bool(alpha)
        return result
    return _added(input.to(d), vec1.to(d), vec2.to(d), outer, beta, alpha)
