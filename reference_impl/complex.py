"""Complex numbers and their parts. Real and imaginary parts are views; a conjugate is computed at once, and only
remembers that torch would have postponed it."""

from __future__ import annotations

from typing import Any

import numpy as np

from .arguments import spoken
from .autograd.node import Gradients, Node
from .derivative import refuse
from .dtype import complex64, complex128, dtype, float16, float32, float64
from .index import select
from .inplace_rules import exactly
from .layout import broadcast_shapes
from .op import operation, ordered_as, record, view
from .promote import common_device
from .tensor import Tensor, attach, meta, strides_of

FLOATS = (float16, float32, float64)


class ViewAsRealBackward0(Node):
    __slots__ = ()

    def gradient(self, grad: Tensor) -> Gradients:
        return view_as_complex(grad.contiguous())


class ViewAsComplexBackward0(Node):
    __slots__ = ()

    def gradient(self, grad: Tensor) -> Gradients:
        return _pairs(grad)


@operation(out=False, method=False)
def view_as_real(input: Tensor) -> Tensor:
    """A view of complex numbers as pairs of real ones, in a new last dimension. RuntimeError for real tensors, and for
    a conjugate that is not resolved."""
    if not input._dtype.is_complex:
        raise RuntimeError("view_as_real is only supported for complex tensors")
    if is_conj(input):
        raise RuntimeError(
            "view_as_real doesn't work on unresolved conjugated tensors.  To resolve the conjugate tensor so you can "
            "view it as real, use self.resolve_conj(); however, be warned that the resulting tensor will NOT alias the "
            "original."
        )
    return _pairs(input)


def _pairs(input: Tensor) -> Tensor:
    """The view as pairs, of a conjugate too."""
    shape = (*input._array.shape, 2)
    stride = (*(2 * s for s in strides_of(input)), 1)
    offset = 2 * input.storage_offset()
    call = (_pairs, ())
    return view(ViewAsRealBackward0, input, shape, stride, offset, call, dtype=input._dtype.to_real())


@operation(out=False, method=False)
def view_as_complex(input: Tensor) -> Tensor:
    """A view of pairs of real numbers, in the last dimension, as complex ones. RuntimeError for other shapes, dtypes
    and strides."""
    d = {float32: complex64, float64: complex128}.get(input._dtype)
    if d is None:
        raise RuntimeError(
            "view_as_complex is only supported for half, float and double tensors, but got a tensor of scalar type: "
            f"{input._dtype.word}"
        )
    shape, stride = input._array.shape, strides_of(input)
    if not shape:
        raise RuntimeError("Input tensor must have one or more dimensions")
    if shape[-1] != 2:
        raise RuntimeError("Tensor must have a last dimension of size 2")
    if stride[-1] != 1:
        raise RuntimeError("Tensor must have a last dimension with stride 1")
    if any(s % 2 and n != 1 for n, s in zip(shape[:-1], stride[:-1], strict=True)):
        raise RuntimeError("Tensor must have a stride divisible by 2 for all but last dimension")
    if input.storage_offset() % 2:
        raise RuntimeError("Tensor must have a storage_offset divisible by 2")
    offset, call = input.storage_offset() // 2, (view_as_complex, ())
    steps = tuple(s // 2 for s in stride[:-1])
    return view(ViewAsComplexBackward0, input, shape[:-1], steps, offset, call, dtype=d)


@operation(out=False, method=False)
def real(input: Tensor) -> Tensor:
    """The real part, as a view; a real tensor itself."""
    return _postpone(select(_pairs(input), -1, 0), None) if input._dtype.is_complex else input


@operation(out=False, method=False)
def imag(input: Tensor) -> Tensor:
    """The imaginary part, as a view. RuntimeError for real tensors."""
    if not input._dtype.is_complex:
        raise RuntimeError("imag is not implemented for tensors with non-complex dtypes.")
    return _postpone(select(_pairs(input), -1, 1), "neg" if is_conj(input) else None)


def _postpone(t: Tensor, what: str | None) -> Tensor:
    """Remembers what torch would not have computed yet."""
    if what is not None or t._meta is not None:
        meta(t).postponed = what
    return t


class ConjBackward0(Node):
    __slots__ = ()

    def gradient(self, grad: Tensor) -> Gradients:
        return conj(grad)


class ConjPhysicalBackward0(ConjBackward0):
    __slots__ = ()


@operation(out=False)
def conj(input: Tensor) -> Tensor:
    """The complex conjugate; a real tensor itself."""
    if not input._dtype.is_complex:
        return input
    result = record(ConjBackward0, np.conjugate(input._array), input._dtype, input._device, (input,))
    return _postpone(result, None if is_conj(input) else "conj")


@operation(inplace=True, promotes=exactly)
def conj_physical(input: Tensor) -> Tensor:
    """The complex conjugate, computed at once; a real tensor itself."""
    if not input._dtype.is_complex:
        return input
    return record(ConjPhysicalBackward0, np.conjugate(input._array), input._dtype, input._device, (input,))


@spoken
def is_conj(input: Tensor) -> bool:
    """Whether the tensor is a conjugate that torch would not have computed yet."""
    return input._meta is not None and input._meta.postponed == "conj"


@spoken
def resolve_conj(input: Tensor) -> Tensor:
    """The tensor with its conjugate computed: itself if it is."""
    return input.clone() if is_conj(input) else input


@spoken
def is_neg(input: Tensor) -> bool:
    """Whether the tensor is a negative that torch would not have computed yet: the imaginary part of a conjugate."""
    return input._meta is not None and input._meta.postponed == "neg"


@spoken
def resolve_neg(input: Tensor) -> Tensor:
    """The tensor with its negative computed: itself if it is."""
    return input.clone() if is_neg(input) else input


class ComplexBackward0(Node):
    __slots__ = ()

    def gradient(self, grad: Tensor) -> Gradients:
        return real(grad) if self.needs(0) else None, imag(grad) if self.needs(1) else None


def _check_parts(first: Tensor, second: Tensor) -> None:
    """RuntimeError unless both have one floating dtype."""
    if first._dtype not in FLOATS or second._dtype not in FLOATS:
        raise RuntimeError(
            f"Expected both inputs to be Half, Float or Double tensors but got {first._dtype.word} and "
            f"{second._dtype.word}"
        )
    if first._dtype is not second._dtype:
        raise RuntimeError(
            f"Expected object of scalar type {first._dtype.word} but got scalar type {second._dtype.word} for second "
            "argument"
        )


def _exact(result: dtype, out: dtype) -> None:
    """RuntimeError for an `out=` of another dtype."""
    if out is not result:
        raise RuntimeError(
            f"Expected object of scalar type {result.word} but got scalar type {out.word} for argument 'out'"
        )


@operation(method=False, promotes=_exact)
def complex(real: Tensor, imag: Tensor) -> Tensor:
    """Complex numbers of real and imaginary parts. RuntimeError unless both have one floating dtype."""
    _check_parts(real, imag)
    d = real._dtype.to_complex()
    array = np.empty(broadcast_shapes(real._array.shape, imag._array.shape), d.numpy)
    array = ordered_as(array, real._array, imag._array)
    array.real, array.imag = real._array, imag._array
    return record(ComplexBackward0, array, d, common_device(real, imag), (real, imag))


@operation(method=False, promotes=_exact)
def polar(abs: Tensor, angle: Tensor) -> Tensor:
    """Complex numbers of absolute values and angles. RuntimeError unless both have one floating dtype."""
    _check_parts(abs, angle)
    refuse("polar_cpu", abs._dtype is float16, abs._dtype)
    return complex(abs * angle.cos(), abs * angle.sin())


def _set_part(part: Any) -> Any:
    def assign(self: Tensor, value: Any) -> None:
        target = part(self)
        target.copy_(value) if isinstance(value, Tensor) else target.fill_(value)

    return assign


attach("real", property(real, _set_part(real), doc=real.__doc__))
attach("imag", property(imag, _set_part(imag), doc=imag.__doc__))
for _method in (is_conj, resolve_conj, is_neg, resolve_neg):
    attach(_method.__name__, _method)
