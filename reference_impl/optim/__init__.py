"""The namespace `torch.optim`: optimizers."""

from __future__ import annotations

from . import lr_scheduler
from .optimizer import Optimizer
from .sgd import SGD

__all__ = ["SGD", "Optimizer", "lr_scheduler"]
