"""`torch.autograd`: gradients, the graph and its hooks."""

from __future__ import annotations

from ..gradmode import enable_grad, inference_mode, no_grad, set_grad_enabled
from . import attributes, graph
from .gradients import backward, grad
from .history import check_inplace
from .node import AccumulateGrad, Node

__all__ = [
    "AccumulateGrad",
    "Node",
    "attributes",
    "backward",
    "check_inplace",
    "enable_grad",
    "grad",
    "graph",
    "inference_mode",
    "no_grad",
    "set_grad_enabled",
]
