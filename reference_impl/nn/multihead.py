"""Attention of several heads, each of which looks at a part of what queries, keys and values are projected to."""

from __future__ import annotations

import math
import warnings
from typing import Any

from ..addmm import baddbmm
from ..dtype import bool as bool_
from ..fill import zeros, zeros_like
from ..join import cat
from ..linalg.product import bmm
from ..tensor import Tensor
from .affine import linear
from .attention import scaled_dot_product_attention
from .dropout import dropout
from .padding import pad
from .softmax import softmax


def _assert(held: bool, words: str) -> None:
    if not held:
        raise AssertionError(words)


def _batched(
    query: Tensor, key: Tensor, value: Tensor, padding: Tensor | None, mask: Tensor | None, heads: int
) -> bool:
    """Whether there is a batch. AssertionError for numbers of dimensions that do not go together."""
    _assert(
        query.ndim in (2, 3),
        f"query should be unbatched 2D or batched 3D tensor but received {query.ndim}-D query tensor",
    )
    batched = query.ndim == 3
    n, word = query.ndim, "batched" if batched else "unbatched"
    _assert(
        key.ndim == value.ndim == n,
        f"For {word} ({n}-D) `query`, expected `key` and `value` to be {n}-D but found {key.ndim}-D and {value.ndim}-D "
        "tensors respectively",
    )
    _assert(
        padding is None or padding.ndim == n - 1,
        f"For {word} ({n}-D) `query`, expected `key_padding_mask` to be `None` or {n - 1}-D but found "
        f"{padding.ndim if padding is not None else None}-D tensor instead",
    )
    if mask is not None:
        _assert(
            mask.ndim in (2, 3),
            f"For {word} ({n}-D) `query`, expected `attn_mask` to be `None`, 2-D or 3-D but found {mask.ndim}-D tensor "
            "instead",
        )
        wanted = (heads, query.shape[0], key.shape[0])
        _assert(
            batched or mask.ndim == 2 or tuple(mask.shape) == wanted,
            f"Expected `attn_mask` shape to be {wanted} but got {mask.shape}",
        )
    return batched


def added(mask: Tensor | None, name: str, dtype: Any, beside: Tensor | None = None) -> Tensor | None:
    """A mask as what is added to the scores: minus infinity where a bool mask is true, a floating one as it is.

    AssertionError for other dtypes; UserWarning where the mask beside it has another one.
    """
    if mask is None:
        return None
    _assert(mask.dtype is bool_ or mask.is_floating_point(), f"only bool and floating types of {name} are supported")
    if beside is not None and beside.dtype is not mask.dtype:
        warnings.warn(
            f"Support for mismatched {name} and attn_mask is deprecated. Use same type for both instead.", stacklevel=3
        )
    if mask.dtype is bool_:
        return zeros_like(mask, dtype=dtype).masked_fill_(mask, -math.inf)  # type: ignore[no-any-return]
    return mask


def _parts(weight: Tensor | None, n: int) -> Any:
    return (None,) * n if weight is None else weight.chunk(n)


def _projected(
    inputs: tuple[Tensor, Tensor, Tensor], packed: Tensor | None, bias: Tensor | None, apart: Any
) -> tuple[Tensor, ...]:
    """Queries, keys and values times their weights, which lie in one tensor below each other, or apart.

    AssertionError where there is no weight, and for weights of other sizes.
    """
    if apart is None:
        if packed is None:
            raise AssertionError("use_separate_proj_weight is False but in_proj_weight is None")
        query, key, value = inputs
        if query is key is value:
            return linear(query, packed, bias).chunk(3, -1)  # type: ignore[no-any-return]
        weights = packed.chunk(3)
    else:
        weights = apart
        width = inputs[0].shape[-1]
        for letter, t, weight in zip("qkv", inputs, weights, strict=True):
            word = {"q": "query", "k": "key", "v": "value"}[letter]
            _assert(weight is not None, f"use_separate_proj_weight is True but {letter}_proj_weight is None")
            _assert(
                tuple(weight.shape) == (width, t.shape[-1]),
                f"expecting {word} weights shape of {(width, t.shape[-1])}, but got {weight.shape}",
            )
    return tuple([linear(t, w, b) for t, w, b in zip(inputs, weights, _parts(bias, 3), strict=True)])


def _check_sizes(query: Tensor, key: Tensor, value: Tensor, width: int, heads: int, apart: bool) -> None:
    embed = query.shape[-1]
    _assert(embed == width, f"was expecting embedding dimension of {width}, but got {embed}")
    _assert(embed // heads * heads == embed, f"embed_dim {embed} not divisible by num_heads {heads}")
    if apart:
        _assert(
            key.shape[:2] == value.shape[:2],
            f"key's sequence and batch dims {key.shape[:2]} do not match value's {value.shape[:2]}",
        )
    else:
        _assert(key.shape == value.shape, f"key shape {key.shape} does not match value shape {value.shape}")


def _check_mask(mask: Tensor | None, heads: int, query: Tensor, key: Tensor) -> Tensor | None:
    """The mask with a dimension for the batch and its heads. RuntimeError for other shapes."""
    if mask is None:
        return None
    wanted: tuple[int, ...] = (query.shape[0], key.shape[0])
    if mask.ndim == 3:
        wanted = (query.shape[1] * heads, *wanted)
    if tuple(mask.shape) != wanted:
        raise RuntimeError(f"The shape of the {mask.ndim}D attn_mask is {mask.shape}, but should be {wanted}.")
    return mask.unsqueeze(0) if mask.ndim == 2 else mask


def _by_heads(t: Tensor, static: Tensor | None, name: str, groups: int, width: int) -> Tensor:
    """A batch for every head: shape `(batch * heads, length, width)`; or what is given as such."""
    if static is None:
        return t.reshape(t.shape[0], groups, width).transpose(0, 1)
    _assert(static.shape[0] == groups, f"expecting {name}.size(0) of {groups}, but got {static.shape[0]}")
    _assert(static.shape[2] == width, f"expecting {name}.size(2) of {width}, but got {static.shape[2]}")
    return static


def _extended(mask: Tensor | None) -> Tensor | None:
    return None if mask is None else pad(mask, (0, 1))


def _check_biases(bias_k: Tensor | None, bias_v: Tensor | None, static_k: Any, static_v: Any) -> bool:
    """Whether a key and a value are added behind the others. AssertionError for one without the other, and beside keys
    and values that are given."""
    if bias_k is None and bias_v is None:
        return False
    _assert(bias_v is not None, "bias_k is set but bias_v is None")
    _assert(bias_k is not None, "bias_v is set but bias_k is None")
    _assert(static_k is None, "bias cannot be added to static key.")
    _assert(static_v is None, "bias cannot be added to static value.")
    return True


def _whole_mask(mask: Tensor | None, padding: Tensor | None, batch: int, heads: int, length: int) -> Tensor | None:
    if padding is None:
        return mask
    for dim, size in enumerate((batch, length)):
        _assert(
            padding.shape[dim] == size,
            f"Expected key_padded_mask.shape[{dim}] to be {size}, but got {padding.shape[dim]}",
        )
    lost = padding.reshape(batch, 1, 1, length).expand(-1, heads, -1, -1).reshape(batch * heads, 1, length)
    return lost if mask is None else mask + lost


def _attended(
    parts: tuple[Tensor, Tensor, Tensor], mask: Tensor | None, heads: int, rate: float, causal: bool, told: bool
) -> tuple[Tensor, Tensor | None]:
    """What each head says, and with `told` the weights `(batch, heads, queries, keys)`."""
    q, k, v = parts
    groups, length, part = q.shape
    batch = groups // heads
    if not told:
        if mask is not None:
            mask = mask.unsqueeze(0) if len(mask) == 1 else mask.reshape(batch, heads, mask.shape[1], k.shape[1])
        q, k, v = (t.reshape(batch, heads, t.shape[1], part) for t in parts)
        return scaled_dot_product_attention(q, k, v, mask, rate, causal), None
    q, k = q * math.sqrt(1 / part), k.transpose(-2, -1)
    weights = softmax(bmm(q, k) if mask is None else baddbmm(mask, q, k), -1)
    if rate > 0:
        weights = dropout(weights, rate)
    return weights @ v, weights.reshape(batch, heads, length, v.shape[1])


def multi_head_attention_forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Tensor | None,
    in_proj_bias: Tensor | None,
    bias_k: Tensor | None,
    bias_v: Tensor | None,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Tensor,
    out_proj_bias: Tensor | None,
    training: bool = True,
    key_padding_mask: Tensor | None = None,
    need_weights: bool = True,
    attn_mask: Tensor | None = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: Tensor | None = None,
    k_proj_weight: Tensor | None = None,
    v_proj_weight: Tensor | None = None,
    static_k: Tensor | None = None,
    static_v: Tensor | None = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
) -> tuple[Tensor, Tensor | None]:
    """Attention of several heads (Vaswani and others 2017, arXiv:1706.03762): queries, keys and values are projected,
    each head attends to its part of the width, and what the heads say together is projected again.

    query   shape `(L, N, E)`, or `(L, E)` without a batch; key and value `(S, N, E)` or `(S, E)`
    masks   True, or minus infinity, for what takes no part: `key_padding_mask` `(N, S)`, `attn_mask` `(L, S)` or
            `(N * num_heads, L, S)`

    Returns the result of the shape of `query` and, where `need_weights`, the weights `(N, L, S)`, their mean over the
    heads unless `average_attn_weights` is false. AssertionError and RuntimeError for shapes that do not go together.
    """
    batched = _batched(query, key, value, key_padding_mask, attn_mask, num_heads)
    if not batched:
        query, key, value = (t.unsqueeze(1) for t in (query, key, value))
        key_padding_mask = None if key_padding_mask is None else key_padding_mask.unsqueeze(0)
    padding = added(key_padding_mask, "key_padding_mask", query.dtype, attn_mask)
    if is_causal and attn_mask is None:
        raise RuntimeError(
            "Need attn_mask if specifying the is_causal hint. You may use the Transformer module method "
            "`generate_square_subsequent_mask` to create this mask."
        )
    causal = is_causal and padding is None and not need_weights
    mask = None if causal else added(attn_mask, "attn_mask", query.dtype)
    _check_sizes(query, key, value, embed_dim_to_check, num_heads, use_separate_proj_weight)
    apart = (q_proj_weight, k_proj_weight, v_proj_weight) if use_separate_proj_weight else None
    q, k, v = _projected((query, key, value), in_proj_weight, in_proj_bias, apart)
    mask = _check_mask(mask, num_heads, query, key)
    length, batch, width = q.shape
    groups, part = batch * num_heads, width // num_heads
    if _check_biases(bias_k, bias_v, static_k, static_v):
        k, v = (cat([t, b.repeat(1, batch, 1)]) for t, b in ((k, bias_k), (v, bias_v)))  # type: ignore[union-attr]
        mask, padding = _extended(mask), _extended(padding)
    q = _by_heads(q, None, "", groups, part)
    k, v = _by_heads(k, static_k, "static_k", groups, part), _by_heads(v, static_v, "static_v", groups, part)
    if add_zero_attn:
        k, v = (cat([t, zeros(groups, 1, part, dtype=t.dtype, device=t.device)], 1) for t in (k, v))
        mask, padding = _extended(mask), _extended(padding)
    mask = _whole_mask(mask, padding, batch, num_heads, k.shape[1])
    rate = dropout_p if training else 0.0
    heads, weights = _attended((q, k, v), mask, num_heads, rate, causal, need_weights)
    joined = heads.reshape(groups, length, part).transpose(0, 1).reshape(length, batch, width)
    result = linear(joined, out_proj_weight, out_proj_bias)
    if weights is not None and average_attn_weights:
        weights = weights.mean(1)
    return (result, weights) if batched else (result.squeeze(1), None if weights is None else weights.squeeze(0))
