"""Which dtypes `out=` may have, in the words of `torch.linalg`: for `operation(promotes=...)`."""

from __future__ import annotations

from collections.abc import Callable

from ..dtype import can_cast, dtype


def castable(name: str, argument: str = "result") -> Callable[[dtype, dtype], None]:
    """The check that admits dtypes of the same or a higher category. RuntimeError for others."""

    def check(result: dtype, target: dtype) -> None:
        if not can_cast(result, target):
            raise RuntimeError(
                f"{name}: Expected {argument} to be safely castable from {result.word} dtype, but got {argument} with "
                f"dtype {target.word}"
            )

    return check


def exactly(words: str) -> Callable[[dtype, dtype], None]:
    """The check that admits the result's dtype alone. RuntimeError for others, with both filled into the words."""

    def check(result: dtype, target: dtype) -> None:
        if result is not target:
            raise RuntimeError(words.format(result=result.word, target=target.word))

    return check
