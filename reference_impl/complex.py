"""Complex numbers and their parts. Real and imaginary parts are views; a conjugate is computed at once, and only
remembers that torch would have postponed it."""

from __future__ import annotations

from typing import Any

import numpy as np

from .autograd.node import Gradients, Node
from .dtype import complex64, complex128, float16, float32, float64
from .index import select
from .op import operation, record, view
from .promote import cast, common_device, result_type
from .tensor import Tensor, attach, strides_of


class ViewAsRealBackward0(Node):
    __slots__ = ()

    def gradient(self, grad: Tensor) -> Gradients:
        return view_as_complex(grad.contiguous())


class ViewAsComplexBackward0(Node):
    __slots__ = ()

    def gradient(self, grad: Tensor) -> Gradients:
        return view_as_real(grad)


@operation(out=False, method=False)
def view_as_real(input: Tensor) -> Tensor:
    """A view of complex numbers as pairs of real ones, in a new last dimension. RuntimeError for real tensors."""
    if not input._dtype.is_complex:
        raise RuntimeError("view_as_real is only supported for complex tensors")
    shape = (*input._array.shape, 2)
    stride = (*(2 * s for s in strides_of(input)), 1)
    offset = 2 * input.storage_offset()
    call = (view_as_real, ())
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
    if any(s % 2 for s in stride[:-1]):
        raise RuntimeError("Tensor must have a stride divisible by 2 for all but last dimension")
    offset, call = input.storage_offset() // 2, (view_as_complex, ())
    steps = tuple(s // 2 for s in stride[:-1])
    return view(ViewAsComplexBackward0, input, shape[:-1], steps, offset, call, dtype=d)


@operation(out=False, method=False)
def real(input: Tensor) -> Tensor:
    """The real part, as a view; a real tensor itself."""
    return select(view_as_real(input), -1, 0) if input._dtype.is_complex else input


@operation(out=False, method=False)
def imag(input: Tensor) -> Tensor:
    """The imaginary part, as a view. RuntimeError for real tensors."""
    if not input._dtype.is_complex:
        raise RuntimeError("imag is not implemented for tensors with non-complex dtypes.")
    return select(view_as_real(input), -1, 1)


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
    if not is_conj(input):
        result.__dict__["conjugated"] = True
    return result


@operation(inplace=True)
def conj_physical(input: Tensor) -> Tensor:
    """The complex conjugate, computed at once."""
    return record(ConjPhysicalBackward0, np.conjugate(input._array), input._dtype, input._device, (input,))


def is_conj(input: Tensor) -> bool:
    """Whether the tensor is a conjugate that torch would not have computed yet."""
    return "conjugated" in input.__dict__


def resolve_conj(input: Tensor) -> Tensor:
    """The tensor with its conjugate computed: itself if it is."""
    return input.clone() if is_conj(input) else input


def is_neg(input: Tensor) -> bool:
    """Whether the tensor is a negative that has not been computed yet: never."""
    return False


def resolve_neg(input: Tensor) -> Tensor:
    """The tensor itself: negatives are computed at once."""
    return input


class ComplexBackward0(Node):
    __slots__ = ()

    def gradient(self, grad: Tensor) -> Gradients:
        return real(grad) if self.needs(0) else None, imag(grad) if self.needs(1) else None


@operation(method=False)
def complex(real: Tensor, imag: Tensor) -> Tensor:
    """Complex numbers of real and imaginary parts. RuntimeError unless both have one floating dtype."""
    for t in (real, imag):
        if t._dtype not in (float16, float32, float64):
            raise RuntimeError(
                f"Expected both inputs to be Half, Float or Double tensors but got {real._dtype.word} and "
                f"{imag._dtype.word}"
            )
    if real._dtype is not imag._dtype:
        raise RuntimeError(
            f"Expected object of scalar type {real._dtype.word} but got scalar type {imag._dtype.word} for second "
            "argument"
        )
    d = result_type(real, imag).to_complex()
    array = cast(np.asarray(real._array + 1j * imag._array.astype(d.numpy)), d)
    array.real = real._array
    array.imag = imag._array
    return record(ComplexBackward0, array, d, common_device(real, imag), (real, imag))


@operation(method=False)
def polar(abs: Tensor, angle: Tensor) -> Tensor:
    """Complex numbers of absolute values and angles."""
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
