"""Handwritten digits that scikit-learn carries: 1797 images of 8 by 8, grey values 0 to 16, and which digit each is.

The seed programs of most courses use MNIST, which has to be downloaded; these are its little sister.
(Alpaydin and Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository 1998.)
"""

from __future__ import annotations

import functools

import numpy as np

TEST = 360  # rows that no program trains on


@functools.cache
def digits() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Images and digits to train with, then those to test with: float32 (N, 64) between 0 and 1, int64 (N,)."""
    from sklearn.datasets import load_digits  # here, because importing it takes a second

    images, targets = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(images))
    images = (images[order] / 16).astype(np.float32)
    targets = targets[order].astype(np.int64)
    return images[:-TEST], targets[:-TEST], images[-TEST:], targets[-TEST:]
