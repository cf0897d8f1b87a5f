"""How a tensor is taken apart, and put together again: a function and its arguments, as pickling wants it.

In a file the functions bear names of torch's; `names` has the table.
"""

from __future__ import annotations

import warnings
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from .. import format, layout
from ..complex import conj_physical
from ..dtype import SHELLS, dtype
from ..fill import empty_strided
from ..nn.parameter import Parameter
from ..sparse.compressed import sparse_csr_tensor
from ..sparse.coordinate import sparse_coo_tensor
from ..sparse.tensor import Sparse
from ..storage import Storage
from ..tensor import Tensor, attach, meta, storage, strides_of, wrap

Parts = tuple[Any, tuple[Any, ...]]
"""A function and the arguments with which it makes an object again."""


@dataclass(frozen=True)
class Typed:
    """Memory, and the type of the elements that are in it. In a file it is an entry of its own."""

    storage: Storage
    dtype: dtype


def _reduce(self: Tensor, protocol: Any) -> Parts:
    """The parts of a tensor: its whole memory and its place there. Its history and its gradient are left behind."""
    _warn_of_hooks(self)
    parts = _parts(self)
    if type(self) is Tensor and not self.__dict__:
        return parts
    if isinstance(self, Parameter):
        plain = self.data, bool(self.requires_grad), OrderedDict()  # type: ignore[var-annotated]
        if not self.__dict__:
            return parameter, plain
        return parameter_with_state, (*plain, self.__dict__)
    if isinstance(self, Sparse):
        return parts
    return from_type, (parts[0], type(self), parts[1], self.__dict__)


def _parts(t: Tensor) -> Parts:
    if isinstance(t, Sparse):
        return sparse, (t.layout, _sparse_parts(t))
    requires_grad = bool(t.requires_grad)
    if t._device.type == "meta":
        return meta_tensor, (t._dtype, tuple(t.shape), strides_of(t), requires_grad)
    postponed = None if t._meta is None else t._meta.postponed
    if postponed is not None:
        t = _taken_back(t, postponed)
    place = t.storage_offset(), tuple(t.shape), strides_of(t), requires_grad, OrderedDict()  # type: ignore[var-annotated]
    extra = () if postponed is None else ({postponed: True},)
    if t._dtype in SHELLS:
        return tensor_of_dtype, (storage(t), *place, t._dtype, *extra)
    return tensor, (Typed(storage(t), t._dtype), *place, *extra)


def _taken_back(t: Tensor, postponed: str) -> Tensor:
    """What torch has in memory where it postpones a conjugate or a sign."""
    detached = t.detach()
    return conj_physical(detached) if postponed == "conj" else detached * -1


def _sparse_parts(t: Any) -> tuple[Any, ...]:
    if t.layout is format.sparse_coo:
        return t._indices(), t._values(), t.shape, t.is_coalesced()
    return t.crow_indices(), t.col_indices(), t.values(), t.shape


def _warn_of_hooks(t: Tensor) -> None:
    found = None if t._meta is None else t._meta.hooks
    if found:
        hook = next(iter(found.values() if isinstance(found, dict) else found))
        warnings.warn(
            f"backward hook {hook} on tensor will not be serialized.  If this is expected, you can decorate the "
            "function with @torch.utils.hooks.unserializable_hook to suppress this warning",
            stacklevel=4,
        )


def tensor(
    typed: Typed,
    offset: int,
    size: tuple[int, ...],
    stride: tuple[int, ...],
    requires_grad: bool,
    hooks: Any,
    metadata: Any = None,
) -> Tensor:
    """A leaf that shows a part of the memory. RuntimeError for a part that is not inside."""
    return tensor_of_dtype(typed, offset, size, stride, requires_grad, hooks, typed.dtype, metadata)


def tensor_of_dtype(
    typed: Typed | Storage,
    offset: int,
    size: tuple[int, ...],
    stride: tuple[int, ...],
    requires_grad: bool,
    hooks: Any,
    dtype: dtype,
    metadata: Any = None,
) -> Tensor:
    """The same for memory of bytes, whose elements are of a type that is told beside it."""
    memory, shape = typed.storage if isinstance(typed, Typed) else typed, tuple(size)
    if min((offset, *shape, *stride), default=0) < 0:
        raise RuntimeError(f"Storage size calculation overflowed with sizes={list(shape)} and strides={list(stride)}")
    if (offset + layout.extent(shape, tuple(stride))) * dtype.itemsize > memory.nbytes() and 0 not in shape:
        raise RuntimeError("Trying to resize storage that is not resizable")
    made: Any = wrap(memory.strided(dtype.numpy, shape, tuple(stride), offset), dtype, memory.device)
    made._storage, made._layout = memory, (tuple(stride), offset)
    for postponed in metadata or ():
        made = _taken_back(made, postponed)
        meta(made).postponed = postponed
    made.requires_grad = requires_grad
    return made  # type: ignore[no-any-return]


def plain_tensor(typed: Typed, offset: int, size: tuple[int, ...], stride: tuple[int, ...]) -> Tensor:
    """The same as files of old have it."""
    return tensor(typed, offset, size, stride, False, None)


def parameter(data: Tensor, requires_grad: bool, hooks: Any) -> Parameter:
    """A parameter on the memory of a tensor."""
    return Parameter(data, requires_grad)


def parameter_with_state(data: Tensor, requires_grad: bool, hooks: Any, state: dict[str, Any]) -> Parameter:
    """The same with attributes that its user gave it."""
    return _with_state(Parameter(data, requires_grad), state)  # type: ignore[return-value]


def from_type(function: Any, kind: type, arguments: tuple[Any, ...], state: Any) -> Tensor:
    """A tensor of a subclass, or one with attributes that its user gave it."""
    made = function(*arguments)
    if type(made) is not kind:
        made.__class__ = kind
    return _with_state(made, state)


def _with_state(made: Tensor, state: Any) -> Tensor:
    if "__setstate__" in dir(type(made)):
        made.__setstate__(state)
    else:
        made.__dict__.update(state)
    return made


def sparse(kind: Any, parts: tuple[Any, ...]) -> Tensor:
    """A sparse tensor from its places and values."""
    if kind is format.sparse_coo:
        made: Any = sparse_coo_tensor(*parts[:3])
        return made.coalesce() if parts[3:] == (True,) else made  # type: ignore[no-any-return]
    if kind is format.sparse_csr:
        return sparse_csr_tensor(*parts)
    raise NotImplementedError(f"rebuilding sparse tensor for layout {kind}")


def meta_tensor(dtype: dtype, size: tuple[int, ...], stride: tuple[int, ...], requires_grad: bool) -> Tensor:
    """A tensor without data."""
    return empty_strided(tuple(size), tuple(stride), dtype=dtype, device="meta", requires_grad=requires_grad)


def get_layout(name: str) -> format.Layout:
    """The layout of a name such as `torch.strided`. KeyError for a name of none."""
    return {repr(found): found for found in (format.strided, format.sparse_coo, format.sparse_csr)}[name]


attach("__reduce_ex__", _reduce)
