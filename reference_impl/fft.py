"""The namespace `torch.fft`: discrete Fourier transforms, over SciPy's, which keep single precision.

Three transforms do the work, each the gradient of the others: complex to complex, real to the kept half of a Hermitian
spectrum, and from that half back. The rest arranges dimensions, sizes and factors.

The transforms are linear, so a gradient is the adjoint: the transform in the other direction with the same factor.
Where half of a spectrum is kept, the other half is its conjugate, and each kept element that has a partner there counts
twice (A. V. Oppenheim and R. W. Schafer, Discrete-Time Signal Processing, on the symmetry of the transform).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import scipy

from . import layout
from .arguments import need_tensor, spoken
from .autocast import wider
from .autograd.node import Gradients, Node
from .complex import conj_physical, real
from .create import made
from .dtype import COMPLEX, DEFAULT, FLOATING, chosen, dtype
from .inplace_rules import fill_out
from .join import cat
from .op import operation, record
from .promote import cast
from .quiet import quiet
from .rearrange import roll
from .split import narrow
from .storage import Array
from .tensor import Tensor, wrap

Dims = tuple[int, ...]
OTHER = {"backward": "forward", "ortho": "ortho", "forward": "backward"}
"""The norm that gives the other direction the same factor."""


class FftC2CBackward0(Node):
    __slots__ = ()

    def gradient(self, grad: Tensor) -> Gradients:
        dims, norm, inverse = self.args
        return _complex(grad, dims, OTHER[norm], not inverse)


def _complex(x: Tensor, dims: Dims, norm: str, inverse: bool) -> Tensor:
    """The transform of a complex tensor along dimensions, a plain copy along none."""
    run = scipy.fft.ifftn if inverse else scipy.fft.fftn
    array: Array = run(x._array, axes=dims, norm=norm) if dims else x._array.copy()
    return record(FftC2CBackward0, cast(array, x._dtype), x._dtype, x._device, (x,), args=(dims, norm, inverse))


class FftR2CBackward0(Node):
    __slots__ = ()

    def gradient(self, grad: Tensor) -> Gradients:
        dims, norm, size = self.args
        return real(_complex(resized(grad, dims[-1:], (size,)), dims, OTHER[norm], True))


def _halved(x: Tensor, dims: Dims, norm: str) -> Tensor:
    """The transform of a real tensor, of which the last of the dimensions keeps n // 2 + 1 elements."""
    d = x._dtype.to_complex()
    array: Array = scipy.fft.rfftn(x._array, axes=dims, norm=norm)
    args = (dims, norm, x._array.shape[dims[-1]])
    return record(FftR2CBackward0, cast(array, d), d, x._device, (x,), args=args)


class FftC2RBackward0(Node):
    __slots__ = ()

    def gradient(self, grad: Tensor) -> Gradients:
        dims, norm = self.args
        size, axis = grad._array.shape[dims[-1]], dims[-1]
        half = size // 2 + 1
        counts = np.ones(half, grad._array.dtype)
        counts[1 : size - half + 1] = 2
        counts = counts.reshape([-1 if i == axis else 1 for i in range(grad.ndim)])
        return _halved(grad, dims, OTHER[norm]) * wrap(counts, grad._dtype, grad._device)


def _restored(x: Tensor, dims: Dims, size: int, norm: str) -> Tensor:
    """The real tensor whose half spectrum this is; the last of the dimensions gets `size` elements."""
    d = x._dtype.to_real()
    shape = (*(x._array.shape[i] for i in dims[:-1]), size)
    array: Array = scipy.fft.irfftn(x._array, shape, dims, norm=norm)
    return record(FftC2RBackward0, cast(array, d), d, x._device, (x,), args=(dims, norm))


def resized(x: Tensor, dims: Dims, sizes: Sequence[int]) -> Tensor:
    """The tensor with dimensions trimmed at their ends, or filled up with zeros."""
    for dim, size in zip(dims, sizes, strict=True):
        shape = x._array.shape
        if size < shape[dim]:
            x = narrow(x, dim, 0, size)
        elif size > shape[dim]:
            shape = (*shape[:dim], size - shape[dim], *shape[dim + 1 :])
            x = cat([x, wrap(np.zeros(shape, x._array.dtype), x._dtype, x._device)], dim)
    return x


def _mode(norm: str | None) -> str:
    if norm is None:
        return "backward"
    if norm not in OTHER:
        raise RuntimeError(f'Invalid normalization mode: "{norm}"')
    return norm


def _as_float(x: Tensor) -> Tensor:
    """Integers and bools in the default floating type. RuntimeError for half types."""
    d = x._dtype if x._dtype.differentiable else DEFAULT.floating
    if d.compute is not d.numpy:
        raise RuntimeError(f"Unsupported dtype {d.word}")
    return x.to(d)


def _as_complex(x: Tensor) -> Tensor:
    x = _as_float(x)
    return x if x._dtype.is_complex else x.to(x._dtype.to_complex())


def _as_real(x: Tensor, refusal: str) -> Tensor:
    if x._dtype.is_complex:
        raise RuntimeError(refusal.format(x._dtype.word))
    return _as_float(x)


def _checked(size: int) -> int:
    if size < 1:
        raise RuntimeError(f"Invalid number of data points ({size}) specified")
    return size


def _line(x: Tensor, n: Any, dim: int) -> tuple[int, int | None]:
    """A dimension and the size asked for along it. IndexError for a dimension that does not exist."""
    if n is not None and (isinstance(n, bool) or not hasattr(n, "__index__")):
        raise TypeError(f"argument 'n' (position 2) must be int, not {type(n).__name__}")
    if not x.ndim:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    return layout.wrap_dim(dim, x.ndim), n if n is None else int(n)


def _axes(x: Tensor, s: Any, dim: Any) -> tuple[Dims, tuple[int, ...]]:
    """Dimensions and their sizes, -1 where the tensor's own is kept. RuntimeError for dimensions named twice and for
    sizes that are not as many."""
    sizes = None if s is None else tuple(s) if isinstance(s, (tuple, list)) else (int(s),)
    if dim is not None:
        dims = tuple(layout.wrap_dim(int(i), x.ndim) for i in (dim if isinstance(dim, (tuple, list)) else (dim,)))
        if len(set(dims)) < len(dims):
            raise RuntimeError("FFT dims must be unique")
        if sizes is not None and len(sizes) != len(dims):
            raise RuntimeError("When given, dim and shape arguments must have the same length")
    else:
        if sizes is not None and len(sizes) > x.ndim:
            raise RuntimeError(f"Got shape with {len(sizes)} values but input tensor only has {x.ndim} dimensions.")
        dims = tuple(range(x.ndim - (x.ndim if sizes is None else len(sizes)), x.ndim))
    return dims, (-1,) * len(dims) if sizes is None else sizes


def _sized(x: Tensor, dims: Dims, sizes: Sequence[int]) -> Tensor:
    """The tensor resized; -1 keeps what there is. RuntimeError for sizes below one."""
    wanted = [_checked(x._array.shape[i] if n == -1 else n) for i, n in zip(dims, sizes, strict=True)]
    return resized(x, dims, wanted)


def _c2c(input: Tensor, dims: Dims, sizes: Sequence[int], norm: str | None, inverse: bool) -> Tensor:
    x, mode = _as_complex(input), _mode(norm)
    return _complex(_sized(x, dims, sizes), dims, mode, inverse)


def _r2c(x: Tensor, dims: Dims, sizes: Sequence[int], mode: str, name: str) -> Tensor:
    if not dims:
        raise RuntimeError(f"{name} must transform at least one axis")
    return _halved(_sized(x, dims, sizes), dims, mode)


def _c2r(x: Tensor, dims: Dims, sizes: Sequence[int], mode: str, name: str) -> Tensor:
    if not dims:
        raise RuntimeError(f"{name} must transform at least one axis")
    last = sizes[-1] if sizes[-1] != -1 else 2 * (x._array.shape[dims[-1]] - 1)
    _checked(last)
    return _restored(_sized(x, dims, (*sizes[:-1], last // 2 + 1)), dims, last, mode)


def _transform(words: str, category: int, family: str = "") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Makes an operation of the namespace, whose `out=` is of a category. RuntimeError for an `out=` of another."""

    def define(function: Callable[..., Any]) -> Callable[..., Any]:
        name = function.__name__
        accepting = operation(name=f"fft_{name}", method=False, autocast=wider)(function)

        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            out = kwargs.get("out")
            if isinstance(out, Tensor) and out._dtype.category != category:
                raise RuntimeError(f"{family or name} expects a {words} output tensor, but got {out._dtype.word}")
            return accepting(*args, **kwargs)

        return wrapper

    return define


@_transform("complex", COMPLEX)
def fft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """The Fourier transform along a dimension, trimmed or filled with zeros to n elements. RuntimeError for n below
    one, an unknown norm and half types, IndexError for a dimension that does not exist."""
    axis, size = _line(input, n, dim)
    return _c2c(input, (axis,), (_own(input, axis, size),), norm, False)


def _own(x: Tensor, axis: int, size: int | None) -> int:
    return _checked(x._array.shape[axis] if size is None else size)


@_transform("complex", COMPLEX)
def ifft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """The inverse of `fft`, with the same errors."""
    axis, size = _line(input, n, dim)
    return _c2c(input, (axis,), (_own(input, axis, size),), norm, True)


@_transform("complex", COMPLEX)
def rfft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """The first half, n // 2 + 1 elements, of the transform of a real tensor. RuntimeError for a complex one."""
    x = _as_real(input, "rfft expects a real input tensor, but got {}")
    axis, size = _line(x, n, dim)
    return _r2c(x, (axis,), (_own(x, axis, size),), _mode(norm), "rfft")


@_transform("floating point", FLOATING)
def irfft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """The real tensor of n elements (twice the input's, less two) whose `rfft` this is."""
    x = _as_complex(input)
    axis, size = _line(x, n, dim)
    size = 2 * (x._array.shape[axis] - 1) if size is None else size
    return _c2r(x, (axis,), (_checked(size),), _mode(norm), "irfft")


@_transform("floating point", FLOATING)
def hfft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """The transform of a Hermitian signal, whose first half this is, to n real elements."""
    result: Tensor = irfft(conj_physical(_as_complex(input)), n, dim, OTHER[_mode(norm)])
    return result


@_transform("complex", COMPLEX)
def ihfft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """The inverse of `hfft`: the first half of a Hermitian signal. RuntimeError for a complex tensor."""
    x = _as_real(input, "ihfft expects a real input tensor, but got {}")
    return conj_physical(rfft(x, n, dim, OTHER[_mode(norm)]))


@_transform("complex", COMPLEX)
def fftn(input: Tensor, s: Any = None, dim: Any = None, norm: str | None = None) -> Tensor:
    """The transform along several dimensions: those named, else the last ones that s has sizes for, else all.
    RuntimeError for dimensions named twice and sizes that are not as many."""
    return _c2c(input, *_axes(input, s, dim), norm, False)


@_transform("complex", COMPLEX, "fftn")
def ifftn(input: Tensor, s: Any = None, dim: Any = None, norm: str | None = None) -> Tensor:
    """The inverse of `fftn`."""
    return _c2c(input, *_axes(input, s, dim), norm, True)


@_transform("complex", COMPLEX)
def rfftn(input: Tensor, s: Any = None, dim: Any = None, norm: str | None = None) -> Tensor:
    """The transform of a real tensor along several dimensions, the last of which keeps its first half."""
    x = _as_real(input, "rfftn expects a real-valued input tensor, but got {}")
    return _r2c(x, *_axes(x, s, dim), _mode(norm), "rfftn")


@_transform("floating point", FLOATING)
def irfftn(input: Tensor, s: Any = None, dim: Any = None, norm: str | None = None) -> Tensor:
    """The real tensor whose `rfftn` this is."""
    x = _as_complex(input)
    return _c2r(x, *_axes(x, s, dim), _mode(norm), "irfftn")


@_transform("floating point", FLOATING)
def hfftn(input: Tensor, s: Any = None, dim: Any = None, norm: str | None = None) -> Tensor:
    """The transform of a signal that is Hermitian along the last of the dimensions, to real elements."""
    x = conj_physical(_as_complex(input))
    return _c2r(x, *_axes(x, s, dim), OTHER[_mode(norm)], "hfftn")


@_transform("complex", COMPLEX)
def ihfftn(input: Tensor, s: Any = None, dim: Any = None, norm: str | None = None) -> Tensor:
    """The inverse of `hfftn`. RuntimeError for a complex tensor."""
    x = _as_real(input, "Only supports floating-point dtypes, but found: {}")
    return conj_physical(_r2c(x, *_axes(x, s, dim), OTHER[_mode(norm)], "ihfftn"))


def _plane(function: Callable[..., Any], name: str, words: str, category: int, family: str) -> Callable[..., Any]:
    """The form for two dimensions, which are the last ones unless others are named."""

    def transform(input: Tensor, s: Any = None, dim: Any = (-2, -1), norm: str | None = None) -> Tensor:
        return function(input, s, dim, norm)  # type: ignore[no-any-return]

    transform.__name__ = transform.__qualname__ = name
    transform.__doc__ = f"`{function.__name__}` along two dimensions, the last ones unless others are named."
    return _transform(words, category, family)(transform)


fft2 = _plane(fftn, "fft2", "complex", COMPLEX, "fftn")
ifft2 = _plane(ifftn, "ifft2", "complex", COMPLEX, "fftn")
rfft2 = _plane(rfftn, "rfft2", "complex", COMPLEX, "rfftn")
irfft2 = _plane(irfftn, "irfft2", "floating point", FLOATING, "irfftn")
hfft2 = _plane(hfftn, "hfft2", "floating point", FLOATING, "hfftn")
ihfft2 = _plane(ihfftn, "ihfft2", "complex", COMPLEX, "ihfftn")


def _shifted(name: str, input: Tensor, dim: Any, back: bool) -> Tensor:
    need_tensor(name, input, "input", 1)
    dims = range(input.ndim) if dim is None else dim if isinstance(dim, (tuple, list)) else (dim,)
    dims = tuple(layout.wrap_dim(i, input.ndim) for i in dims)
    sizes = [input._array.shape[i] for i in dims]
    result: Tensor = roll(input, tuple((n + 1) // 2 if back else n // 2 for n in sizes), dims)
    return result


@spoken
def fftshift(input: Tensor, dim: Any = None) -> Tensor:
    """The frequencies in order: zero in the middle of every dimension, or of those named. RuntimeError where there is
    none."""
    return _shifted("fft_fftshift", input, dim, back=False)


@spoken
def ifftshift(input: Tensor, dim: Any = None) -> Tensor:
    """The inverse of `fftshift`."""
    return _shifted("fft_ifftshift", input, dim, back=True)


def _frequencies(name: str, steps: Array, n: Any, d: float, out: Tensor | None, options: dict[str, Any]) -> Tensor:
    kind: dtype = chosen(options.get("dtype"), f"fft_{name}") or (DEFAULT.floating if out is None else out._dtype)
    if not kind.differentiable:
        raise RuntimeError(f"{name} requires a floating point or complex dtype")
    if kind.is_complex:
        raise NotImplementedError(f"\"arange_cpu\" not implemented for '{kind.word}'")
    values = cast(quiet(np.multiply, steps, quiet(np.divide, 1.0, np.float64(n * d))), kind)
    if out is not None:
        return fill_out(out, made(values, kind, out._device))
    return made(values, kind, options.get("device"), options.get("requires_grad", False))


def _number_of(n: Any, name: str) -> int:
    if isinstance(n, bool) or not hasattr(n, "__index__"):
        raise TypeError(f"fft_{name}(): argument 'n' (position 1) must be int, not {type(n).__name__}")
    if n < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension {n}: [{n}]")
    return int(n)


def fftfreq(n: int, d: float = 1.0, *, out: Tensor | None = None, **options: Any) -> Tensor:
    """The frequencies that the elements of an `fft` of n samples, d apart, stand for: those from zero up, then the
    negative ones. RuntimeError for a dtype that is not floating."""
    n = _number_of(n, "fftfreq")
    return _frequencies("fftfreq", np.r_[: (n + 1) // 2, -(n // 2) : 0], n, d, out, options)


def rfftfreq(n: int, d: float = 1.0, *, out: Tensor | None = None, **options: Any) -> Tensor:
    """The frequencies that the elements of an `rfft` of n samples, d apart, stand for."""
    n = _number_of(n, "rfftfreq")
    return _frequencies("rfftfreq", np.arange(n // 2 + 1), n, d, out, options)
