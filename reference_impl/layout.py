"""Shapes, strides and offsets: the arithmetic of views, in pure functions on integers.

A stride counts elements. Torch fixes the strides of dimensions of size 1 and 0, where NumPy leaves them open, so views
are computed here and handed to NumPy, not read back from it. A program asks for the same few layouts again and again:
the answers are remembered.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import prod

Shape = tuple[int, ...]
remembered = lru_cache(maxsize=4096)


def numel(shape: Sequence[int]) -> int:
    """The number of elements."""
    return prod(shape)


@remembered
def contiguous_strides(shape: Shape) -> Shape:
    """Row-major strides; a dimension of size 0 counts as one of size 1: `(2, 0, 3)` has `(3, 3, 1)`."""
    strides = []
    step = 1
    for size in reversed(shape):
        strides.append(step)
        step *= max(size, 1)
    return tuple(reversed(strides))


def broadcast_shapes(a: Shape, b: Shape) -> Shape:
    """The common shape of two operands. RuntimeError names the first dimension, from the right, where they differ."""
    if a == b:
        return a
    n = max(len(a), len(b))
    out = [0] * n
    for i in range(1, n + 1):
        x = a[-i] if i <= len(a) else 1
        y = b[-i] if i <= len(b) else 1
        if x != y and x != 1 and y != 1:
            raise RuntimeError(
                f"The size of tensor a ({x}) must match the size of tensor b ({y}) at non-singleton dimension {n - i}"
            )
        out[-i] = y if x == 1 else x
    return tuple(out)


@remembered
def without(shape: Shape, stride: Shape, dim: int) -> tuple[Shape, Shape]:
    """Shape and strides with one dimension left out."""
    return (*shape[:dim], *shape[dim + 1 :]), (*stride[:dim], *stride[dim + 1 :])


@remembered
def stepped(shape: Shape, stride: Shape, dim: int, size: int, step: int) -> tuple[Shape, Shape]:
    """Shape and strides where one dimension has another size, and takes only every step-th place."""
    return (*shape[:dim], size, *shape[dim + 1 :]), (*stride[:dim], stride[dim] * step, *stride[dim + 1 :])


@remembered
def permuted(shape: Shape, stride: Shape, order: Shape) -> tuple[Shape, Shape]:
    """Shape and strides with the dimensions in another order; those that it does not name are left out."""
    return tuple([shape[i] for i in order]), tuple([stride[i] for i in order])


@remembered
def unsqueezed(shape: Shape, stride: Shape, dim: int) -> tuple[Shape, Shape]:
    """Shape and strides with a new dimension of size 1."""
    step = 1 if dim == len(shape) else shape[dim] * stride[dim]
    return (*shape[:dim], 1, *shape[dim:]), (*stride[:dim], step, *stride[dim:])


@remembered
def in_bytes(stride: Shape, itemsize: int) -> Shape:
    """Strides in bytes."""
    return tuple([step * itemsize for step in stride])


@remembered
def expand_strides(shape: Shape, stride: Shape, target: Shape) -> tuple[Shape, Shape]:
    """Shape and strides of `expand(target)`; `-1` keeps a size. RuntimeError where a size other than 1 would change."""
    if len(target) < len(shape):
        raise RuntimeError(
            f"expand(size={list(target)}): the number of sizes provided ({len(target)}) must be greater or equal to "
            f"the number of dimensions in the tensor ({len(shape)})"
        )
    lead = len(target) - len(shape)
    sizes: list[int] = []
    steps: list[int] = []
    for i in range(len(target) - 1, -1, -1):  # torch complains of the last dimension first
        wanted = target[i]
        if i < lead:
            if wanted < 0:
                raise RuntimeError(
                    f"The expanded size of the tensor ({wanted}) isn't allowed in a leading, non-existing dimension {i}"
                )
            sizes.append(wanted)
            steps.append(0)
            continue
        size, step = shape[i - lead], stride[i - lead]
        if wanted not in (-1, size):
            if size != 1 or wanted < 0:
                raise RuntimeError(
                    f"The expanded size of the tensor ({wanted}) must match the existing size ({size}) at "
                    f"non-singleton dimension {i}.  Target sizes: {list(target)}.  Tensor sizes: {list(shape)}"
                )
            size, step = wanted, 0
        sizes.append(size)
        steps.append(step)
    return tuple(reversed(sizes)), tuple(reversed(steps))


@remembered
def infer_size(shape: Shape, count: int) -> Shape:
    """Replaces one `-1` so that the shape holds `count` elements; RuntimeError where none or several fit."""
    holes = [i for i, size in enumerate(shape) if size == -1]
    for i, size in enumerate(shape):
        if size < -1:
            raise RuntimeError(f"invalid shape dimension {size} at index {i} of shape {list(shape)}")
    if len(holes) > 1:
        raise RuntimeError("only one dimension can be inferred")
    known = prod(size for size in shape if size != -1)
    if holes:
        if known == 0 and count == 0:
            raise RuntimeError(
                f"cannot reshape tensor of 0 elements into shape {list(shape)} because the unspecified dimension size "
                "-1 can be any value and is ambiguous"
            )
        if known and count % known == 0:
            return tuple(count // known if size == -1 else size for size in shape)
    elif known == count:
        return shape
    raise RuntimeError(f"shape '{list(shape)}' is invalid for input of size {count}")


@remembered
def view_strides(shape: Shape, stride: Shape, target: Shape) -> Shape | None:
    """Strides of a view of the elements in another shape of the same count, or None where only a copy can have it.

    Neighbouring dimensions that lie in one contiguous block are merged; each new dimension has to fall within one
    block.
    """
    if numel(shape) == 0:
        return stride if shape == target else contiguous_strides(target)
    if not shape:
        return (1,) * len(target)
    out = [0] * len(target)
    j = len(target) - 1
    base = stride[-1]
    block = have = 1
    for i in range(len(shape) - 1, -1, -1):
        block *= shape[i]
        if i == 0 or (shape[i - 1] != 1 and stride[i - 1] != block * base):
            while j >= 0 and (have < block or target[j] == 1):
                out[j] = have * base
                have *= target[j]
                j -= 1
            if have != block:
                return None
            if i:
                base = stride[i - 1]
                block = have = 1
    return tuple(out) if j == -1 else None


def wrap_dim(dim: int, ndim: int) -> int:
    """A dimension counted from the front; a 0-dim tensor accepts 0 and -1. IndexError outside."""
    n = max(ndim, 1)
    if not -n <= dim < n:
        raise IndexError(f"Dimension out of range (expected to be in range of [{-n}, {n - 1}], but got {dim})")
    return dim + n if dim < 0 else dim


def wrap_dims(dim: int | Sequence[int] | None, ndim: int) -> Shape:
    """Reduced dimensions, wrapped and in order; None and `()` mean all. RuntimeError for one named twice."""
    if dim is None:
        return tuple(range(ndim))
    if isinstance(dim, Sequence):
        dims = [wrap_dim(d, ndim) for d in dim]
        for d in dims:
            if dims.count(d) > 1:
                raise RuntimeError(f"dim {d} appears multiple times in the list of dims")
        return tuple(sorted(dims)) if dims else tuple(range(ndim))
    return (wrap_dim(dim, ndim),)


def extent(shape: Sequence[int], stride: Sequence[int]) -> int:
    """How many elements of memory the view spans, first to last; 0 if it is empty."""
    if 0 in shape:
        return 0
    return 1 + sum((size - 1) * step for size, step in zip(shape, stride, strict=True))


def overlaps_itself(shape: Sequence[int], stride: Sequence[int]) -> bool:
    """Whether two indices certainly share an element. Like torch's test it may miss unusual layouts, and never errs."""
    pairs = [(step, size) for size, step in zip(shape, stride, strict=True) if size != 1]
    if any(size == 0 for _, size in pairs):
        return False
    return any(step == 0 for step, _ in pairs)


def is_dense(shape: Sequence[int], stride: Sequence[int]) -> bool:
    """Whether the elements fill their memory without gaps or overlaps, in some order of the dimensions."""
    expected = 1
    for step, size in sorted((step, size) for size, step in zip(shape, stride, strict=True) if size != 1):
        if size == 0:
            return True
        if step != expected:
            return False
        expected *= size
    return True


def ordered_strides(shape: Sequence[int], order: Sequence[int]) -> Shape:
    """Strides of a dense tensor whose dimensions lie in this order, from the outermost to the innermost."""
    strides = [0] * len(shape)
    step = 1
    for dim in reversed(order):
        strides[dim] = step
        step *= max(shape[dim], 1)
    return tuple(strides)


@remembered
def memory_order(shape: Shape, *operands: Shape) -> Shape:
    """The dimensions from the outermost to the innermost, as the operands' strides say: for each pair of dimensions
    the first operand decides in which neither stride is 0; a pair that none decides stays as it is."""
    order = list(range(len(shape)))[::-1]  # the innermost first
    for i in range(1, len(order)):
        place = i
        for k in range(i - 1, -1, -1):
            found = _swapped(shape, operands, order[k], order[place])
            if found > 0:
                order[k], order[place] = order[place], order[k]
                place = k
            elif found < 0:
                break
    return tuple(order[::-1])


def _swapped(shape: Shape, operands: Sequence[Shape], inner: int, outer: int) -> int:
    """1 if the two dimensions are to change places, -1 if not, 0 if no operand tells."""
    for stride in operands:
        a, b = stride[inner], stride[outer]
        if a == 0 or b == 0:
            continue
        if a != b:
            return 1 if a > b else -1
        if shape[inner] > shape[outer]:
            return 1
    return 0


@remembered
def dense_strides(shape: Shape, stride: Shape) -> Shape:
    """Strides of a copy that keeps the order of the dimensions: the original's if it is dense, else tight ones in the
    same order."""
    if is_dense(shape, stride) and 0 not in shape:
        return tuple(stride)
    return ordered_strides(shape, memory_order(shape, stride))
