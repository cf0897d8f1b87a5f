"""The namespace `torch.nn`: modules and their parameters."""

from __future__ import annotations

from . import functional, parallel
from .linear import Identity, Linear, ReLU, Sigmoid, Tanh
from .module import Module, Sequential
from .parallel import DataParallel
from .parameter import Parameter

__all__ = [
    "DataParallel",
    "Identity",
    "Linear",
    "Module",
    "Parameter",
    "ReLU",
    "Sequential",
    "Sigmoid",
    "Tanh",
    "functional",
    "parallel",
]
