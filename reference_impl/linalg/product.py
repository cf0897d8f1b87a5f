"""Products of vectors and matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import layout
from ..arguments import need_tensors
from ..autocast import faster, wider
from ..autograd.node import Gradients, Node
from ..derivative import refuse
from ..dtype import bool as bool_
from ..dtype import int64
from ..op import operation, record
from ..pointwise import conjugate
from ..promote import cast, same_device
from ..quiet import quiet
from ..storage import Array
from ..tensor import Tensor, attach
from .matrices import exactly


def product(x: Tensor, y: Tensor) -> Array:
    """The matrix product of the arrays, in the type that their dtype computes in, cast back to it."""
    d = x._dtype
    a, b = x._array, y._array
    if d.compute is not d.numpy:
        a, b = a.astype(d.compute), b.astype(d.compute)
    return cast(np.asarray(quiet(np.matmul, a, b)), d)


def _adjoint(x: Tensor) -> Tensor:
    y: Tensor = conjugate(x)
    return y.transpose(-2, -1)


def by_columns(t: Tensor) -> bool:
    """Whether a matrix lies in memory column by column, as a transposed one does, and not row by row."""
    flags = t._array.flags
    return bool(flags.f_contiguous and not flags.c_contiguous)


def to_second(grad: Tensor, x: Tensor, columns: bool) -> Tensor:
    """The gradient of the second factor, from that of the product and the first factor. It lies in memory as the factor
    does: what a transposed weight gets need not be brought in order."""
    if columns:
        turned: Tensor = matmul(grad.transpose(-2, -1), conjugate(x)).transpose(-2, -1)
        return turned
    return matmul(_adjoint(x), grad)


class MmBackward0(Node):
    """`args` is whether the second factor lies in memory column by column."""

    __slots__ = ()
    saves = ("self", "mat2")
    used_by = (1, 0)

    def gradient(self, grad: Tensor) -> Gradients:
        x, y = self.tensors()
        return (
            matmul(grad, _adjoint(y)) if self.needs(0) else None,
            to_second(grad, x, self.args) if self.needs(1) else None,
        )


class BmmBackward0(MmBackward0):
    """Leading dimensions that were broadcast are summed by the engine."""

    __slots__ = ()


class MvBackward0(Node):
    __slots__ = ()
    saves = ("self", "vec")
    used_by = (1, 0)

    def gradient(self, grad: Tensor) -> Gradients:
        x, y = self.tensors()
        return (
            outer(grad, conjugate(y)) if self.needs(0) else None,
            mv(_adjoint(x), grad) if self.needs(1) else None,
        )


class DotBackward0(Node):
    __slots__ = ()
    saves = ("self", "tensor")
    used_by = (1, 0)

    def gradient(self, grad: Tensor) -> Gradients:
        x, y = self.tensors()
        return grad * conjugate(y) if self.needs(0) else None, grad * conjugate(x) if self.needs(1) else None


def _made(kind: type[Node], x: Tensor, y: Tensor) -> Tensor:
    return record(kind, product(x, y), x._dtype, same_device(x, y), (x, y), saved=(x, y), args=by_columns(y))


def _check(x: Any, y: Any) -> None:
    """Both operands are tensors of one dtype on one device, and that is not bool."""
    need_tensors("matmul", x, y)
    same_device(x, y)
    if x._dtype is not y._dtype:
        raise RuntimeError(
            f"expected m1 and m2 to have the same dtype, but got: {x._dtype.legacy} != {y._dtype.legacy}"
        )


@operation(promotes=False, autocast=faster)
def matmul(input: Tensor, other: Tensor) -> Tensor:
    """The matrix product; leading dimensions broadcast, a vector counts as a row on the left and a column on the right.

    RuntimeError for different dtypes or devices, 0-dim tensors, and sizes that do not meet.
    """
    if isinstance(input, Tensor) and isinstance(other, Tensor) and not (input.ndim and other.ndim):
        raise RuntimeError(
            f"both arguments to matmul need to be at least 1D, but they are {input.ndim}D and {other.ndim}D"
        )
    _check(input, other)
    if input.ndim == 1 and other.ndim == 1:
        return dot(input, other)
    if input.ndim == 2 and other.ndim == 2:
        return mm(input, other)
    if input.ndim == 2 and other.ndim == 1:
        return mv(input, other)
    if input.ndim == 1:
        return matmul(input.unsqueeze(0), other).squeeze(-2)
    if other.ndim == 1:
        return matmul(input, other.unsqueeze(1)).squeeze(-1)
    return _batched(input, other)


def _matmul_operator(self: Tensor, other: Any) -> Any:
    return matmul(self, other) if isinstance(other, Tensor) else NotImplemented


attach("__matmul__", _matmul_operator)


def _batched(x: Tensor, y: Tensor) -> Tensor:
    refuse("baddbmm_with_gemm", x._dtype is bool_, x._dtype)
    m, p, q = x._array.shape[-1], *y._array.shape[-2:]
    if y.ndim == 2 and m != p:
        rows = layout.numel(x._array.shape[:-1])
        raise RuntimeError(f"mat1 and mat2 shapes cannot be multiplied ({rows}x{m} and {p}x{q})")
    batch = layout.broadcast_shapes(x._array.shape[:-2], y._array.shape[:-2])
    if m != p:
        raise RuntimeError(
            f"Expected size for first two dimensions of batch2 tensor to be: [{layout.numel(batch)}, {m}] but got: "
            f"[{layout.numel(batch)}, {p}]."
        )
    return _made(BmmBackward0, x, y)


@operation(promotes=False, autocast=faster)
def mm(input: Tensor, mat2: Tensor) -> Tensor:
    """The product of two matrices. RuntimeError for other dimensions, sizes that do not meet, different dtypes."""
    for name, value in (("self", input), ("mat2", mat2)):
        if value.ndim != 2:
            raise RuntimeError(f"{name} must be a matrix")
    _check(input, mat2)
    n, m, p, q = *input._array.shape, *mat2._array.shape
    if m != p:
        raise RuntimeError(f"mat1 and mat2 shapes cannot be multiplied ({n}x{m} and {p}x{q})")
    refuse("addmm_impl_cpu_", input._dtype is bool_, input._dtype)
    return _made(MmBackward0, input, mat2)


@operation(promotes=False, autocast=faster)
def bmm(input: Tensor, mat2: Tensor) -> Tensor:
    """The products of two batches of matrices. RuntimeError for other dimensions and for sizes that do not meet."""
    for name, value in (("batch1", input), ("batch2", mat2)):
        if value.ndim != 3:
            raise RuntimeError(f"{name} must be a 3D tensor")
    _check(input, mat2)
    refuse("bmm", input._dtype is bool_, input._dtype)
    a, b = input._array.shape, mat2._array.shape
    if (a[0], a[2]) != b[:2]:
        raise RuntimeError(
            f"Expected size for first two dimensions of batch2 tensor to be: [{a[0]}, {a[2]}] but got: "
            f"[{b[0]}, {b[1]}]."
        )
    return _made(BmmBackward0, input, mat2)


@operation(promotes=False)
def mv(input: Tensor, vec: Tensor) -> Tensor:
    """The product of a matrix and a vector. RuntimeError for other dimensions and for sizes that do not meet."""
    if input.ndim != 2 or vec.ndim != 1:
        raise RuntimeError(f"vector + matrix @ vector expected, got {vec.ndim}, {input.ndim}, {vec.ndim}")
    n, m = input._array.shape
    if m != vec._array.shape[0]:
        raise RuntimeError(f"size mismatch, got input ({n}), mat ({n}x{m}), vec ({vec._array.shape[0]})")
    _check(input, vec)
    refuse("addmv_impl_cpu", input._dtype is bool_, input._dtype)
    return _made(MvBackward0, input, vec)


def _check_vectors(name: str, x: Tensor, y: Tensor) -> None:
    same_device(x, y)
    if x.ndim != 1 or y.ndim != 1:
        raise RuntimeError(f"1D tensors expected, but got {x.ndim}D and {y.ndim}D tensors")
    if x._dtype is not y._dtype:
        raise RuntimeError(
            f"{name} : expected both vectors to have same dtype, but found {x._dtype.word} and {y._dtype.word}"
        )
    n, m = x._array.shape[0], y._array.shape[0]
    if n != m:
        raise RuntimeError(
            f"inconsistent tensor size, expected tensor [{n}] and src [{m}] to have the same number of elements, but "
            f"got {n} and {m} elements respectively"
        )
    refuse(name, x._dtype is bool_, x._dtype)


@operation(promotes=False)
def dot(input: Tensor, tensor: Tensor) -> Tensor:
    """The sum of products of two vectors. RuntimeError for other dimensions, sizes that differ, different dtypes."""
    _check_vectors("dot", input, tensor)
    return _made(DotBackward0, input, tensor)


@operation(promotes=False)
def vdot(input: Tensor, other: Tensor) -> Tensor:
    """The sum of products of two vectors, the first one conjugated."""
    _check_vectors("vdot", input, other)
    return dot(conjugate(input), other)


@operation(promotes=False)
def inner(input: Tensor, other: Tensor) -> Tensor:
    """Sums of products over the last dimensions; with a 0-dim operand the product."""
    if not input.ndim or not other.ndim:
        return input * other
    if input._array.shape[-1] != other._array.shape[-1]:
        raise RuntimeError(
            "inner() the last dimension must match on both input tensors but got shapes "
            f"{list(input._array.shape)} and {list(other._array.shape)}"
        )
    return tensordot(input, other, ([-1], [-1]))


@operation()
def outer(input: Tensor, vec2: Tensor) -> Tensor:
    """Every element of one vector times every element of another. RuntimeError for other dimensions."""
    for name, value in (("self", input), ("vec2", vec2)):
        if value.ndim != 1:
            raise RuntimeError(f"outer: Expected 1-D argument {name}, but got {value.ndim}-D")
    return input.unsqueeze(1) * vec2


ger = operation(name="ger")(outer)


def _dims(x: Tensor, y: Tensor, dims: Any) -> tuple[list[int], list[int]]:
    if isinstance(dims, int):
        if dims < 0:
            raise RuntimeError(f"tensordot expects dims >= 0, but got dims={dims}")
        if dims > min(x.ndim, y.ndim):
            raise RuntimeError(f"tensordot expects dims < ndim_a or ndim_b, but got dims={dims}")
        return list(range(x.ndim - dims, x.ndim)), list(range(dims))
    first, second = (d.tolist() if isinstance(d, Tensor) else [d] if isinstance(d, int) else list(d) for d in dims)
    if len(first) != len(second):
        raise RuntimeError("both dimension lists should have same length")
    return first, second


@operation(
    method=False,
    promotes=exactly(
        "tensordot: Expected the output tensor to have dtype {result}, but got an output tensor with dtype {target}"
    ),
)
def tensordot(a: Tensor, b: Tensor, dims: Any = 2) -> Tensor:
    """Sums of products over pairs of dimensions: the last of one with the first of the other, or as they are listed.

    RuntimeError for sizes that do not meet, for a dimension named twice and for different dtypes.
    """
    given = _dims(a, b, dims)
    if a._dtype is not b._dtype:
        raise RuntimeError("both inputs should have same dtype")
    first = [layout.wrap_dim(d, a.ndim) for d in given[0]]
    second = [layout.wrap_dim(d, b.ndim) for d in given[1]]
    for each in (first, second):
        repeated = next((d for d in each if each.count(d) > 1), None)
        if repeated is not None:
            raise RuntimeError(f"dim {repeated} appears multiple times in the list of dims")
    for i, j, m, n in zip(first, second, *given, strict=True):
        if a._array.shape[i] != b._array.shape[j]:
            raise RuntimeError(
                f"contracted dimensions need to match, but first has size {a._array.shape[i]} in dim {m} and second "
                f"has size {b._array.shape[j]} in dim {n}"
            )
    left = [i for i in range(a.ndim) if i not in first]
    right = [j for j in range(b.ndim) if j not in second]
    n = layout.numel([a._array.shape[i] for i in first])
    rows = layout.numel([a._array.shape[i] for i in left])
    columns = layout.numel([b._array.shape[j] for j in right])
    x = a.permute(*left, *first).reshape(rows, n)
    y = b.permute(*second, *right).reshape(n, columns)
    shape = (*(a._array.shape[i] for i in left), *(b._array.shape[j] for j in right))
    return mm(x, y).reshape(shape)


@operation()
def kron(input: Tensor, other: Tensor) -> Tensor:
    """The Kronecker product."""
    n = max(input.ndim, other.ndim)
    a = (1,) * (n - input.ndim) + input._array.shape
    b = (1,) * (n - other.ndim) + other._array.shape
    x = input.reshape([size for pair in zip(a, (1,) * n, strict=True) for size in pair])
    y = other.reshape([size for pair in zip((1,) * n, b, strict=True) for size in pair])
    return (x * y).reshape([m * k for m, k in zip(a, b, strict=True)])


class TraceBackward0(Node):
    __slots__ = ()

    def gradient(self, grad: Tensor) -> Gradients:
        eye = grad._from_numpy(np.eye(*self.args, dtype=np.bool_)).to(grad._device)
        return grad * eye


@operation(out=False, autocast=wider)
def trace(input: Tensor) -> Tensor:
    """The sum of a matrix's diagonal; of integers it is int64. RuntimeError for other dimensions."""
    if input.ndim != 2:
        raise RuntimeError(f"trace: expected a matrix, but got tensor with dim {input.ndim}")
    refuse("trace", input._dtype is bool_, input._dtype)
    d = input._dtype if input._dtype.differentiable else int64
    diagonal = np.diagonal(input._array).astype(d.compute)
    result = cast(np.asarray(quiet(np.add.reduce, diagonal)), d)
    return record(TraceBackward0, result, d, input._device, (input,), args=input._array.shape)
