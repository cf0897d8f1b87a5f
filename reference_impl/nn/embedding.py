"""Rows of a table, looked up by index."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.node import Gradients, Node
from ..dtype import int32, int64
from ..fill import zeros
from ..gradmode import no_grad
from ..hollow import has_values
from ..op import record
from ..promote import same_device
from ..sparse.coordinate import sparse_coo_tensor
from ..tensor import Tensor, wrap


class EmbeddingBackward0(Node):
    """Each row gets the sum of the gradients of its copies; the row of the padding none. A sparse gradient lists the
    copies one by one."""

    __slots__ = ()
    saves = ("indices",)
    args: tuple[int, int, bool, bool]

    def gradient(self, grad: Tensor) -> Gradients:
        (indices,) = self.tensors()
        rows, padding, by_frequency, sparse = self.args
        if sparse and by_frequency:
            raise RuntimeError("embedding_backward: scale_grad_by_freq not supported with sparse gradients")
        if sparse and has_values(grad._array):
            return sparse_rows(grad.reshape(-1, grad._array.shape[-1]), indices.reshape(-1), rows, padding)
        where = indices._array.reshape(-1)
        keep = (where != padding).astype(np.float64)
        if by_frequency and has_values(where):
            keep = keep / np.bincount(where, minlength=rows)[where]
        share = wrap(keep[:, None].astype(grad._dtype.numpy), grad._dtype, grad._device)
        flat = grad.reshape(len(where), grad._array.shape[-1])
        if padding >= 0 or by_frequency:
            flat = flat.masked_fill(share == 0, 0) * share
        table = zeros(rows, grad._array.shape[-1], dtype=grad._dtype, device=grad._device)
        return table.index_add(0, indices.reshape(-1), flat)


def sparse_rows(values: Tensor, indices: Tensor, rows: int, padding: int = -1) -> Tensor:
    """A sparse table `(rows, width)` of values `(n, width)` at rows `(n,)`, less those of the padding."""
    kept = np.flatnonzero(indices._array != padding)
    at = indices._array.reshape(1, -1)[:, kept].astype(np.int64)
    part = values if len(kept) == len(indices._array) else values[wrap(kept, int64, values._device)]
    return sparse_coo_tensor(wrap(at, int64, values._device), part, (rows, values._array.shape[1]))


def _check(indices: Any, weight: Tensor) -> None:
    if not isinstance(indices, Tensor):
        raise TypeError(f"embedding(): argument 'indices' (position 2) must be Tensor, not {type(indices).__name__}")
    if weight.ndim != 2:
        raise RuntimeError("'weight' must be 2-D")
    if indices._dtype not in (int64, int32):
        raise RuntimeError(
            "Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; but got "
            f"torch.{indices._dtype.word}Tensor instead (while checking arguments for embedding)"
        )
    same_device(weight, indices)
    array = indices._array
    if has_values(array) and not (array.min() >= 0 and array.max() < weight._array.shape[0]):
        raise IndexError("index out of range in self")


def shorten(weight: Tensor, indices: Tensor, max_norm: float, norm_type: float) -> None:
    """Rows that are looked up and longer than `max_norm` are scaled to it, in place."""
    with no_grad():
        for row in np.unique(indices._array).tolist():
            length = float(weight[row].norm(norm_type))
            if length > max_norm:
                weight[row] *= max_norm / (length + 1e-7)


def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """The rows of `weight` (shape `(rows, width)`) that `input` names: shape `(*input.shape, width)`.

    No gradient flows to the row `padding_idx`. `scale_grad_by_freq` divides each gradient by how often its row is
    looked up. `max_norm` shortens the rows themselves. `sparse`: the gradient is a sparse tensor of these rows alone.
    IndexError for an index out of range, RuntimeError for indices of another dtype than int32 and int64.
    """
    rows = weight._array.shape[0] if weight.ndim else 0
    if padding_idx is not None and not -rows <= padding_idx < max(rows, 1):
        raise AssertionError("Padding_idx must be within num_embeddings")
    padding = -1 if padding_idx is None else padding_idx % rows if rows else padding_idx
    if max_norm is not None and has_values(input._array):
        shorten(weight, input, max_norm, norm_type)
    _check(input, weight)
    array = weight._array[input._array]
    args = (rows, padding, scale_grad_by_freq, sparse)
    return record(EmbeddingBackward0, array, weight._dtype, weight._device, (weight,), saved=(input,), args=args)


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """A one at each index along a new last dimension, and zeros; int64. RuntimeError for another dtype than int64, and
    for indices below 0 or from `num_classes`."""
    if tensor._dtype is not int64:
        raise RuntimeError("one_hot is only applicable to index tensor of type LongTensor.")
    array = tensor._array
    if not array.size:
        if num_classes <= 0:
            raise RuntimeError("Can not infer total number of classes from empty tensor.")
        return zeros(*array.shape, num_classes, dtype=int64, device=tensor._device)
    if array.min() < 0:
        raise RuntimeError("Class values must be non-negative.")
    if num_classes == -1:
        if not has_values(array):
            array.item()  # there is no greatest class without values
        num_classes = int(array.max()) + 1
    elif array.max() >= num_classes:
        raise RuntimeError("Class values must be smaller than num_classes.")
    hot = array[..., None] == np.arange(num_classes)
    return record(None, hot.astype(np.int64), int64, tensor._device, ())
