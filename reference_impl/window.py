"""Weights by which a signal is multiplied: the namespace `torch.signal.windows`, and the older functions of torch.

Weights are computed in double precision and rounded once. A symmetric window of M elements ends as it begins; a
periodic one is the symmetric one of M + 1 elements without its last.

F. J. Harris, On the Use of Windows for Harmonic Analysis with the Discrete Fourier Transform, Proceedings of the IEEE
66, 1978, has their definitions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import scipy

from .create import made
from .dtype import DEFAULT, chosen, dtype, float32, float64
from .promote import cast
from .storage import Array
from .tensor import Tensor

NUTTALL = (0.3635819, 0.4891775, 0.1365995, 0.0106411)


def _weights(
    name: str,
    count: int,
    weight: Callable[[Array], Array],
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """A window of `count` elements, whose weights are a function of the places 0, 1, 2, … ValueError for a negative
    number of elements and other dtypes than float32 and float64."""
    if isinstance(count, bool) or not hasattr(count, "__index__"):
        raise TypeError(f"{name}(): argument 'M' (position 1) must be int, not {type(count).__name__}")
    if count < 0:
        raise ValueError(f"{name} requires non-negative window length, got M={count}")
    if layout is not None and str(layout) != "torch.strided":
        raise ValueError(f"{name} is implemented for strided tensors only, got: {layout}")
    d = chosen(dtype, name) or DEFAULT.floating
    if d is not float32 and d is not float64:
        raise ValueError(f"{name} expects float32 or float64 dtypes, got: {d}")
    values = np.ones(1) if count == 1 else weight(np.arange(count, dtype=np.float64))
    return made(cast(values, d), d, device, requires_grad)


def _steps(count: int, sym: bool) -> int:
    """From the first element to the one that is like it."""
    return max(count - 1 if sym else count, 1)


def bartlett(M: int, *, sym: bool = True, **options: Any) -> Tensor:  # noqa: N803
    """The triangle from 0 to 1 and back."""
    return _weights("bartlett", M, lambda n: 1 - np.abs(2 * n / _steps(M, sym) - 1), **options)


def general_cosine(M: int, *, a: Iterable[float], sym: bool = True, **options: Any) -> Tensor:  # noqa: N803
    """A sum of cosines with the coefficients a, their signs in turn. TypeError for coefficients that are no sequence,
    ValueError for none."""
    if not isinstance(a, Iterable):
        raise TypeError("Coefficients must be a list/tuple")
    factors = [(-1) ** i * w for i, w in enumerate(a)]
    if not factors and isinstance(M, int) and M > 1:
        raise ValueError("Coefficients cannot be empty")

    def weight(n: Array) -> Array:
        angle = 2 * np.pi * n / _steps(M, sym)
        return np.sum([w * np.cos(i * angle) for i, w in enumerate(factors)], axis=0)  # type: ignore[no-any-return]

    return _weights("general_cosine", M, weight, **options)


def general_hamming(M: int, *, alpha: float = 0.54, sym: bool = True, **options: Any) -> Tensor:  # noqa: N803
    """A raised cosine around alpha."""
    return general_cosine(M, a=(alpha, 1 - alpha), sym=sym, **options)


def hamming(M: int, *, sym: bool = True, **options: Any) -> Tensor:  # noqa: N803
    """The window of Hamming: a raised cosine that does not reach zero."""
    return general_hamming(M, sym=sym, **options)


def hann(M: int, *, sym: bool = True, **options: Any) -> Tensor:  # noqa: N803
    """The window of von Hann: a raised cosine from 0 to 1 and back."""
    return general_hamming(M, alpha=0.5, sym=sym, **options)


def blackman(M: int, *, sym: bool = True, **options: Any) -> Tensor:  # noqa: N803
    """The window of Blackman, a sum of three cosines."""
    return general_cosine(M, a=(0.42, 0.5, 0.08), sym=sym, **options)


def nuttall(M: int, *, sym: bool = True, **options: Any) -> Tensor:  # noqa: N803
    """The window of Nuttall, a sum of four cosines."""
    return general_cosine(M, a=NUTTALL, sym=sym, **options)


def cosine(M: int, *, sym: bool = True, **options: Any) -> Tensor:  # noqa: N803
    """Half a period of a sine, sampled between the ends."""
    size = M + (not sym)
    return _weights("cosine", M, lambda n: np.sin(np.pi * (n + 0.5) / size), **options)


def exponential(
    M: int,  # noqa: N803
    *,
    center: float | None = None,
    tau: float = 1.0,
    sym: bool = True,
    **options: Any,
) -> Tensor:
    """Falls exponentially on both sides of its centre, by e in tau elements. ValueError for a tau that is not positive,
    and for the centre of a symmetric window."""
    if tau <= 0:
        raise ValueError(f"Tau must be positive, got: {tau} instead.")
    if sym and center is not None:
        raise ValueError("Center must be None for symmetric windows")
    middle = _steps(M, sym) / 2 if center is None else center
    return _weights("exponential", M, lambda n: np.exp(-np.abs(n - middle) / tau), **options)


def gaussian(M: int, *, std: float = 1.0, sym: bool = True, **options: Any) -> Tensor:  # noqa: N803
    """The bell of Gauss around the middle. ValueError for a standard deviation that is not positive."""
    if std <= 0:
        raise ValueError(f"Standard deviation must be positive, got: {std} instead.")
    middle = _steps(M, sym) / 2
    return _weights("gaussian", M, lambda n: np.exp(-(((n - middle) / std) ** 2) / 2), **options)


def _bessel(n: Array, steps: int, beta: float) -> Array:
    """The weights of Kaiser: modified Bessel functions of an ellipse."""
    inside = np.maximum(1 - (2 * n / steps - 1) ** 2, 0)
    return scipy.special.i0(beta * np.sqrt(inside)) / scipy.special.i0(beta)  # type: ignore[no-any-return]


def kaiser(M: int, *, beta: float = 12.0, sym: bool = True, **options: Any) -> Tensor:  # noqa: N803
    """The window of Kaiser. ValueError for a negative beta."""
    if beta < 0:
        raise ValueError(f"beta must be non-negative, got: {beta} instead.")
    return _weights("kaiser", M, lambda n: _bessel(n, _steps(M, sym), beta), **options)


Weight = Callable[[Array, int], Array]


def _older(name: str, count: Any, weight: Weight, periodic: bool, options: dict[str, Any]) -> Tensor:
    """A window that is periodic by default and of any floating dtype. RuntimeError for a negative number of elements
    and for integer dtypes."""
    if isinstance(count, bool) or not hasattr(count, "__index__"):
        raise TypeError(f"{name}(): argument 'window_length' (position 1) must be int, not {type(count).__name__}")
    d: dtype = chosen(options.pop("dtype", None), name) or DEFAULT.floating
    if not d.differentiable:
        raise RuntimeError(f"{name} expects floating point dtypes, got: TensorOptions(dtype={d.legacy})")
    if d.is_complex:
        raise NotImplementedError(f"\"arange_cpu\" not implemented for '{d.word}'")
    if count < 0:
        raise RuntimeError(f"{name} requires non-negative window_length, got window_length={count}")
    if (arrangement := options.pop("layout", None)) is not None and str(arrangement) != "torch.strided":
        raise RuntimeError(f"{name} is not implemented for sparse types, got: TensorOptions(layout={arrangement})")
    options.pop("pin_memory", None)
    values = np.ones(1) if count == 1 else weight(np.arange(count, dtype=np.float64), _steps(count, not periodic))
    return made(cast(values, d), d, options.pop("device", None), **options)


def _raised(alpha: float, beta: float) -> Weight:
    return lambda n, steps: alpha - beta * np.cos(2 * np.pi * n / steps)


def hann_window(window_length: int, periodic: bool = True, **options: Any) -> Tensor:
    """The window of von Hann, periodic unless asked otherwise."""
    return _older("hann_window", window_length, _raised(0.5, 0.5), periodic, options)


def hamming_window(
    window_length: int, periodic: bool = True, alpha: float = 0.54, beta: float = 0.46, **options: Any
) -> Tensor:
    """The window of Hamming, alpha less beta times a cosine."""
    return _older("hamming_window", window_length, _raised(alpha, beta), periodic, options)


def bartlett_window(window_length: int, periodic: bool = True, **options: Any) -> Tensor:
    """The triangle from 0 to 1 and back."""
    return _older("bartlett_window", window_length, lambda n, steps: 1 - np.abs(2 * n / steps - 1), periodic, options)


def blackman_window(window_length: int, periodic: bool = True, **options: Any) -> Tensor:
    """The window of Blackman."""

    def weight(n: Array, steps: int) -> Array:
        angle = 2 * np.pi * n / steps
        return 0.42 - 0.5 * np.cos(angle) + 0.08 * np.cos(2 * angle)

    return _older("blackman_window", window_length, weight, periodic, options)


def kaiser_window(window_length: int, periodic: bool = True, beta: float = 12.0, **options: Any) -> Tensor:
    """The window of Kaiser."""
    return _older("kaiser_window", window_length, lambda n, steps: _bessel(n, steps, beta), periodic, options)
