"""The namespace `torch.backends.cudnn`. There is no cuDNN here; its switches keep what they are set to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

enabled = True
benchmark = False
deterministic = False
allow_tf32 = True


def is_available() -> bool:
    """Whether there is a cuDNN: no."""
    return False


def version() -> int | None:
    """The number of its version: None."""
    return None


@contextmanager
def flags(
    enabled: bool = False,
    benchmark: bool = False,
    benchmark_limit: int = 10,
    deterministic: bool = False,
    allow_tf32: bool = True,
) -> Iterator[None]:
    """Sets the switches within a block, and sets them back behind it."""
    switches = globals()
    names = ("enabled", "benchmark", "deterministic", "allow_tf32")
    before = {name: switches[name] for name in names}
    switches.update(zip(names, (enabled, benchmark, deterministic, allow_tf32), strict=True))
    try:
        yield
    finally:
        switches.update(before)
