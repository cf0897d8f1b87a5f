"""Attention: means of values, weighted by how much their keys point where a query does."""

from __future__ import annotations

import math

import numpy as np

from ..autocast import faster
from ..choice import where
from ..dtype import bool as bool_
from ..dtype import float32
from ..layout import broadcast_shapes
from ..promote import same_device
from ..softmax import softmax
from ..tensor import Tensor
from .dropout import dropout


def _check(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, causal: bool) -> None:
    three = (query, key, value)
    if any(t.ndim < 2 for t in three):
        raise RuntimeError(
            f"Expected query, key, and value to all be  at least 2 dimensional, but got query.dim: {query.ndim} "
            f"key.dim: {key.ndim} and value.dim: {value.ndim} instead."
        )
    if not query._dtype is key._dtype is value._dtype:
        raise RuntimeError(
            f"Expected query, key, and value to have the same dtype, but got query.dtype: {query._dtype.legacy} "
            f"key.dtype: {key._dtype.legacy} and value.dtype: {value._dtype.legacy} instead."
        )
    if not query._dtype.is_floating_point:
        raise RuntimeError(f"expected scalar type Float but found {query._dtype.word}")
    same_device(*three)
    if mask is not None:
        if causal:
            raise RuntimeError(
                "_scaled_dot_product_attention: Explicit attn_mask should not be set when is_causal=True"
            )
        if mask._dtype not in (bool_, float32, query._dtype):
            raise RuntimeError(
                "Expected attn_mask dtype to be bool or float or to match query dtype, but got attn_mask.dtype: "
                f"{mask._dtype.legacy} and  query.dtype: {query._dtype.legacy} instead."
            )


def _check_mask(scores: Tensor, mask: Tensor) -> None:
    """RuntimeError for a mask of more queries or batches than there are."""
    found = broadcast_shapes(scores._array.shape, mask._array.shape)
    if found != scores._array.shape:
        raise RuntimeError(
            f"output with shape {list(scores._array.shape)} doesn't match the broadcast shape {list(found)}"
        )


def _weights(scores: Tensor, mask: Tensor | None) -> Tensor:
    """The weights of the keys; a query that no key is left for has none."""
    if mask is None:
        return softmax(scores, -1)
    scores = where(mask, scores, -math.inf) if mask._dtype is bool_ else scores + mask
    lost = (scores == -math.inf).all(-1, keepdim=True)
    return where(lost, 0, softmax(where(lost, 0, scores), -1))  # type: ignore[no-any-return]


@faster
def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """`softmax(query @ key.T * scale + mask) @ value`, with `1 / sqrt(width)` for the scale if none is given (Vaswani
    and others 2017, arXiv:1706.03762).

    A bool mask says which keys take part, another one is added; `is_causal` lets query i see the keys up to i;
    `enable_gqa` repeats the heads of keys and values for as many queries. RuntimeError for different dtypes, for fewer
    than two dimensions, and for a mask besides `is_causal`.
    """
    _check(query, key, value, attn_mask, is_causal)
    d = query._dtype
    if enable_gqa:
        key, value = (t.repeat_interleave(query._array.shape[-3] // t._array.shape[-3], -3) for t in (key, value))
    if is_causal:
        lower = np.tri(query._array.shape[-2], key._array.shape[-2], dtype=np.bool_)
        attn_mask = query._from_numpy(lower).to(query._device)
    if d.compute is not d.numpy:
        query, key, value = query.to(float32), key.to(float32), value.to(float32)
    factor = 1 / math.sqrt(query._array.shape[-1]) if scale is None else scale
    scores = (query * factor) @ key.transpose(-2, -1)
    if attn_mask is not None:
        _check_mask(scores, attn_mask)
    weights = _weights(scores, attn_mask)
    if dropout_p > 1:
        raise RuntimeError(f"dropout probability has to be between 0 and 1, but got {dropout_p:g}")
    if dropout_p > 0:
        weights = dropout(weights, dropout_p)
    return (weights @ value).to(d)
