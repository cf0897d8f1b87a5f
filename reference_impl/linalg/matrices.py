"""What the functions of `torch.linalg` demand of matrices and of `out=`, in torch's words."""

from __future__ import annotations

from collections.abc import Callable

from ..dtype import can_cast, dtype
from ..tensor import Tensor


class LinAlgError(RuntimeError):
    """A matrix for which an algorithm of linear algebra has no answer."""


LinAlgError.__module__ = "torch.linalg"


def demand_matrix(name: str, input: Tensor, argument: str = "A") -> None:
    """RuntimeError for fewer than two dimensions."""
    if input.ndim < 2:
        subject = f"The input tensor {argument}".rstrip()
        raise RuntimeError(f"{name}: {subject} must have at least 2 dimensions.")


def demand_square(name: str, input: Tensor, argument: str = "A") -> None:
    """RuntimeError for fewer than two dimensions, and for matrices that are not square."""
    demand_matrix(name, input, argument)
    rows, columns = input._array.shape[-2:]
    if rows != columns:
        raise RuntimeError(
            f"{name}: {argument} must be batches of square matrices, but they are {rows} by {columns} matrices"
        )


def demand_floating(name: str, input: Tensor) -> None:
    """RuntimeError for integers and bools."""
    if not input._dtype.differentiable:
        raise RuntimeError(f"{name}: Expected a floating point or complex tensor as input. Got {input._dtype.word}")


def castable(name: str, argument: str = "result") -> Callable[[dtype, dtype], None]:
    """The check of `out=` that admits dtypes of the same or a higher category, for `operation(promotes=...)`."""

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
