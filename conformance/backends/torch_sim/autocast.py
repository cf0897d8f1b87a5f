"""Autocast on the simulated device: matrix products run in the lower precision, sensitive operators in float32."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

_aten: Any = torch.ops.aten
_core: Any = torch._C
_AUTOCAST = _core.DispatchKeySet(_core.DispatchKey.AutocastPrivateUse1)
_LOWER = (
    "mm addmm addmv addbmm addr baddbmm bmm mv matmul chain_matmul einsum linear linalg_multi_dot prelu "
    "conv1d conv2d conv3d convolution _convolution conv_transpose1d "
    "scaled_dot_product_attention _thnn_fused_lstm_cell _thnn_fused_gru_cell lstm_cell gru_cell"
)
_SINGLE = (
    "acos asin cosh erfinv exp expm1 log log10 log2 log1p reciprocal rsqrt sinh tan softplus layer_norm group_norm "
    "binary_cross_entropy_with_logits nll_loss cross_entropy_loss kl_div l1_loss smooth_l1_loss mse_loss "
    "margin_ranking_loss softmin cosine_embedding_loss poisson_nll_loss cosine_similarity cumprod cumsum dist prod "
    "softmax.int log_softmax.int "
    "sum sum.dim_IntList pow.Tensor_Scalar pow.Tensor_Tensor pow.Scalar norm.Scalar"
)


def kernels() -> dict[str, Callable[..., Any]]:
    """Return operator name → the kernel that casts its floating tensors of the simulated device."""
    lower = {name: _casting(operator, _lower_dtype) for name, operator in _operators(_LOWER)}
    single = {name: _casting(operator, lambda: torch.float32) for name, operator in _operators(_SINGLE)}
    return lower | single


def _operators(names: str) -> list[tuple[str, Any]]:
    split = [(name, *name.partition(".")[::2]) for name in names.split()]
    found = [(name, getattr(_aten, base, None), overload or "default") for name, base, overload in split]
    return [(name, getattr(packet, overload)) for name, packet, overload in found if hasattr(packet, overload)]


def _lower_dtype() -> torch.dtype:
    return torch.get_autocast_dtype("sim")


def _casting(operator: Any, dtype: Callable[[], torch.dtype]) -> Callable[..., Any]:
    def kernel(*args: Any, **kwargs: Any) -> Any:
        with _core._ExcludeDispatchKeyGuard(_AUTOCAST):
            wanted = dtype()
            cast = {name: _cast(value, wanted) for name, value in kwargs.items()}
            return operator(*(_cast(value, wanted) for value in args), **cast)

    return kernel


def _cast(value: Any, dtype: torch.dtype) -> Any:
    if isinstance(value, (list, tuple)):
        return type(value)(_cast(item, dtype) for item in value)
    if isinstance(value, torch.Tensor) and value.device.type == "sim" and value.dtype.is_floating_point:
        return value if value.dtype == torch.float64 else value.to(dtype)
    return value
