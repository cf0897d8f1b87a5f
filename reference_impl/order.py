"""Views with the dimensions in another order: t, T, mT, H, movedim, swapaxes."""

from __future__ import annotations

import operator
import warnings
from typing import Any

from . import layout
from .arguments import spoken
from .complex import conj
from .op import operation, view
from .tensor import Tensor, attach, strides_of
from .view import TransposeBackward0, permute, transpose, view_


class TBackward0(TransposeBackward0):
    __slots__ = ()


@operation(out=False)
def t(input: Tensor) -> Tensor:
    """A matrix with its dimensions exchanged; fewer dimensions stay as they are. RuntimeError for more."""
    if input.ndim > 2:
        raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {input.ndim}D")
    if input.ndim < 2:
        return view_(input, input._array.shape)
    sizes = layout.permuted(input._array.shape, strides_of(input), (1, 0))
    return view(TBackward0, input, *sizes, input.storage_offset(), (t, ()), (0, 1))


@operation(out=False)
def swapaxes(input: Tensor, axis0: int, axis1: int) -> Tensor:
    """Two dimensions exchanged."""
    return transpose(input, axis0, axis1)


@operation(out=False)
def swapdims(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """Two dimensions exchanged."""
    return transpose(input, dim0, dim1)


def _listed(dims: Any) -> tuple[int, ...]:
    """One dimension or several as a tuple. TypeError for what is no integer."""
    return tuple([operator.index(d) for d in (dims if isinstance(dims, (tuple, list)) else (dims,))])


@operation(out=False)
def movedim(input: Tensor, source: Any, destination: Any) -> Tensor:
    """Dimensions moved to the places wanted; the others stay in order. RuntimeError for one named twice, and for
    lists of two lengths."""
    start, end = _listed(source), _listed(destination)
    if len(start) != len(end):
        raise RuntimeError(
            f"movedim: Invalid source or destination dims: source ({list(start)} dims) should contain the same number "
            f"of dims as destination ({list(end)} dims)"
        )
    start = tuple(layout.wrap_dim(d, input.ndim) for d in start)
    end = tuple(layout.wrap_dim(d, input.ndim) for d in end)
    for name, dims, given in (("source", start, source), ("destination", end, destination)):
        if len(set(dims)) != len(dims):
            raise RuntimeError(f"movedim: repeated dim in `{name}` ({list(_listed(given))})")
    if not input.ndim:
        return view_(input, ())
    rest = iter([d for d in range(input.ndim) if d not in start])
    places = dict(zip(end, start, strict=True))
    return permute(input, tuple(places[d] if d in places else next(rest) for d in range(input.ndim)))


@operation(out=False)
def moveaxis(input: Tensor, source: Any, destination: Any) -> Tensor:
    """Dimensions moved to the places wanted."""
    return movedim(input, source, destination)


def _zero_dim(self: Tensor, name: str, instead: str) -> None:
    """Warns of what has no meaning without dimensions."""
    if not self.ndim:
        warnings.warn(f"{name} is deprecated on 0-D tensors. {instead}", UserWarning, stacklevel=3)


IDENTITY = "This function is the identity in these cases."
CONJUGATE = "Consider using x.conj()."


def _matrix_transpose(self: Tensor) -> Tensor:
    """The last two dimensions exchanged. RuntimeError for one dimension, a warning for none."""
    if self.ndim == 1:
        raise RuntimeError("tensor.mT is only supported on matrices or batches of matrices. Got 1-D tensor.")
    _zero_dim(self, "Tensor.mT", IDENTITY)
    return transpose(self, -2, -1) if self.ndim else self


def _adjoint_of(self: Tensor, name: str) -> Tensor:
    if not self.ndim:
        _zero_dim(self, name if "(" in name else f"Tensor.{name}", CONJUGATE)
    if self.ndim == 1:
        raise RuntimeError(f"tensor.{name} is only supported on matrices or batches of matrices. Got 1-D tensor.")
    return conj(transpose(self, -2, -1) if self.ndim else self)


@spoken
def adjoint(input: Tensor) -> Tensor:
    """The last two dimensions exchanged, and conjugated. RuntimeError where there are fewer."""
    return _adjoint_of(input, "adjoint()")


def _reversed(self: Tensor) -> Tensor:
    """All dimensions in reverse order. Warns unless there are two."""
    _zero_dim(self, "Tensor.T", IDENTITY)
    if self.ndim not in (0, 2):
        warnings.warn(
            "The use of `x.T` on tensors of dimension other than 2 to reverse their shape is deprecated and it will "
            "throw an error in a future release. Consider `x.mT` to transpose batches of matrices or "
            "`x.permute(*torch.arange(x.ndim - 1, -1, -1))` to reverse the dimensions of a tensor.",
            UserWarning,
            stacklevel=2,
        )
    return permute(self, tuple(range(self.ndim))[::-1])


def _hermitian(self: Tensor) -> Tensor:
    """A matrix transposed and conjugated. RuntimeError for other numbers of dimensions."""
    if self.ndim not in (0, 2):
        more = " For batches of matrices, consider using tensor.mH" if self.ndim > 2 else ""
        raise RuntimeError(f"tensor.H is only supported on matrices (2-D tensors). Got {self.ndim}-D tensor.{more}")
    _zero_dim(self, "Tensor.H", CONJUGATE)
    return conj(t(self) if self.ndim else self)


attach("adjoint", adjoint)
attach("T", property(_reversed, doc=_reversed.__doc__))
attach("mT", property(_matrix_transpose, doc=_matrix_transpose.__doc__))
attach("H", property(_hermitian, doc=_hermitian.__doc__))
attach("mH", property(lambda self: _adjoint_of(self, "mH"), doc="The last two dimensions exchanged, and conjugated."))
