"""The namespace `torch.nn.utils`: what works on the parameters of modules, and on sequences."""

from __future__ import annotations

from . import rnn

__all__ = ["rnn"]
