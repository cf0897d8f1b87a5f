"""The namespace `torch.nn.functional`: layers and losses as functions."""

from __future__ import annotations

from .. import activation
from ..activation import gelu, logsigmoid, silu, softplus
from ..addmm import addmm
from ..autocast import faster
from ..exponential import sigmoid
from ..softmax import log_softmax, softmax, softmin
from ..tensor import Tensor
from ..trigonometry import tanh
from .bilinear import bilinear
from .convolution import conv1d, conv2d, conv3d, conv_transpose1d, conv_transpose2d, conv_transpose3d
from .loss import binary_cross_entropy, binary_cross_entropy_with_logits, l1_loss, mse_loss, smooth_l1_loss

__all__ = [
    "bilinear",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "gelu",
    "l1_loss",
    "linear",
    "log_softmax",
    "logsigmoid",
    "mse_loss",
    "relu",
    "sigmoid",
    "silu",
    "smooth_l1_loss",
    "softmax",
    "softmin",
    "softplus",
    "tanh",
]


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """The element where it is positive, else zero; in place the input itself is overwritten."""
    result: Tensor = input.relu_() if inplace else activation.relu(input)
    return result


@faster
def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """`input @ weight.T + bias`. RuntimeError for sizes that do not meet."""
    if not (input.ndim and weight.ndim):
        raise RuntimeError(
            f"both arguments to linear need to be at least 1D, but they are {input.ndim}D and {weight.ndim}D"
        )
    turned = weight.transpose(0, 1) if weight.ndim == 2 else weight
    if bias is not None and input.ndim == 2:
        return addmm(bias, input, turned)
    product: Tensor = input @ turned
    return product if bias is None else product + bias
