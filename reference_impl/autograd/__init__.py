"""`torch.autograd`: gradients, the graph and its hooks."""

from __future__ import annotations

from ..gradmode import enable_grad, inference_mode, no_grad, set_grad_enabled
from . import attributes, function, functional, graph
from .function import Function
from .gradients import backward, grad
from .history import check_inplace
from .node import AccumulateGrad, Node

__all__ = [
    "AccumulateGrad",
    "Function",
    "Node",
    "attributes",
    "backward",
    "check_inplace",
    "enable_grad",
    "function",
    "functional",
    "grad",
    "graph",
    "inference_mode",
    "no_grad",
    "set_grad_enabled",
]
