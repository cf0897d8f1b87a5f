"""The namespace `torch.optim.lr_scheduler`: learning rates that change from epoch to epoch."""

from __future__ import annotations

from .course import CosineAnnealingLR, CosineAnnealingWarmRestarts, LinearLR, PolynomialLR
from .cycle import CyclicLR, OneCycleLR
from .factor import ConstantLR, ExponentialLR, LambdaLR, MultiplicativeLR, MultiStepLR, StepLR
from .plateau import ReduceLROnPlateau
from .scheduler import LRScheduler, _LRScheduler
from .sequence import ChainedScheduler, SequentialLR

__all__ = [
    "ChainedScheduler",
    "ConstantLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "CyclicLR",
    "ExponentialLR",
    "LRScheduler",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "MultiplicativeLR",
    "OneCycleLR",
    "PolynomialLR",
    "ReduceLROnPlateau",
    "SequentialLR",
    "StepLR",
    "_LRScheduler",
]
