"""The namespace `torch.nn`: modules and their parameters."""

from __future__ import annotations

from . import functional, init, modules, parallel, utils
from .logits import LinearCrossEntropyOptions
from .modules import *  # noqa: F403  # layers and containers: their names stand there
from .parallel import DataParallel
from .parameter import Buffer, Parameter, UninitializedBuffer, UninitializedParameter

__all__ = [
    *modules.__all__,
    "Buffer",
    "DataParallel",
    "LinearCrossEntropyOptions",
    "Parameter",
    "UninitializedBuffer",
    "UninitializedParameter",
    "functional",
    "init",
    "modules",
    "parallel",
    "utils",
]
