"""Dropout: elements or whole channels that are zero at random, and the others scaled so that the mean stays."""

from __future__ import annotations

import math
import warnings
from typing import Any

from ..arguments import need_tensor
from ..fill import empty
from ..inplace_rules import overwriting
from ..tensor import Tensor
from .activation import SELU_ALPHA, SELU_SCALE


def _check(p: float) -> None:
    if p < 0.0 or p > 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")


def _mask(input: Tensor, p: float, channels: bool) -> Tensor:
    """Ones with probability `1 - p`, and zeros: for each element, or for each channel of each row of a batch."""
    shape = input._array.shape
    if channels:
        if len(shape) < 2:
            raise RuntimeError("Feature dropout requires at least 2 dimensions in the input")
        shape = shape[:2] + (1,) * (len(shape) - 2)
    return empty(shape, dtype=input._dtype, device=input._device).bernoulli_(1 - p)  # type: ignore[no-any-return]


def _dropped(input: Tensor, p: float, channels: bool) -> Tensor:
    """The mask is scaled first: the gradient is the same product."""
    _cast_check(input)
    mask = _mask(input, p, channels)
    return input * (mask if p == 1 else mask / (1 - p))


def _alpha_dropped(input: Tensor, p: float, channels: bool) -> Tensor:
    """What is dropped becomes the least value of `selu`, and all is moved and scaled so that mean and variance stay."""
    mask = _mask(input, p, channels)
    if p == 1:
        return input * mask
    least = SELU_ALPHA * SELU_SCALE
    a = 1 / math.sqrt((least * least * p + 1) * (1 - p))
    return input * (mask * a) + ((mask - 1) * (least * a) + least * a * p)


def _cast_check(input: Tensor) -> None:
    if not input._dtype.differentiable:
        raise RuntimeError(f"result type Float can't be cast to the desired output type {input._dtype.word}")


WRITERS = {function: overwriting(function, "dropout") for function in (_dropped, _alpha_dropped)}


def _applied(function: Any, input: Tensor, p: float, training: bool, inplace: bool, channels: bool) -> Tensor:
    need_tensor("dropout", input, "input", 1)
    if p == 0 or not training or not input.numel():
        return input
    result: Tensor = (WRITERS[function] if inplace else function)(input, p, channels)
    return result


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Each element zero with probability p, else scaled by `1 / (1 - p)`; the input itself outside of training.

    N. Srivastava et al., Journal of Machine Learning Research 15 (2014). ValueError for a p outside 0 to 1.
    """
    _check(p)
    return _applied(_dropped, input, p, training, inplace, False)


def alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """Dropout that keeps mean and variance of what `selu` gives. G. Klambauer et al., arXiv:1706.02515."""
    _check(p)
    return _applied(_alpha_dropped, input, p, training, inplace, False)


def feature_alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """`alpha_dropout` of whole channels."""
    _check(p)
    return _applied(_alpha_dropped, input, p, training, inplace, True)


def _batched(spatial: int, input: Tensor, p: float, training: bool, inplace: bool) -> Tensor:
    """Channels of a batch, or of a single input, which has one dimension less."""
    if input.ndim == spatial + 2:
        return _applied(_dropped, input, p, training, inplace, True)
    result = _applied(_dropped, input.unsqueeze_(0) if inplace else input.unsqueeze(0), p, training, inplace, True)
    return result.squeeze_(0) if inplace else result.squeeze(0)


def dropout1d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Whole channels of sequences `(N, C, L)` or `(C, L)`. RuntimeError for other dimensions."""
    _check(p)
    if input.ndim not in (2, 3):
        raise RuntimeError(
            f"dropout1d: Expected 2D or 3D input, but received a {input.ndim}D input. Note that dropout1d exists to "
            "provide channel-wise dropout on inputs with 1 spatial dimension, a channel dimension, and an optional "
            "batch dimension (i.e. 2D or 3D inputs)."
        )
    return _batched(1, input, p, training, inplace)


def _warn(name: str, ndim: int, spatial: int) -> None:
    warnings.warn(
        f"{name}: Received a {ndim}-D input to {name}, which is deprecated and will result in an error in a future "
        "release. To retain the behavior and silence this warning, please use dropout instead. Note that "
        f"{name} exists to provide channel-wise dropout on inputs with {spatial} spatial dimensions, a channel "
        f"dimension, and an optional batch dimension (i.e. {spatial + 1}D or {spatial + 2}D inputs).",
        UserWarning,
        stacklevel=3,
    )


def dropout2d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Whole channels of images `(N, C, H, W)`; three dimensions are a batch of sequences, with a UserWarning."""
    _check(p)
    if input.ndim not in (3, 4):
        _warn("dropout2d", input.ndim, 2)
    if input.ndim == 3:
        warnings.warn(
            "dropout2d: Received a 3D input to dropout2d and assuming that channel-wise 1D dropout behavior is desired "
            "- input is interpreted as shape (N, C, L), where C is the channel dim. This behavior will change in a "
            "future release to interpret the input as one without a batch dimension, i.e. shape (C, H, W). To maintain "
            "the 1D channel-wise dropout behavior, please switch to using dropout1d instead.",
            UserWarning,
            stacklevel=2,
        )
    return _applied(_dropped, input, p, training, inplace, True)


def dropout3d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Whole channels of volumes `(N, C, D, H, W)` or `(C, D, H, W)`. UserWarning for other dimensions."""
    _check(p)
    if input.ndim not in (4, 5):
        _warn("dropout3d", input.ndim, 3)
    return _batched(3, input, p, training, inplace)
