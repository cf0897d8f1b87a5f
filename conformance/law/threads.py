"""Functions run in threads of their own, at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

LIMIT = 60.0


def together(functions: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run each function in a thread, all from one moment on; what they return or raise, in order.

    Raises:
        TimeoutError: one of them did not end.
    """
    results: list[Any] = [TimeoutError("the thread did not end")] * len(functions)
    start = threading.Barrier(len(functions))

    def body(place: int) -> None:
        start.wait(LIMIT)
        try:
            results[place] = functions[place]()
        except Exception as error:
            results[place] = error

    threads = [threading.Thread(target=body, args=(i,), daemon=True) for i in range(len(functions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LIMIT)
        if thread.is_alive():
            raise TimeoutError("a thread did not end")
    return results
