"""Starting weights and the order of batches, drawn by NumPy: the same in every library, whatever its random numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np


def start(model: Any, seed: int) -> Any:
    """Draw the weights of `model` anew and return it.

    Weights of two dimensions and more are normal with the variance 2 / fan-in (He et al. 2015, for layers before a
    ReLU), biases are zero; the scales of a batch normalisation (one dimension, no bias) stay one.
    """
    generator = np.random.default_rng(seed)
    for name, parameter in model.named_parameters():
        shape = tuple(parameter.shape)
        if len(shape) > 1:
            values = generator.standard_normal(shape) * np.sqrt(2 / np.prod(shape[1:]))
        elif name.endswith("bias"):
            values = np.zeros(shape)
        else:
            continue
        # `detach` gives the same memory without the history: writing there is no step of the computation.
        parameter.detach().copy_(parameter.detach().new_tensor(values.tolist()))
    return model


def batches(rows: int, size: int, generator: np.random.Generator) -> Iterator[np.ndarray]:
    """The indices of `rows` rows in a random order, `size` at a time; what is left over at the end is a smaller one."""
    order = generator.permutation(rows)
    for first in range(0, rows, size):
        yield order[first : first + size]
