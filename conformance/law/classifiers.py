"""Networks that read handwritten digits: their batches and layers in NumPy, and how well they learn."""

from __future__ import annotations

from types import ModuleType

import numpy as np

from conformance.case import Trial
from conformance.law.descent import Array, Layer, convolution, dense, flatten, pooling, relu
from conformance.law.program import opened


def batches_of(program: ModuleType, steps: int, shape: tuple[int, ...]) -> list[tuple[Array, Array]]:
    """The first batches of the first epoch of a classifier, in double precision."""
    images, targets, _, _ = program.digits()
    order = list(program.batches(len(images), program.BATCH, np.random.default_rng(2)))[:steps]
    return [(images[rows].astype(float).reshape(-1, *shape), targets[rows]) for rows in order]


def two_layers(w1: Array, b1: Array, w2: Array, b2: Array) -> list[Layer]:
    """A perceptron."""
    return [dense(w1, b1), relu, dense(w2, b2)]


def two_convolutions(w1: Array, b1: Array, w2: Array, b2: Array, w3: Array, b3: Array) -> list[Layer]:
    """A convolutional network."""
    first, second = convolution(w1, b1), convolution(w2, b2)
    return [first, relu, pooling, second, relu, pooling, flatten, dense(w3, b3)]


def reads_digits(trial: Trial, name: str, device: str) -> None:
    """Training in full, or one epoch and less to reach in a quick run."""
    program = opened(trial, name)
    epochs, least = (1, 0.6) if trial.quick else (program.EPOCHS, 0.97)
    with trial.case("train", call=f"train({epochs})") as case:
        model, losses = program.train(epochs, device)
        found = program.accuracy(model, device)
        case.holds("accuracy", found >= least, f"at least {least}", str(found))
        case.equal("batches", len(losses), 23 * epochs)
