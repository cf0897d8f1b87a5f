"""Attention with parameters of its own."""

from __future__ import annotations

from typing import Any

from ...fill import empty
from ...tensor import Tensor
from .. import init
from ..module import Module
from ..multihead import multi_head_attention_forward
from ..parameter import Parameter
from .linear import NonDynamicallyQuantizableLinear


class MultiheadAttention(Module):
    """Attention of several heads (Vaswani and others 2017, arXiv:1706.03762).

    in_proj_weight   `(3 E, E)`: what projects queries, keys and values, one below the other; with a `kdim` or `vdim`
                     other than E they are `q_proj_weight (E, E)`, `k_proj_weight (E, kdim)` and `v_proj_weight`
    in_proj_bias     `(3 E)`
    bias_k, bias_v   `(1, 1, E)`: with `add_bias_kv` a key and a value behind the others
    out_proj         the layer that joins the heads

    ValueError for sizes below one, AssertionError for a width that the heads do not divide.
    """

    bias_k: Parameter | None
    bias_v: Parameter | None

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if embed_dim <= 0 or num_heads <= 0:
            raise ValueError(
                f"embed_dim and num_heads must be greater than 0, got embed_dim={embed_dim} and num_heads={num_heads} "
                "instead"
            )
        super().__init__()
        self.embed_dim = embed_dim
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self._qkv_same_embed_dim = self.kdim == self.vdim == embed_dim
        self.num_heads = num_heads
        self.dropout = dropout
        self.batch_first = batch_first
        self.head_dim = embed_dim // num_heads
        if self.head_dim * num_heads != embed_dim:
            raise AssertionError("embed_dim must be divisible by num_heads")
        self.add_zero_attn = add_zero_attn
        options = {"device": device, "dtype": dtype}
        self._register_weights(bias, options)
        self.out_proj = NonDynamicallyQuantizableLinear(embed_dim, embed_dim, bias=bias, **options)
        for name in ("bias_k", "bias_v"):
            setattr(self, name, Parameter(empty(1, 1, embed_dim, **options)) if add_bias_kv else None)
        self._reset_parameters()

    def _register_weights(self, bias: bool, options: dict[str, Any]) -> None:
        width = self.embed_dim
        apart = {
            "q_proj_weight": (width, width),
            "k_proj_weight": (width, self.kdim),
            "v_proj_weight": (width, self.vdim),
        }
        shapes: dict[str, Any] = {"in_proj_weight": (3 * width, width)} if self._qkv_same_embed_dim else apart
        if bias:
            shapes = {**shapes, "in_proj_bias": (3 * width,)}
        for name in (*apart, "in_proj_weight", "in_proj_bias"):
            self.register_parameter(name, Parameter(empty(shapes[name], **options)) if name in shapes else None)

    def _reset_parameters(self) -> None:
        """Weights as Glorot's uniform initialisation has them, biases zero."""
        for name in ("in_proj_weight", "q_proj_weight", "k_proj_weight", "v_proj_weight"):
            weight = getattr(self, name)
            if weight is not None:
                init.xavier_uniform_(weight)
        if self.in_proj_bias is not None and self.out_proj.bias is not None:
            init.constant_(self.in_proj_bias, 0.0)
            init.constant_(self.out_proj.bias, 0.0)
        for bias in (self.bias_k, self.bias_v):
            if bias is not None:
                init.xavier_normal_(bias)

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
        need_weights: bool = True,
        attn_mask: Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """The result `(L, N, E)`, `(N, L, E)` with `batch_first`, or `(L, E)`; and the weights, as of
        `nn.functional.multi_head_attention_forward`, or None."""
        turned = self.batch_first and query.ndim == 3
        if turned:
            same = query is key, key is value
            query = query.transpose(0, 1)
            key = query if same[0] else key.transpose(0, 1)
            value = key if same[1] else value.transpose(0, 1)
        result, weights = multi_head_attention_forward(
            query,
            key,
            value,
            self.embed_dim,
            self.num_heads,
            self.in_proj_weight,
            self.in_proj_bias,
            self.bias_k,
            self.bias_v,
            self.add_zero_attn,
            self.dropout,
            self.out_proj.weight,
            self.out_proj.bias,
            training=self.training,
            key_padding_mask=key_padding_mask,
            need_weights=need_weights,
            attn_mask=attn_mask,
            use_separate_proj_weight=not self._qkv_same_embed_dim,
            q_proj_weight=self.q_proj_weight,
            k_proj_weight=self.k_proj_weight,
            v_proj_weight=self.v_proj_weight,
            average_attn_weights=average_attn_weights,
            is_causal=is_causal,
        )
        return (result.transpose(0, 1) if turned else result), weights
