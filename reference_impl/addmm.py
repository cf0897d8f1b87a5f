"""The add forms: a product, and a first operand added to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .autocast import faster
from .autograd.node import Gradients, Node
from .dtype import FLOATING, dtype, float32
from .dtype import bool as bool_
from .gradmode import no_grad
from .linalg.product import bmm, by_columns, matmul, mm, mv, outer, to_second
from .op import operation, record
from .pointwise import conjugate
from .promote import result_type, same_device
from .reduce import sum
from .tensor import Tensor


class AddmmBackward0(Node):
    """`input` gets the gradient times beta, the factors those of the product times alpha.

    `args` is (beta, alpha, whether the second factor lies in memory column by column).
    """

    __slots__ = ()
    saves = ("mat1", "mat2")
    used_by = (2, 1)

    def gradient(self, grad: Tensor) -> Gradients:
        x, y = self.tensors()
        beta, alpha, columns = self.args
        flow: Any = _times(grad, alpha) if self.needs(1) or self.needs(2) else None
        return (
            _times(grad, beta) if self.needs(0) else None,
            self.to_first(flow, y) if self.needs(1) else None,
            self.to_second(flow, x, columns) if self.needs(2) else None,
        )

    @staticmethod
    def to_first(grad: Any, y: Tensor) -> Tensor:
        """The gradient of the first factor, from that of the product and the second factor."""
        return matmul(grad, y.mH)

    to_second = staticmethod(to_second)


class BaddbmmBackward0(AddmmBackward0):
    __slots__ = ()
    saves = ("batch1", "batch2")


class AddbmmBackward0(BaddbmmBackward0):
    """Every product of the sum has the same gradient."""

    __slots__ = ()


class AddmvBackward0(AddmmBackward0):
    __slots__ = ()
    saves = ("mat", "vec")

    @staticmethod
    def to_first(grad: Any, y: Tensor) -> Tensor:
        """Every element of the gradient times every element of the vector."""
        return outer(grad, conjugate(y))


class AddrBackward0(AddmmBackward0):
    __slots__ = ()
    saves = ("vec1", "vec2")

    @staticmethod
    def to_first(grad: Any, y: Tensor) -> Tensor:
        """The gradient's rows, weighed by the second vector."""
        return mv(grad, conjugate(y))

    @staticmethod
    def to_second(grad: Any, x: Tensor, columns: bool) -> Tensor:
        """The gradient's columns, weighed by the first vector."""
        return mv(grad.t(), conjugate(x))


def _times(grad: Tensor, factor: Any) -> Tensor:
    return grad if factor == 1 else grad * factor.conjugate()


def _added(
    kind: type[Node], input: Tensor, x: Tensor, y: Tensor, multiply: Callable[..., Tensor], beta: Any, alpha: Any
) -> Tensor:
    """`beta * input + alpha * multiply(x, y)`; the half types round once. A beta of zero leaves input's values out."""
    device = same_device(input, x, y)
    d = x._dtype
    for name, t in (("self", input), ("mat1", x)):
        if t._dtype is not y._dtype:
            raise RuntimeError(f"{name} and mat2 must have the same dtype, but got {t._dtype.word} and {y._dtype.word}")
    beta, alpha = (factor.item() if isinstance(factor, Tensor) else factor for factor in (beta, alpha))
    _check_factors(d, alpha, beta)
    with no_grad():
        result = _sum(input, x, y, multiply, beta, alpha)
    return record(kind, result._array, d, device, (input, x, y), saved=(x, y), args=(beta, alpha, by_columns(y)))


def _sum(input: Tensor, x: Tensor, y: Tensor, multiply: Callable[..., Tensor], beta: Any, alpha: Any) -> Tensor:
    d = x._dtype
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
    return _added(AddmmBackward0, input, mat1, mat2, mm, beta, alpha)


@operation(inplace=True, promotes=False)
def addmv(input: Tensor, mat: Tensor, vec: Tensor, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """`beta * input + alpha * (mat @ vec)`."""
    return _added(AddmvBackward0, input, mat, vec, mv, beta, alpha)


@operation(inplace=True, promotes=False, autocast=faster)
def baddbmm(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """`beta * input + alpha * (batch1 @ batch2)`, for batches of matrices."""
    return _added(BaddbmmBackward0, input, batch1, batch2, bmm, beta, alpha)


def _summed(x: Tensor, y: Tensor) -> Tensor:
    return sum(bmm(x, y), 0, dtype=x._dtype)


@operation(inplace=True, promotes=False, autocast=faster)
def addbmm(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """`beta * input + alpha * (batch1 @ batch2).sum(0)`."""
    return _added(AddbmmBackward0, input, batch1, batch2, _summed, beta, alpha)


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
    return _added(AddrBackward0, input.to(d), vec1.to(d), vec2.to(d), outer, beta, alpha)
