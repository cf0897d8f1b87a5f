"""What a view shows, as a copy: transpose_copy, diagonal_copy, split_with_sizes_copy and their kin.

A copy lies row-major in memory of its own, whatever the view looked like. Gradients are those of the view.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .arguments import lenient
from .complex import view_as_complex, view_as_real
from .index import select, view_all
from .inplace_rules import check_out, fill_out
from .op import record
from .order import t
from .pointwise import CloneBackward0
from .split import narrow, split, split_with_sizes
from .stride import as_strided, diagonal, unfold
from .tensor import Tensor, attach
from .view import expand, permute, squeeze, transpose, unbind, unsqueeze, view_


def compact(view: Tensor) -> Tensor:
    """A row-major copy."""
    array = np.array(view._array, order="C")
    return record(CloneBackward0, array, view._dtype, view._device, (view,))


def _copying(function: Callable[..., Tensor], name: str) -> Callable[..., Tensor]:
    """The function of a view, made to copy it. `out=` has exactly the dtype of the input."""

    def copying(input: Tensor, *args: Any, out: Tensor | None = None, **kwargs: Any) -> Tensor:
        if out is not None:
            check_out(name, out)
        copy = compact(function(input, *args, **kwargs))
        return copy if out is None else fill_out(out, copy, promotes=False)

    copying.__name__ = copying.__qualname__ = name
    copying.__doc__ = f"A row-major copy of what `{name.removesuffix('_copy')}` shows."
    return lenient(copying, name)


def _parts_copying(function: Callable[..., tuple[Tensor, ...]], name: str) -> Callable[..., tuple[Tensor, ...] | None]:
    """The same of several views. With `out=`, a sequence of as many tensors, nothing is returned. RuntimeError for
    another number."""

    def copying(input: Tensor, *args: Any, out: Any = None, **kwargs: Any) -> tuple[Tensor, ...] | None:
        copies = tuple([compact(part) for part in function(input, *args, **kwargs)])
        if out is None:
            return copies
        if len(out) != len(copies):
            raise RuntimeError(f"{name}_out expected an out= argument of size {len(copies)}, got size {len(out)}")
        for target, copy in zip(out, copies, strict=True):
            fill_out(target, copy, promotes=False)
        return None

    copying.__name__ = copying.__qualname__ = name
    copying.__doc__ = f"Row-major copies of what `{name.removesuffix('_copy')}` shows."
    return lenient(copying, name)


def _slice(input: Tensor, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1) -> Tensor:
    """The places of a dimension from start to end, in steps."""
    view: Tensor = input.movedim(dim, 0)[start:end:step].movedim(0, dim)
    return view


alias_copy = _copying(view_all, "alias_copy")
as_strided_copy = _copying(as_strided, "as_strided_copy")
detach_copy = _copying(lambda input: input.detach(), "detach_copy")
diagonal_copy = _copying(diagonal, "diagonal_copy")
expand_copy = _copying(expand, "expand_copy")
narrow_copy = _copying(narrow, "narrow_copy")
permute_copy = _copying(permute, "permute_copy")
select_copy = _copying(select, "select_copy")
slice_copy = _copying(_slice, "slice_copy")
squeeze_copy = _copying(squeeze, "squeeze_copy")
t_copy = _copying(t, "t_copy")
transpose_copy = _copying(transpose, "transpose_copy")
unfold_copy = _copying(unfold, "unfold_copy")
unsqueeze_copy = _copying(unsqueeze, "unsqueeze_copy")
view_as_complex_copy = _copying(view_as_complex, "view_as_complex_copy")
view_as_real_copy = _copying(view_as_real, "view_as_real_copy")
view_copy = _copying(lambda input, *size, **named: view_(input.contiguous(), *size, **named), "view_copy")
unbind_copy = _parts_copying(unbind, "unbind_copy")
split_copy = _parts_copying(split, "split_copy")
split_with_sizes_copy = _parts_copying(split_with_sizes, "split_with_sizes_copy")


attach("narrow_copy", narrow_copy)
