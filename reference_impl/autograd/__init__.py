"""`torch.autograd`: gradients, the graph and its hooks."""

from __future__ import annotations

from ..gradmode import enable_grad, inference_mode, no_grad, set_grad_enabled, set_multithreading_enabled
from . import attributes, forward_ad, function, functional, graph
from .anomaly import detect_anomaly, set_detect_anomaly
from .function import Function
from .gradcheck import gradcheck, gradgradcheck
from .gradients import backward, grad
from .history import check_inplace
from .node import AccumulateGrad, Node
from .variable import Variable

__all__ = [
    "AccumulateGrad",
    "Function",
    "Node",
    "Variable",
    "attributes",
    "backward",
    "check_inplace",
    "detect_anomaly",
    "enable_grad",
    "forward_ad",
    "function",
    "functional",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "graph",
    "inference_mode",
    "no_grad",
    "set_detect_anomaly",
    "set_grad_enabled",
    "set_multithreading_enabled",
]
