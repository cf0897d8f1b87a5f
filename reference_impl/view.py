"""Views: other shapes and strides on the same memory."""

from __future__ import annotations

from typing import Any

from . import layout
from .autograd.node import Gradients, Node
from .dtype import dtype as dtype_
from .format import channels_order, contiguous_format, copied, strides_in
from .join import stack
from .op import operation, record, view, views
from .pointwise import CloneBackward0
from .tensor import Tensor, strides_of


def shape_given(size: tuple[Any, ...], named: Any = None) -> tuple[int, ...]:
    """A shape given as numbers, as one sequence, or by name. TypeError for what is no integer, and for a shape that is
    given twice."""
    if named is not None:
        if size:
            raise TypeError("the function received an invalid combination of arguments - one is given twice")
        size = (named,)
    if len(size) == 1 and isinstance(size[0], (tuple, list)):
        size = tuple(size[0])
    try:
        return tuple([n if type(n) is int else int(n) if isinstance(n, Tensor) else n.__index__() for n in size])
    except AttributeError:
        kind, place = next((type(n).__name__, i) for i, n in enumerate(size) if not hasattr(n, "__index__"))
        raise TypeError(f"expected a tuple of ints, but found element of type {kind} at pos {place}") from None


class ViewBackward0(Node):
    __slots__ = ()

    def gradient(self, grad: Tensor) -> Gradients:
        return grad.reshape(self.args)


class UnsafeViewBackward0(ViewBackward0):
    """Of a copy that nobody else has, so that its other shape is no view to autograd."""

    __slots__ = ()


def view_(input: Tensor, *given: Any, size: Any = None, dtype: Any = None) -> Tensor:
    """The same elements in another shape, on the same memory; one size may be -1. RuntimeError where only a copy
    could have it."""
    if size is not None or dtype is not None:
        given = (size if dtype is None else dtype,)
    if len(given) == 1 and isinstance(given[0], dtype_):
        return reinterpreted(input, given[0])
    if not given:
        raise TypeError("view() received an invalid combination of arguments - got ()")
    shape = layout.infer_size(shape_given(given), input.numel())
    stride = layout.view_strides(input._array.shape, strides_of(input), shape)
    if stride is None:
        raise RuntimeError(
            "view size is not compatible with input tensor's size and stride (at least one dimension spans across two "
            "contiguous subspaces). Use .reshape(...) instead."
        )
    return _reshaped(input, shape, stride)


def _reshaped(t: Tensor, shape: layout.Shape, stride: layout.Shape) -> Tensor:
    return view(ViewBackward0, t, shape, stride, t.storage_offset(), (view_, (shape,)), t._array.shape)


operation(name="view", out=False)(view_)


def reinterpreted(input: Tensor, d: dtype_) -> Tensor:
    """The same bits as elements of another type; one of another width scales the last dimension. RuntimeError where
    that does not come out even, and for a conjugate that is not resolved."""
    if d is not input._dtype and input._meta is not None and input._meta.postponed is not None:
        what = "conjugate view tensors" if input._meta.postponed == "conj" else "tensors with negative bit set"
        raise RuntimeError(f"torch.Tensor.view is not supported for {what} when converting to a different dtype.")
    shape, stride, offset = input._array.shape, strides_of(input), input.storage_offset()
    old, new = input._dtype.itemsize, d.itemsize
    if old != new:
        text = f"to view {input._dtype.word} as {d.word} (different element sizes)"
        if not shape:
            raise RuntimeError(f"self.dim() cannot be 0 {text}")
        if stride[-1] != 1:
            raise RuntimeError(f"self.stride(-1) must be 1 {text}, but got {stride[-1]}")
        factor = max(new // old, 1)
        checks = [("self.size(-1)", shape[-1]), ("self.storage_offset()", offset)]
        checks += [(f"self.stride({i})", s) for i, s in enumerate(stride[:-1])]
        for what, value in checks:
            if value % factor:
                raise RuntimeError(f"{what} must be divisible by {factor} {text}, but got {value}")
        shape = (*shape[:-1], shape[-1] * old // new)
        stride = (*(s * old // new for s in stride[:-1]), 1)
        offset = offset * old // new
    kind = ViewBackward0 if d is input._dtype else None
    return view(kind, input, shape, stride, offset, (reinterpreted, (d,)), input._array.shape, dtype=d)


@operation(out=False)
def reshape(input: Tensor, *given: Any, shape: Any = None) -> Tensor:
    """The same elements in another shape: a view where there can be one, else a copy."""
    wanted = layout.infer_size(shape_given(given, shape), input.numel())
    stride = layout.view_strides(input._array.shape, strides_of(input), wanted)
    if stride is not None:
        return _reshaped(input, wanted, stride)
    copy = record(CloneBackward0, input._array.copy("C"), input._dtype, input._device, (input,))
    array = copy._array.reshape(wanted)
    return record(UnsafeViewBackward0, array, input._dtype, input._device, (copy,), args=input._array.shape)


@operation(out=False)
def contiguous(input: Tensor, memory_format: Any = None) -> Tensor:
    """The tensor itself if its elements lie in the order of the memory format (row-major), else a copy in that
    order."""
    if memory_format is not None and memory_format is not contiguous_format:
        return _formatted(input, memory_format)
    if input._array.flags.c_contiguous:
        return input
    return record(CloneBackward0, input._array.copy("C"), input._dtype, input._device, (input,))


def _formatted(input: Tensor, memory_format: Any) -> Tensor:
    """The tensor itself if it is dense in the memory format, else a copy that is."""
    stride = strides_in(memory_format, input._array.shape)
    if channels_order(input, memory_format):
        return input
    return record(CloneBackward0, copied(input._array, stride), input._dtype, input._device, (input,))


class TransposeBackward0(Node):
    __slots__ = ()

    def gradient(self, grad: Tensor) -> Gradients:
        return grad.transpose(*self.args)


@operation(out=False)
def transpose(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """Two dimensions exchanged."""
    a, b = layout.wrap_dim(dim0, input.ndim), layout.wrap_dim(dim1, input.ndim)
    order = list(range(input.ndim))
    if order:
        order[a], order[b] = b, a
    sizes = layout.permuted(input._array.shape, strides_of(input), tuple(order))
    return view(TransposeBackward0, input, *sizes, input.storage_offset(), (transpose, (a, b)), (a, b))


class PermuteBackward0(Node):
    __slots__ = ()
    args: tuple[int, ...]

    def gradient(self, grad: Tensor) -> Gradients:
        return grad.permute([self.args.index(i) for i in range(len(self.args))])


@operation(out=False)
def permute(input: Tensor, *given: Any, dims: Any = None) -> Tensor:
    """All dimensions in another order. RuntimeError unless each is named exactly once."""
    order = shape_given(given, dims)
    if len(order) != input.ndim:
        raise RuntimeError(
            "permute(sparse_coo): number of dimensions in the tensor input does not match the length of the desired "
            f"ordering of dimensions i.e. input.dim() = {input.ndim} is not equal to len(dims) = {len(order)}"
        )
    order = tuple([layout.wrap_dim(d, input.ndim) for d in order])
    if len(set(order)) != len(order):
        raise RuntimeError("permute(): duplicate dims are not allowed.")
    sizes = layout.permuted(input._array.shape, strides_of(input), order)
    return view(PermuteBackward0, input, *sizes, input.storage_offset(), (permute, order), order)


class ExpandBackward0(Node):
    """The engine sums the gradient to the shape that was expanded."""

    __slots__ = ()

    def gradient(self, grad: Tensor) -> Gradients:
        return grad


@operation(out=False)
def expand(input: Tensor, *given: Any, size: Any = None, implicit: bool = False) -> Tensor:
    """Sizes of 1 repeated without copying, and new leading dimensions; -1 keeps a size. RuntimeError for other
    changes."""
    wanted = shape_given(given, size)
    if len(wanted) < input.ndim:
        raise RuntimeError(
            f"expand({input.type()}{{{list(input._array.shape)}}}, size={list(wanted)}): the number of sizes provided "
            f"({len(wanted)}) must be greater or equal to the number of dimensions in the tensor ({input.ndim})"
        )
    shape, stride = layout.expand_strides(input._array.shape, strides_of(input), wanted)
    return view(ExpandBackward0, input, shape, stride, input.storage_offset(), (expand, (shape,)))


class UnsqueezeBackward0(Node):
    __slots__ = ()

    def gradient(self, grad: Tensor) -> Gradients:
        return grad.squeeze(self.args)


@operation(out=False)
def unsqueeze(input: Tensor, dim: int) -> Tensor:
    """A new dimension of size 1."""
    dim = layout.wrap_dim(dim, input.ndim + 1)
    sizes = layout.unsqueezed(input._array.shape, strides_of(input), dim)
    return view(UnsqueezeBackward0, input, *sizes, input.storage_offset(), (unsqueeze, (dim,)), dim)


class SqueezeBackward0(Node):
    __slots__ = ()

    def gradient(self, grad: Tensor) -> Gradients:
        return grad.reshape(self.args)


class SqueezeBackward1(SqueezeBackward0):
    """Of one dimension."""

    __slots__ = ()


class SqueezeBackward2(SqueezeBackward0):
    """Of several dimensions."""

    __slots__ = ()


@operation(out=False)
def squeeze(input: Tensor, dim: Any = None) -> Tensor:
    """Without the dimensions of size 1: all of them, or those named."""
    dims = () if isinstance(dim, (tuple, list)) and not dim else layout.wrap_dims(dim, input.ndim)
    shape, stride = input._array.shape, strides_of(input)
    kept = tuple([i for i in range(input.ndim) if not (i in dims and shape[i] == 1)])
    sizes = layout.permuted(shape, stride, kept)
    kind = SqueezeBackward0 if dim is None else SqueezeBackward1 if isinstance(dim, int) else SqueezeBackward2
    return view(kind, input, *sizes, input.storage_offset(), (squeeze, (tuple(dims),)), shape)


class UnbindBackward0(Node):
    __slots__ = ()

    def gradient(self, *grads: Tensor) -> Gradients:
        return stack(grads, self.args)


@operation(out=False)
def unbind(input: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """The slices along a dimension, which disappears. They are views, and may not be written while gradients are
    recorded."""
    if not input.ndim:
        raise IndexError("Dimension specified as 0 but tensor has no dimensions")
    dim = layout.wrap_dim(dim, input.ndim)
    shape, stride = input._array.shape, strides_of(input)
    rest = layout.without(shape, stride, dim)
    offset = input.storage_offset()
    layouts = [(*rest, offset + i * stride[dim]) for i in range(shape[dim])]
    return views(UnbindBackward0, input, layouts, (unbind, (dim,)), dim)
