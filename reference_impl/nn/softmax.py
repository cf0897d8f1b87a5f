"""Softmax, which chooses a dimension where none is given, with a warning."""

from __future__ import annotations

import warnings
from typing import Any

from .. import softmax as rows
from ..tensor import Tensor


def _dim(name: str, ndim: int, stacklevel: int) -> int:
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X as an argument.",
        UserWarning,
        stacklevel=stacklevel,
    )
    return 0 if ndim in (0, 1, 3) else 1


def softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """Exponentials divided by their sum along a dimension. UserWarning where none is given."""
    chosen = _dim("softmax", input.ndim, _stacklevel) if dim is None else dim
    return rows.softmax(input, chosen, dtype)


def log_softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """The logarithm of `softmax`. UserWarning where no dimension is given."""
    chosen = _dim("log_softmax", input.ndim, _stacklevel) if dim is None else dim
    return rows.log_softmax(input, chosen, dtype)


def softmin(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """`softmax` of the negatives. UserWarning where no dimension is given."""
    chosen = _dim("softmin", input.ndim, _stacklevel) if dim is None else dim
    return rows.softmin(input, chosen, dtype)
