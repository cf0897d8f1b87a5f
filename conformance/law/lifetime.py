"""When memory is given back: by counting references where the interpreter counts them, by its collector elsewhere."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def without_collector() -> Iterator[Callable[[], object]]:
    """On CPython the garbage collector rests inside, and what is given does nothing: references are counted. Elsewhere
    what is given collects the garbage."""
    if sys.implementation.name != "cpython":
        yield gc.collect
        return
    was = gc.isenabled()
    gc.disable()
    try:
        yield nothing
    finally:
        if was:
            gc.enable()


def nothing() -> None:
    """Counting references has collected the garbage already."""
