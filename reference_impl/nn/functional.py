"""The namespace `torch.nn.functional`: activations as functions."""

from __future__ import annotations

from ..activation import gelu, logsigmoid, relu, silu, softplus
from ..exponential import sigmoid
from ..softmax import log_softmax, softmax, softmin
from ..trigonometry import tanh

__all__ = ["gelu", "log_softmax", "logsigmoid", "relu", "sigmoid", "silu", "softmax", "softmin", "softplus", "tanh"]
