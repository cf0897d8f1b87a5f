"""Cutting a tensor into parts: narrow, split, chunk, tensor_split and their kin. The parts are views."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from . import layout
from .autograd.node import Gradients, Node
from .dtype import int64
from .index import slice_
from .join import cat
from .op import operation, record_many, views
from .tensor import Tensor, attach, storage, strides_of


@operation(out=False)
def narrow(input: Tensor, dim: int, start: Any, length: int) -> Tensor:
    """The part of a dimension from start on, of this length. IndexError for a start outside, RuntimeError for a length
    that leaves the dimension."""
    if not input.ndim:
        raise RuntimeError("narrow() cannot be applied to a 0-dim tensor.")
    if length < 0:
        raise RuntimeError("narrow(): length must be non-negative.")
    dim, start = layout.wrap_dim(dim, input.ndim), int(start)
    size = input._array.shape[dim]
    if not -size <= start <= size:
        raise IndexError(f"start out of range (expected to be in range of [{-size}, {size}], but got {start})")
    start += size if start < 0 else 0
    if start + length > size:
        raise RuntimeError(f"start ({start}) + length ({length}) exceeds dimension size ({size}).")
    return slice_(input, dim, start, start + length, 1)


class SplitBackward0(Node):
    """The gradients of the parts, joined."""

    __slots__ = ()

    def gradient(self, *grads: Tensor) -> Gradients:
        return cat(grads, self.args)


def parted(input: Tensor, bounds: list[int], dim: int) -> tuple[Tensor, ...]:
    """The parts of a dimension between neighbouring bounds."""
    shape, stride, offset = input._array.shape, strides_of(input), input.storage_offset()
    layouts = [
        ((*shape[:dim], end - start, *shape[dim + 1 :]), stride, offset + start * stride[dim])
        for start, end in pairwise(bounds)
    ]
    return views(SplitBackward0, input, layouts, (parted, (bounds, dim)), dim)


@operation(method=False, out=False)
def split(tensor: Tensor, split_size_or_sections: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Parts of one size, the last one smaller, or of the sizes listed. RuntimeError for sizes that do not add up."""
    sections = split_size_or_sections
    if isinstance(sections, (tuple, list)):
        return split_with_sizes(tensor, sections, dim)
    if not tensor.ndim:
        raise RuntimeError("split expects at least a 1-dimensional tensor")
    if sections < 0:
        raise RuntimeError(f"split expects split_size be non-negative, but got split_size={sections}")
    dim = layout.wrap_dim(dim, tensor.ndim)
    size = tensor._array.shape[dim]
    if sections == 0:
        if size:
            raise RuntimeError(f"split_size can only be 0 if dimension size is 0, but got dimension size of {size}")
        return parted(tensor, [0, 0], dim)
    return parted(tensor, [*range(0, max(size, 1), sections), size], dim)


def _split_of(self: Tensor, split_size: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """The method, whose second parameter has a name of its own."""
    parts: tuple[Tensor, ...] = split(self, split_size, dim)
    return parts


attach("split", _split_of)


@operation(out=False)
def split_with_sizes(input: Tensor, split_sizes: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Parts of the sizes listed. RuntimeError unless they add up to the size of the dimension."""
    if not input.ndim:
        raise RuntimeError("split expects at least a 1-dimensional tensor")
    dim = layout.wrap_dim(dim, input.ndim)
    sizes, size = list(split_sizes), input._array.shape[dim]
    bounds = [0]
    for n in sizes:
        if n < 0:
            raise RuntimeError(
                f"split_with_sizes expects split_sizes have only non-negative entries, but got split_sizes={sizes}"
            )
        bounds.append(bounds[-1] + n)
    if bounds[-1] != size:
        raise RuntimeError(
            f"split_with_sizes expects split_sizes to sum exactly to {size} (input tensor's size at dimension {dim}), "
            f"but got split_sizes={sizes}"
        )
    return parted(input, bounds, dim)


@operation(out=False)
def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """At most so many parts, all but the last of one size. RuntimeError for none."""
    if not input.ndim:
        raise RuntimeError("chunk expects at least a 1-dimensional tensor")
    if chunks <= 0:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    dim = layout.wrap_dim(dim, input.ndim)
    size = input._array.shape[dim]
    if not size:
        return parted(input, [0] * (chunks + 1), dim)
    return split(input, -(-size // chunks), dim)


def _unsafe(parts: tuple[Tensor, ...], input: Tensor, dim: int) -> tuple[Tensor, ...]:
    """Parts on the memory of the input that autograd does not know as views: each has a version of its own, and may be
    written while gradients are recorded."""
    arrays = [(part._array, part._dtype) for part in parts]
    results = record_many(SplitBackward0, arrays, input._device, (input,), args=layout.wrap_dim(dim, input.ndim))
    for result, part in zip(results, parts, strict=True):
        result._storage, result._layout = storage(part), part._layout
    return results


@operation(out=False)
def unsafe_split(input: Tensor, split_size: int, dim: int = 0) -> tuple[Tensor, ...]:
    """Parts of one size, the last one smaller, which are no views to autograd."""
    return _unsafe(split(input.detach(), split_size, dim), input, dim)


@operation(out=False)
def unsafe_split_with_sizes(input: Tensor, split_sizes: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Parts of the sizes listed, which are no views to autograd. RuntimeError unless the sizes add up."""
    return _unsafe(split_with_sizes(input.detach(), split_sizes, dim), input, dim)


@operation(out=False)
def unsafe_chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """At most so many parts, all but the last of one size, which are no views to autograd. RuntimeError for none."""
    return _unsafe(chunk(input.detach(), chunks, dim), input, dim)


def _cuts(name: str, *given: Any) -> Any:
    """Where to cut, under whatever name it was given. TypeError for none and for several."""
    found = [value for value in given if value is not None]
    if len(found) != 1:
        kinds = ", ".join(type(value).__name__ for value in found)
        raise TypeError(f"{name}() received an invalid combination of arguments - got (Tensor, {kinds})")
    return found[0]


@operation(out=False)
def tensor_split(
    input: Tensor,
    where: Any = None,
    dim: int = 0,
    *,
    indices: Any = None,
    sections: Any = None,
    tensor_indices_or_sections: Any = None,
) -> tuple[Tensor, ...]:
    """So many parts, the first ones longer by one, or parts cut before each index. RuntimeError for no parts."""
    if not input.ndim:
        raise RuntimeError(
            f"tensor_split expected at least a 1-dimensional tensor, but got a tensor with {input.ndim} dims"
        )
    where = _cuts("tensor_split", where, indices, sections, tensor_indices_or_sections)
    if isinstance(where, Tensor):
        if where._dtype is not int64:
            raise RuntimeError(
                f"tensor_split expected tensor_indices_or_sections to have dtype of long, but got {where._dtype.word}"
            )
        where = where.tolist()
    dim = layout.wrap_dim(dim, input.ndim)
    size = input._array.shape[dim]
    if isinstance(where, int):
        if where <= 0:
            raise RuntimeError(f"number of sections must be larger than 0, got {where}")
        small, longer = divmod(size, where)
        bounds = [i * small + min(i, longer) for i in range(where + 1)]
        return tuple(slice_(input, dim, a, b, 1) for a, b in pairwise(bounds))
    cuts = [slice(None, n).indices(size)[1] for n in where]
    starts, ends = [0, *cuts], [*cuts, size]
    return tuple(slice_(input, dim, a, max(a, b), 1) for a, b in zip(starts, ends, strict=True))


def _cut(input: Tensor, where: Any, name: str, least: int, dim: int) -> tuple[Tensor, ...]:
    if input.ndim < least:
        raise RuntimeError(
            f"torch.{name} requires a tensor with at least {least} dimension, but got a tensor with {input.ndim} "
            "dimensions!"
        )
    size = input._array.shape[dim]
    if isinstance(where, int) and (not where or size % where):
        raise RuntimeError(
            f"torch.{name} attempted to split along dimension {dim}, but the size of the dimension {size} is not "
            f"divisible by the split_size {where}!"
        )
    return tensor_split(input, where, dim)


@operation(out=False)
def hsplit(input: Tensor, where: Any = None, *, indices: Any = None, sections: Any = None) -> tuple[Tensor, ...]:
    """Parts along the second dimension, or the only one. RuntimeError unless the parts can be equal."""
    return _cut(input, _cuts("hsplit", where, indices, sections), "hsplit", 1, 1 if input.ndim > 1 else 0)


@operation(out=False)
def vsplit(input: Tensor, where: Any = None, *, indices: Any = None, sections: Any = None) -> tuple[Tensor, ...]:
    """Parts along the first dimension. RuntimeError unless the parts can be equal."""
    return _cut(input, _cuts("vsplit", where, indices, sections), "vsplit", 2, 0)


@operation(out=False)
def dsplit(input: Tensor, where: Any = None, *, indices: Any = None, sections: Any = None) -> tuple[Tensor, ...]:
    """Parts along the third dimension. RuntimeError unless the parts can be equal."""
    return _cut(input, _cuts("dsplit", where, indices, sections), "dsplit", 3, 2)
