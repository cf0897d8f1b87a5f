"""The namespace `torch.nn.init`: what the parameters of a network are before it learns.

Each function overwrites its tensor outside of any graph, and returns it. `generator` is the source of random numbers,
the default one of the tensor's device if None.
"""

from __future__ import annotations

import functools
import math
import warnings
from collections.abc import Callable
from typing import Any

from ..derivative import floats
from ..dtype import float64
from ..fill import eye as identity
from ..gradmode import no_grad
from ..linalg.qr import qr
from ..sampling import randperm
from ..special.normal import ndtri
from ..tensor import Tensor

__all__ = [
    "calculate_gain",
    "constant",
    "constant_",
    "dirac",
    "dirac_",
    "eye",
    "eye_",
    "kaiming_normal",
    "kaiming_normal_",
    "kaiming_uniform",
    "kaiming_uniform_",
    "normal",
    "normal_",
    "ones_",
    "orthogonal",
    "orthogonal_",
    "sparse",
    "sparse_",
    "trunc_normal_",
    "uniform",
    "uniform_",
    "xavier_normal",
    "xavier_normal_",
    "xavier_uniform",
    "xavier_uniform_",
    "zeros_",
]

GAINS = {
    "linear": 1,
    **{f"conv{way}{n}d": 1 for way in ("", "_transpose") for n in (1, 2, 3)},
    "sigmoid": 1,
    "tanh": 5 / 3,
    "relu": math.sqrt(2),
    "selu": 3 / 4,
}


def calculate_gain(nonlinearity: str, param: Any = None) -> float:
    """How much larger weights are in front of this function, so that the variance stays; of `leaky_relu` by its slope
    `param`, 0.01 if None. ValueError for other names, and for a slope that is no number."""
    if nonlinearity != "leaky_relu":
        if nonlinearity not in GAINS:
            raise ValueError(f"Unsupported nonlinearity {nonlinearity}")
        return GAINS[nonlinearity]
    slope = 0.01 if param is None else param
    if isinstance(slope, bool) or not isinstance(slope, (int, float)):
        raise ValueError(f"negative_slope {param} not a valid number")
    return math.sqrt(2 / (1 + slope * slope))


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Any = None) -> Tensor:
    """Numbers drawn evenly from `[a, b)`. RuntimeError for bounds in the wrong order."""
    with no_grad():
        return tensor.uniform_(a, b, generator=generator)  # type: ignore[no-any-return]


def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Any = None) -> Tensor:
    """Numbers drawn from the normal distribution. RuntimeError for a negative deviation."""
    with no_grad():
        return tensor.normal_(mean, std, generator=generator)  # type: ignore[no-any-return]


def _area(x: float) -> float:
    """The part of the normal distribution below x."""
    return math.erfc(-x / math.sqrt(2)) / 2


def trunc_normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0, generator: Any = None
) -> Tensor:
    """Numbers drawn from the part of the normal distribution between `a` and `b`: quantiles of even numbers.

    UserWarning for a mean farther than two deviations outside of the bounds, RuntimeError for bounds in the wrong
    order.
    """
    floats("normal_kernel_cpu", tensor)
    if mean < a - 2 * std or mean > b + 2 * std:
        warnings.warn(
            "mean is more than 2 std from [a, b] in nn.init.trunc_normal_. The distribution of values may be "
            "incorrect.",
            stacklevel=2,
        )
    if a > b:
        raise RuntimeError(f"uniform_ expects to return a [from, to) range, but found from={a:g} > to={b:g}")
    side = -1 if a > mean else 1  # small areas are told apart, those near one are not
    low, high = sorted(_area(side * (bound - mean) / std) for bound in (a, b))
    with no_grad():
        even = tensor.new_empty(tensor.shape, dtype=float64).uniform_(low, high, generator=generator)
        return tensor.copy_((ndtri(even) * (side * std) + mean).clamp(a, b))  # type: ignore[no-any-return]


def constant_(tensor: Tensor, val: float) -> Tensor:
    """One value."""
    with no_grad():
        return tensor.fill_(val)  # type: ignore[no-any-return]


def ones_(tensor: Tensor) -> Tensor:
    """Ones."""
    return constant_(tensor, 1.0)


def zeros_(tensor: Tensor) -> Tensor:
    """Zeros."""
    with no_grad():
        return tensor.zero_()  # type: ignore[no-any-return]


def eye_(tensor: Tensor) -> Tensor:
    """Ones on the diagonal of a matrix, and zeros. ValueError for other numbers of dimensions."""
    if tensor.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    with no_grad():
        return tensor.copy_(identity(*tensor.shape, dtype=tensor.dtype, device=tensor.device))  # type: ignore[no-any-return]


def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """A kernel of shape `(channels out, channels in, *sizes)` that gives back the channels it gets, in each of the
    groups: a one in the middle of the kernel from each channel to the channel of its number.

    ValueError for other than three to five dimensions, and for channels that do not divide into the groups.
    """
    if tensor.ndim not in (3, 4, 5):
        raise ValueError("Only tensors with 3, 4, or 5 dimensions are supported")
    channels, per_group, *sizes = tensor.shape
    if channels % groups:
        raise ValueError("dim 0 must be divisible by groups")
    middle = tuple([size // 2 for size in sizes])
    with no_grad():
        tensor.zero_()
        for number in range(channels):
            among = number % (channels // groups)
            if among < per_group:
                tensor[(number, among, *middle)] = 1
    return tensor


def _calculate_fan_in_and_fan_out(tensor: Tensor) -> tuple[int, int]:
    """How many numbers each element of a result is made of, and how many each element of an input goes into. ValueError
    for fewer than two dimensions."""
    if tensor.ndim < 2:
        raise ValueError("Fan in and fan out can not be computed for tensor with fewer than 2 dimensions")
    results, inputs, *sizes = tensor.shape
    return inputs * math.prod(sizes), results * math.prod(sizes)


def _calculate_correct_fan(tensor: Tensor, mode: str) -> int:
    """One of both: `fan_in` or `fan_out`. ValueError for another word."""
    modes = ["fan_in", "fan_out"]
    if mode.lower() not in modes:
        raise ValueError(f"Mode {mode.lower()} not supported, please use one of {modes}")
    return _calculate_fan_in_and_fan_out(tensor)[modes.index(mode.lower())]


def _glorot(tensor: Tensor, gain: float) -> float:
    return gain * math.sqrt(2 / sum(_calculate_fan_in_and_fan_out(tensor)))


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: Any = None) -> Tensor:
    """Numbers drawn evenly, of variance `2 * gain ** 2 / (fan_in + fan_out)` (X. Glorot and Y. Bengio, Understanding
    the difficulty of training deep feedforward neural networks, 2010)."""
    bound = math.sqrt(3) * _glorot(tensor, gain)
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Any = None) -> Tensor:
    """Numbers drawn from the normal distribution of the same variance."""
    return normal_(tensor, 0.0, _glorot(tensor, gain), generator)


def _he(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float | None:
    """The deviation; None for a tensor without elements, with a UserWarning."""
    if 0 in tensor.shape:
        warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=3)
        return None
    return calculate_gain(nonlinearity, a) / math.sqrt(_calculate_correct_fan(tensor, mode))


def kaiming_uniform_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator: Any = None
) -> Tensor:
    """Numbers drawn evenly, of deviation `gain / sqrt(fan)` (K. He and others, Delving deep into rectifiers, 2015,
    arXiv:1502.01852); `a` is the slope of `leaky_relu`."""
    deviation = _he(tensor, a, mode, nonlinearity)
    if deviation is None:
        return tensor
    return uniform_(tensor, -math.sqrt(3) * deviation, math.sqrt(3) * deviation, generator)


def kaiming_normal_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator: Any = None
) -> Tensor:
    """Numbers drawn from the normal distribution of the same deviation."""
    deviation = _he(tensor, a, mode, nonlinearity)
    return tensor if deviation is None else normal_(tensor, 0.0, deviation, generator)


def orthogonal_(tensor: Tensor, gain: float = 1, generator: Any = None) -> Tensor:
    """A matrix, with the dimensions behind the first as one, whose rows or columns, whichever are fewer, are orthogonal
    and of length `gain` (A. Saxe and others, arXiv:1312.6120). ValueError for fewer than two dimensions."""
    if tensor.ndim < 2:
        raise ValueError("Only tensors with 2 or more dimensions are supported")
    if not tensor.numel() or tensor.is_meta:
        return tensor
    rows, columns = len(tensor), tensor.numel() // len(tensor)
    with no_grad():
        drawn = tensor.new_empty((max(rows, columns), min(rows, columns))).normal_(0, 1, generator=generator)
        q, r = qr(drawn)
        q = q * r.diagonal().sign()
        return tensor.copy_(((q.T if rows < columns else q) * gain).reshape(tensor.shape))  # type: ignore[no-any-return]


def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01, generator: Any = None) -> Tensor:
    """Numbers drawn from the normal distribution, of which the fraction `sparsity` of each column, rounded up, is zero
    (J. Martens, Deep learning via Hessian-free optimization, 2010). ValueError for other numbers of dimensions than
    two."""
    if tensor.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    if tensor.is_meta:
        return tensor
    rows, columns = tensor.shape
    with no_grad():
        tensor.normal_(0, std, generator=generator)
        for column in range(columns):
            tensor[randperm(rows)[: math.ceil(sparsity * rows)].to(tensor.device), column] = 0
    return tensor


def _former(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """The function under its name without the underscore, with a FutureWarning."""
    name = function.__name__

    @functools.wraps(function)
    def deprecated(*args: Any, **kwargs: Any) -> Tensor:
        warnings.warn(
            f"`nn.init.{name[:-1]}` is now deprecated in favor of `nn.init.{name}`.", FutureWarning, stacklevel=2
        )
        return function(*args, **kwargs)

    deprecated.__name__ = name[:-1]
    return deprecated


uniform = _former(uniform_)
normal = _former(normal_)
constant = _former(constant_)
eye = _former(eye_)
dirac = _former(dirac_)
xavier_uniform = _former(xavier_uniform_)
xavier_normal = _former(xavier_normal_)
kaiming_uniform = _former(kaiming_uniform_)
kaiming_normal = _former(kaiming_normal_)
orthogonal = _former(orthogonal_)
sparse = _former(sparse_)
