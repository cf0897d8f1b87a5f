"""What options are refused: each demand is a condition and torch's words."""

from __future__ import annotations

from typing import Any

from ..tensor import Tensor


def demand(*pairs: tuple[Any, str]) -> None:
    """ValueError with the words of the first demand that does not hold. NaN meets none."""
    for holds, words in pairs:
        if not holds:
            raise ValueError(words)


def demand_single(lr: Any) -> None:
    """ValueError for a tensor of several elements."""
    demand((not isinstance(lr, Tensor) or lr.numel() == 1, "Tensor lr must be 1-element"))


def demand_rate(lr: Any) -> None:
    """ValueError for a negative learning rate, and for a tensor of several elements."""
    demand_single(lr)
    demand((lr >= 0, f"Invalid learning rate: {lr}"))


def demand_betas(betas: Any) -> None:
    """ValueError for a coefficient outside [0, 1)."""
    for index in (0, 1):
        beta = betas[index]
        demand((0 <= beta and beta < 1, f"Invalid beta parameter at index {index}: {beta}"))  # noqa: SIM300


def demand_one_way(foreach: Any, fused: Any, differentiable: Any) -> None:
    """RuntimeError for two implementations at once, and for `fused` where the step is differentiable."""
    if fused and differentiable:
        raise RuntimeError("`fused` does not support `differentiable`")
    if fused and foreach:
        raise RuntimeError("`fused` and `foreach` cannot be `True` together.")
