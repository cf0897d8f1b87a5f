"""Square matrices that decompositions can be held to: well conditioned, of any size, alone or in batches.

Every diagonal is dominant, so that by Gershgorin's theorem (1931) no eigenvalue comes near zero, and its entries lie
apart, so that the eigenvalues and singular values do.
"""

from __future__ import annotations

import numpy as np

from conformance.operation import Input
from conformance.promotion import COMPLEXES

SPREAD = 0.8


def draw(rng: np.random.Generator, item: Input, dtype: str, shape: tuple[int, ...]) -> np.ndarray:
    """A matrix of the kind that `item` asks for, or a batch of them, in double precision.

    regular: any entries. hermitian: equal to its conjugate transpose, with eigenvalues of both signs. positive:
    Hermitian with positive eigenvalues only. lower, upper: zero above or below the diagonal.
    """
    size = shape[-1]
    values = rng.uniform(-SPREAD, SPREAD, shape) / max(1, size)
    if dtype in COMPLEXES:
        values = (values + 1j * rng.uniform(-SPREAD, SPREAD, shape) / max(1, size)) / np.sqrt(2)
    diagonal = 1 + rng.permuted(np.broadcast_to(np.arange(size), shape[:-1]), axis=-1) / max(1, size)
    if item.matrix in ("hermitian", "positive"):
        values = (values + values.conj().swapaxes(-1, -2)) / 2
    if item.matrix == "hermitian":
        diagonal = diagonal * np.where(np.arange(size) % 2, -1, 1)
    if item.matrix == "lower":
        values = np.tril(values)
    if item.matrix == "upper":
        values = np.triu(values)
    values[..., np.arange(size), np.arange(size)] = diagonal
    return values
