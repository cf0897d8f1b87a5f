"""Products of several matrices."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from ..arguments import spoken
from ..inplace_rules import writing_out
from ..tensor import Tensor
from .product import matmul


def _check_chain(tensors: Sequence[Tensor]) -> None:
    """RuntimeError for inner tensors that are no matrices, ends that are neither matrices nor vectors, and sizes and
    dtypes that do not go together."""
    last = len(tensors) - 1
    if last < 1:
        raise RuntimeError(f"multi_dot(): expected at least 2 tensors but got {last + 1}")
    for i, t in enumerate(tensors):
        if i in (0, last) and t.ndim not in (1, 2):
            which = "last" if i else "first"
            raise RuntimeError(f"multi_dot(): the {which} tensor must be 1D or 2D but got {t.ndim}D")
        if 0 < i < last and t.ndim != 2:
            raise RuntimeError(f"multi_dot(): tensor {i} must be 2D but got {t.ndim}D")
    first = tensors[0]._dtype
    for i, t in enumerate(tensors):
        if t._dtype is not first:
            raise RuntimeError(
                f"multi_dot(): all tensors must have be the same dtype but tensor 0 is {first.legacy} and tensor {i} "
                f"{t._dtype.legacy}"
            )
    for i, (x, y) in enumerate(pairwise(tensors)):
        if x._array.shape[-1] != y._array.shape[0]:
            raise RuntimeError(
                f"multi_dot(): tensors {i} and {i + 1} with shapes {list(x._array.shape)} and {list(y._array.shape)} "
                "cannot be multiplied"
            )


def _best_splits(sizes: Sequence[int]) -> dict[tuple[int, int], int]:
    """Where to part the product of matrices i to j, for the fewest multiplications.

    S. S. Godbole, On efficient computation of matrix chain products, IEEE Transactions on Computers C-22 (1973).
    """
    count = len(sizes) - 1
    cost = {(i, i): 0 for i in range(count)}
    split = {}
    for length in range(1, count):
        for i in range(count - length):
            j = i + length
            options = [(cost[i, k] + cost[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1], k) for k in range(i, j)]
            cost[i, j], split[i, j] = min(options)
    return split


def _multiplied(tensors: Sequence[Tensor], split: dict[tuple[int, int], int], i: int, j: int) -> Tensor:
    if i == j:
        return tensors[i]
    k = split[i, j]
    product: Tensor = matmul(_multiplied(tensors, split, i, k), _multiplied(tensors, split, k + 1, j))
    return product


def _multi_dot(tensors: Sequence[Tensor]) -> Tensor:
    if not isinstance(tensors, (tuple, list)):
        kind = type(tensors).__name__
        raise TypeError(f"linalg_multi_dot(): argument 'tensors' (position 1) must be tuple of Tensors, not {kind}")
    _check_chain(tensors)
    first, last = tensors[0].ndim, tensors[-1].ndim
    matrices = list(tensors)
    if first == 1:
        matrices[0] = matrices[0].unsqueeze(0)
    if last == 1:
        matrices[-1] = matrices[-1].unsqueeze(1)
    sizes = [matrices[0]._array.shape[0], *(t._array.shape[1] for t in matrices)]
    result = _multiplied(matrices, _best_splits(sizes), 0, len(matrices) - 1)
    if last == 1:
        result = result.squeeze(-1)
    return result.squeeze(0) if first == 1 else result


def _same_dtype(result: Any, target: Any) -> None:
    if result is not target:
        raise RuntimeError(f"multi_dot(): expected out tensor to have dtype {result.legacy} but got {target.legacy}")


_writing = writing_out(_multi_dot, "linalg_multi_dot", _same_dtype)


@spoken
def multi_dot(tensors: Sequence[Tensor], *, out: Tensor | None = None) -> Tensor:
    """The product of a chain of matrices, whose ends may be vectors, in the order that multiplies least.

    RuntimeError for fewer than two, for inner tensors that are no matrices, and for sizes and dtypes that do not go
    together.
    """
    product: Tensor = _writing(tensors, out=out)
    return product


@spoken
def chain_matmul(*matrices: Tensor, out: Tensor | None = None) -> Tensor:
    """The product of several matrices, with a warning: `linalg.multi_dot` took its place. RuntimeError for none, and
    for tensors that are no matrices."""
    warnings.warn(
        "torch.chain_matmul is deprecated and will be removed in a future PyTorch release. Use torch.linalg.multi_dot "
        "instead, which accepts a list of two or more tensors rather than multiple parameters.",
        UserWarning,
        stacklevel=2,
    )
    if not matrices:
        raise RuntimeError("chain_matmul(): Expected one or more matrices")
    for t in matrices:
        if t.ndim != 2:
            raise RuntimeError(f"Tensor dimension is {t.ndim}, expected 2 instead.")
    return multi_dot(matrices, out=out) if len(matrices) > 1 else matrices[0]
