"""Functions of the namespace torch that are gone, and say so."""

from __future__ import annotations

from typing import Any, NoReturn

GONE = "This function was deprecated since version 1.9 and is now removed."


def solve(*_: Any, **__: Any) -> NoReturn:
    """RuntimeError: see `torch.linalg.solve`."""
    raise RuntimeError(
        f"{GONE} `torch.solve` is deprecated in favor of `torch.linalg.solve`. `torch.linalg.solve` has its arguments "
        "reversed and does not return the LU factorization."
    )


def lstsq(*_: Any, **__: Any) -> NoReturn:
    """RuntimeError: see `torch.linalg.lstsq`."""
    raise RuntimeError(f"{GONE} `torch.lstsq` is deprecated in favor of `torch.linalg.lstsq`.")


def eig(*_: Any, **__: Any) -> NoReturn:
    """RuntimeError: see `torch.linalg.eig`."""
    raise RuntimeError(f"{GONE} `torch.linalg.eig` returns complex tensors rather than real ones that mimic them.")


def symeig(*_: Any, **__: Any) -> NoReturn:
    """RuntimeError: see `torch.linalg.eigh`."""
    raise RuntimeError(f"{GONE} `torch.linalg.eigh` reads the lower triangle of the matrix by default.")


def matrix_rank(*_: Any, **__: Any) -> NoReturn:
    """RuntimeError: see `torch.linalg.matrix_rank`."""
    raise RuntimeError(f"{GONE}\nPlease use the `torch.linalg.matrix_rank` function instead.")
