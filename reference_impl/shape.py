"""Other shapes: flatten, unflatten, the shapes of other tensors, at least so many dimensions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import layout
from .arguments import spoken
from .op import operation
from .tensor import Size, Tensor, attach
from .view import expand, reshape, shape_given, view_


@operation(out=False)
def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """The dimensions from start to end merged into one: a view where there can be one. RuntimeError for an end before
    the start."""
    first, last = layout.wrap_dim(start_dim, input.ndim), layout.wrap_dim(end_dim, input.ndim)
    if first > last:
        raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
    if not input.ndim:
        return reshape(input, 1)
    if first == last:
        return input
    shape = input._array.shape
    return reshape(input, (*shape[:first], layout.numel(shape[first : last + 1]), *shape[last + 1 :]))


@operation(out=False)
def ravel(input: Tensor) -> Tensor:
    """All dimensions merged into one: a view where there can be one, else a copy."""
    return view_(input.contiguous(), -1)


@operation(out=False)
def unflatten(input: Tensor, dim: int, sizes: Any) -> Tensor:
    """One dimension split into several; one size may be -1. RuntimeError unless their product is its size."""
    dim = layout.wrap_dim(dim, input.ndim)
    parts = shape_given((sizes,))
    if not parts:
        raise RuntimeError("unflatten: sizes must be non-empty")
    if not input.ndim:
        raise RuntimeError("unflatten got an unexpected error:\nDimension specified as 0 but tensor has no dimensions")
    shape = input._array.shape
    try:
        split = layout.infer_size(parts, shape[dim])
    except RuntimeError:
        raise RuntimeError(
            f"unflatten: Provided sizes {list(parts)} don't multiply up to the size of dim {dim} ({shape[dim]}) in "
            "the input tensor"
        ) from None
    return view_(input, (*shape[:dim], *split, *shape[dim + 1 :]))


def view_as(self: Tensor, other: Tensor) -> Tensor:
    """A view in the shape of another tensor."""
    return view_(self, other._array.shape)


def reshape_as(self: Tensor, other: Tensor) -> Tensor:
    """The elements in the shape of another tensor."""
    return reshape(self, other._array.shape)


def expand_as(self: Tensor, other: Tensor) -> Tensor:
    """The tensor expanded to the shape of another."""
    return expand(self, other._array.shape)


def sum_to_size(self: Tensor, *size: Any) -> Tensor:
    """The sum over the dimensions that a shape lacks or has as 1, in that shape; itself where nothing is summed.
    RuntimeError for a shape that does not expand to the tensor's."""
    shape, wanted = self._array.shape, shape_given(size)
    lead = len(shape) - len(wanted)
    if lead < 0 or any(n not in (1, have) for n, have in zip(wanted, shape[lead:], strict=True)):
        raise RuntimeError(f"size {{{list(wanted)}}} is not expandable to size {{{list(shape)}}}.")
    if shape == wanted:
        return self
    dims = [i for i, n in enumerate(shape) if i < lead or (n != 1 and wanted[i - lead] == 1)]
    return reshape(self.sum(dims), wanted) if dims else view_(self, wanted)


@operation(out=False)
def broadcast_to(input: Tensor, size: Any) -> Tensor:
    """The tensor expanded to a shape."""
    return expand(input, size)


def broadcast_shapes(*shapes: Any) -> Size:
    """The shape that shapes broadcast to. RuntimeError where there is none, ValueError for negative sizes."""
    result: tuple[int, ...] = ()
    for argument, shape in enumerate(shapes):
        sizes = (shape,) if isinstance(shape, int) else tuple(shape)
        try:
            result = layout.broadcast_shapes(result, sizes)
        except RuntimeError:
            pairs = zip(reversed(result), reversed(sizes), strict=False)
            at, size = next((-i - 1, b) for i, (a, b) in enumerate(pairs) if a != b and 1 not in (a, b))
            raise RuntimeError(
                f"Attempting to broadcast a dimension of length {size} at {at}! Mismatching argument at index "
                f"{argument} had {sizes}; but expected shape should be broadcastable to {list(result)}"
            ) from None
    if any(size < 0 for size in result):
        raise ValueError("Attempting to broadcast a dimension with negative length!")
    return Size(result)


@spoken
def broadcast_tensors(*tensors: Any) -> tuple[Tensor, ...]:
    """Tensors expanded to the shape that they broadcast to."""
    given: tuple[Tensor, ...] = (
        tuple(tensors[0]) if len(tensors) == 1 and not isinstance(tensors[0], Tensor) else tensors
    )
    shape: tuple[int, ...] = ()
    for t in given:
        shape = layout.broadcast_shapes(shape, t._array.shape)
    return tuple(expand(t, shape) for t in given)


def _for_each(function: Callable[[Tensor], Tensor]) -> Callable[..., Any]:
    """A function that takes one tensor, several, or a sequence of them."""

    def wrapper(*tensors: Any) -> Any:
        if len(tensors) == 1:
            if isinstance(tensors[0], Tensor):
                return function(tensors[0])
            tensors = tuple(tensors[0])
        return tuple(function(t) for t in tensors)

    wrapper.__doc__ = function.__doc__
    wrapper.__name__ = function.__name__
    return wrapper


@_for_each
@spoken
def atleast_1d(input: Tensor) -> Tensor:
    """A 0-dim tensor with one dimension; others as they are."""
    return input if input.ndim else input.reshape(1)


@_for_each
@spoken
def atleast_2d(input: Tensor) -> Tensor:
    """Tensors of fewer dimensions as one row; others as they are."""
    return input if input.ndim >= 2 else input.reshape(1, -1) if input.ndim == 0 else input.unsqueeze(0)


@_for_each
@spoken
def atleast_3d(input: Tensor) -> Tensor:
    """Tensors of fewer dimensions with three; others as they are."""
    if input.ndim >= 3:
        return input
    if input.ndim == 2:
        return input.unsqueeze(-1)
    return input.unsqueeze(0).unsqueeze(-1) if input.ndim else input.reshape(1, 1, 1)


@spoken
def numel(input: Tensor) -> int:
    """The number of elements. TypeError for what is no tensor."""
    return input.numel()


def is_tensor(obj: Any) -> bool:
    """Whether an object is a tensor."""
    return isinstance(obj, Tensor)


@spoken
def is_floating_point(input: Tensor) -> bool:
    """Whether the element type is a real floating one."""
    return input._dtype.is_floating_point


@spoken
def is_complex(input: Tensor) -> bool:
    """Whether the element type is complex."""
    return input._dtype.is_complex


@spoken
def is_same_size(input: Tensor, other: Tensor) -> bool:
    """Whether two tensors have one shape."""
    return input._array.shape == other._array.shape


attach("view_as", view_as)
attach("reshape_as", reshape_as)
attach("expand_as", expand_as)
attach("sum_to_size", sum_to_size)
attach("is_same_size", is_same_size)
