"""The namespace `torch.nn.parallel`: a batch split over the accelerators, a copy of the module on each."""

from __future__ import annotations

from .batch import DataParallel, data_parallel
from .parts import gather, scatter, scatter_kwargs
from .replica import parallel_apply, replicate

__all__ = [
    "DataParallel",
    "data_parallel",
    "gather",
    "parallel_apply",
    "replicate",
    "scatter",
    "scatter_kwargs",
]
