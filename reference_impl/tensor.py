"""The tensor: an ndarray at hand, an element type, a device, and a place in the graph.

The class holds data and answers questions about layout. What can be computed with it is attached by the chapters of
operations, one `attach("name", function)` for each method (see `op.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from . import layout
from .device import CPU, META, device
from .dtype import dtype
from .dtype import of_scalar as _of_scalar
from .format import channels_order, contiguous_format
from .hollow import Hollow, emptied
from .storage import Array, Storage, Version, storage_of

if TYPE_CHECKING:
    from .autograd.node import Edge


_new_tuple = tuple.__new__


class Size(tuple[int, ...]):
    """A shape: a tuple whose slices, sums and multiples are shapes too."""

    __slots__ = ()

    def __new__(cls, sizes: Iterable[Any] = ()) -> Size:
        """TypeError for a size that is no integer."""
        made = _new_tuple(cls, sizes)
        for position, size in enumerate(made):
            if size.__class__ is not int and not hasattr(size, "__index__"):
                raise TypeError(f"torch.Size() takes an iterable of 'int' (item {position} is '{type(size).__name__}')")
        return made

    def numel(self) -> int:
        """The number of elements of a tensor of this shape."""
        return layout.numel(self)

    def __getitem__(self, index: Any) -> Any:
        item = tuple.__getitem__(self, index)
        return _new_tuple(Size, item) if isinstance(index, slice) else item

    def __add__(self, other: Any) -> Any:
        return Size(tuple.__add__(self, other)) if isinstance(other, tuple) else NotImplemented

    def __radd__(self, other: Any) -> Any:
        return Size(tuple.__add__(other, self)) if isinstance(other, tuple) else NotImplemented

    def __mul__(self, count: Any) -> Any:
        return Size(tuple.__mul__(self, count))

    __rmul__ = __mul__

    def __repr__(self) -> str:
        return f"torch.Size({list(self)})"

    def __reduce__(self) -> tuple[Any, ...]:
        return Size, (tuple(self),)


class View:
    """What a view knows of its origin: the root, and the calls that make the view from it once more.

    `version` is the root's version at which the view's place in the graph was computed; `restriction` says why writing
    through it is refused, if it is (see `autograd.history`).
    """

    __slots__ = ("base", "replay", "restriction", "version")

    def __init__(self, base: Tensor, replay: tuple[Any, ...], version: int, restriction: str | None) -> None:
        self.base = base
        self.replay = replay
        self.version = version
        self.restriction = restriction


class Meta:
    """What few tensors have: a gradient, the node that accumulates it, hooks, a shape changed in place."""

    __slots__ = ("accumulator", "detached", "grad", "hooks", "name", "original", "post_hooks", "postponed", "retains")

    def __init__(self) -> None:
        self.grad: Tensor | None = None
        self.accumulator: Any = None  # a weak reference to the AccumulateGrad node
        self.hooks: Any = None
        self.post_hooks: Any = None
        self.retains = False
        self.detached = -1  # how many nodes there were when `detach_` cut the tensor off the graph
        self.name: str | None = None
        self.postponed: str | None = None  # "conj" or "neg": what torch would not have computed yet
        self.original: tuple[Any, ...] | None = None  # the call that views a root in the layout that it was made with


INFERENCE = Version()
"""Stands where an inference tensor would have its version counter."""


class Tensor:
    """An n-dimensional array that records what is computed with it. Made by `torch.tensor`, `torch.zeros` and their
    kin."""

    __slots__ = (
        "__dict__",
        "__weakref__",
        "_array",
        "_counter",
        "_device",
        "_dtype",
        "_edge",
        "_flag",
        "_layout",
        "_meta",
        "_storage",
        "_view",
    )
    _array: Array
    _dtype: dtype
    _device: device
    _edge: Edge | None  # the node that computed it, and which output of that node it is
    _flag: bool  # requires_grad, as set by the user on a leaf
    _counter: Version | None  # None: never written, never shared
    _storage: Storage | None  # None: not asked for yet
    _layout: tuple[layout.Shape, int] | None  # stride and offset of a view; None: NumPy's strides, offset 0
    _view: View | None
    _meta: Meta | None
    __array_priority__ = 1000

    if TYPE_CHECKING:  # attached by the chapters

        def __getattr__(self, name: str) -> Any: ...

        real: Tensor
        grad: Tensor | None
        requires_grad: bool
        is_leaf: bool

        @staticmethod
        def _stack(tensors: Iterable[Tensor], dim: int = 0) -> Tensor: ...
        def clone(self) -> Tensor: ...
        def contiguous(self) -> Tensor: ...
        def detach(self) -> Tensor: ...
        def expand(self, *size: Any) -> Tensor: ...
        def permute(self, *dims: Any) -> Tensor: ...
        def reshape(self, *shape: Any) -> Tensor: ...
        def squeeze(self, dim: Any = None) -> Tensor: ...
        def sum(self, dim: Any = None, keepdim: bool = False) -> Tensor: ...
        def to(self, *args: Any, **kwargs: Any) -> Tensor: ...
        def transpose(self, dim0: int, dim1: int) -> Tensor: ...
        def unbind(self, dim: int = 0) -> tuple[Tensor, ...]: ...
        def unsqueeze(self, dim: int) -> Tensor: ...
        def __len__(self) -> int: ...
        def __add__(self, other: Any) -> Tensor: ...
        def __radd__(self, other: Any) -> Tensor: ...
        def __sub__(self, other: Any) -> Tensor: ...
        def __rsub__(self, other: Any) -> Tensor: ...
        def __mul__(self, other: Any) -> Tensor: ...
        def __rmul__(self, other: Any) -> Tensor: ...
        def __truediv__(self, other: Any) -> Tensor: ...
        def __rtruediv__(self, other: Any) -> Tensor: ...
        def __floordiv__(self, other: Any) -> Tensor: ...
        def __mod__(self, other: Any) -> Tensor: ...
        def __pow__(self, other: Any) -> Tensor: ...
        def __rpow__(self, other: Any) -> Tensor: ...
        def __matmul__(self, other: Any) -> Tensor: ...
        def __and__(self, other: Any) -> Tensor: ...
        def __or__(self, other: Any) -> Tensor: ...
        def __xor__(self, other: Any) -> Tensor: ...
        def __invert__(self) -> Tensor: ...
        def __neg__(self) -> Tensor: ...
        def __abs__(self) -> Tensor: ...
        def __lt__(self, other: Any) -> Tensor: ...
        def __le__(self, other: Any) -> Tensor: ...
        def __gt__(self, other: Any) -> Tensor: ...
        def __ge__(self, other: Any) -> Tensor: ...
        def __eq__(self, other: Any) -> Any: ...
        def __ne__(self, other: Any) -> Any: ...
        def __getitem__(self, index: Any) -> Tensor: ...
        def __setitem__(self, index: Any, value: Any) -> None: ...

    __hash__ = object.__hash__

    @property
    def dtype(self) -> dtype:
        """The element type."""
        return self._dtype

    @property
    def device(self) -> device:
        """Where the values lie."""
        return self._device

    @property
    def shape(self) -> Size:
        """The sizes of the dimensions."""
        return _new_tuple(Size, self._array.shape)

    def size(self, dim: int | None = None) -> Any:
        """The sizes of all dimensions, or of one."""
        if dim is None:
            return _new_tuple(Size, self._array.shape)
        if not self._array.ndim:
            raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
        return self._array.shape[layout.wrap_dim(dim, self._array.ndim)]

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self._array.ndim

    def dim(self) -> int:
        """The number of dimensions."""
        return self._array.ndim

    ndimension = dim

    def numel(self) -> int:
        """The number of elements."""
        return self._array.size

    nelement = numel

    def stride(self, dim: int | None = None) -> Any:
        """How many elements lie between neighbours, for all dimensions or for one."""
        strides = strides_of(self)
        if dim is None:
            return strides
        if not strides:
            raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
        return strides[layout.wrap_dim(dim, len(strides))]

    def storage_offset(self) -> int:
        """The place of the first element in the storage, counted in elements."""
        return 0 if self._layout is None else self._layout[1]

    def is_contiguous(self, memory_format: Any = None) -> bool:
        """Whether the elements lie in the order of the memory format (row-major) without gaps."""
        if memory_format is not None and memory_format is not contiguous_format:
            return channels_order(self, memory_format)
        return bool(self._array.flags.c_contiguous)

    def untyped_storage(self) -> Storage:
        """The memory, shared with every view."""
        return storage(self)

    def data_ptr(self) -> int:
        """The address of the first element."""
        there = self._array.size and self._device is not META
        pointer: int = self._array.__array_interface__["data"][0] if there else 0
        return pointer

    def element_size(self) -> int:
        """The size of an element in bytes."""
        return self._dtype.itemsize

    @property
    def itemsize(self) -> int:
        """The size of an element in bytes."""
        return self._dtype.itemsize

    @property
    def nbytes(self) -> int:
        """The size of the elements in bytes."""
        return self._array.nbytes

    def is_floating_point(self) -> bool:
        """Whether the element type is a real floating one."""
        return self._dtype.is_floating_point

    def is_complex(self) -> bool:
        """Whether the element type is complex."""
        return self._dtype.is_complex

    def is_signed(self) -> bool:
        """Whether the element type has negative values."""
        return self._dtype.is_signed

    @property
    def is_cpu(self) -> bool:
        """Whether the values lie in the host's memory."""
        return self._device is CPU

    @property
    def is_cuda(self) -> bool:
        """Whether the values lie on a device called `cuda`."""
        return self._device.type == "cuda"

    @property
    def is_meta(self) -> bool:
        """Whether the tensor has no values at all."""
        return self._device is META

    def get_device(self) -> int:
        """The ordinal of the device; -1 on the CPU."""
        return -1 if self._device.index is None else self._device.index

    def is_inference(self) -> bool:
        """Whether the tensor was made in inference mode."""
        return self._counter is INFERENCE

    @property
    def _version(self) -> int:
        if self._counter is INFERENCE:
            raise RuntimeError("Inference tensors do not track version counter.")
        return 0 if self._counter is None else self._counter.value

    def _is_view(self) -> bool:
        return self._view is not None

    @property
    def _base(self) -> Tensor | None:
        return None if self._view is None else self._view.base


_new = object.__new__


def wrap(array: Array, dtype: dtype, device: device) -> Tensor:
    """A tensor around an array of exactly that type, without history."""
    t = _new(Tensor)
    t._array = array if device is not META or array.__class__ is Hollow else emptied(array)
    t._dtype = dtype
    t._device = device
    t._edge = None
    t._flag = False
    t._counter = None
    t._storage = None
    t._layout = None
    t._view = None
    t._meta = None
    return t


def alias(t: Tensor, counter: Version | None) -> Tensor:
    """A tensor of the same memory and layout, without history, with the given version counter (None: one of its
    own)."""
    other = wrap(t._array, t._dtype, t._device)
    other._storage = storage(t)
    other._layout = t._layout if t._layout is not None else (strides_of(t), 0)
    other._counter = counter
    if t._meta is not None and t._meta.postponed is not None:
        meta(other).postponed = t._meta.postponed
    return other


def adopt(t: Tensor, source: Tensor) -> None:
    """Makes `t` show the memory, layout and type of `source`, as `.data =`, `set_` and `resize_` do. Keeps its
    history."""
    t._array = source._array
    t._dtype = source._dtype
    t._device = source._device
    t._storage = source._storage
    t._layout = source._layout


def storage(t: Tensor) -> Storage:
    """The memory of a tensor."""
    s = t._storage
    if s is None:
        s = t._storage = storage_of(t._array, t._device)
    return s


def counter(t: Tensor) -> Version:
    """The version counter of a tensor, made if it has none yet."""
    c = t._counter
    if c is None:
        c = t._counter = Version()
    return c


def strides_of(t: Tensor) -> layout.Shape:
    """Strides in elements. Where NumPy leaves them open (sizes 1 and 0) a fresh tensor has row-major ones."""
    if t._layout is not None:
        return t._layout[0]
    array = t._array
    if array.flags.c_contiguous:
        return layout.contiguous_strides(array.shape)
    size = array.itemsize
    return tuple([s // size for s in array.strides])


def strided(t: Tensor, shape: layout.Shape, stride: layout.Shape, offset: int, d: dtype | None = None) -> Tensor:
    """A tensor on the memory of `t` with another layout, without history; shares the version counter. With a dtype
    the bits are read as that, and the layout counts its elements."""
    memory = storage(t)
    d = d or t._dtype
    v = wrap(memory.strided(d.numpy, shape, stride, offset), d, t._device)
    v._storage = memory
    v._layout = (stride, offset)
    v._counter = counter(t)
    if t._meta is not None and t._meta.postponed is not None:
        meta(v).postponed = t._meta.postponed
    return v


def meta(t: Tensor) -> Meta:
    """The rarely used part of a tensor, made if it has none yet."""
    m = t._meta
    if m is None:
        m = t._meta = Meta()
    return m


def tracked(t: Tensor) -> bool:
    """Whether gradients flow to the tensor: it was computed from such, or its user asked, or it is a view of such."""
    if t._edge is not None or t._flag:
        return True
    return t._view is not None and tracked(t._view.base)


def attach(name: str, attribute: Callable[..., Any] | property) -> None:
    """Makes a function a method of Tensor (or a property an attribute). Each name has one owner: ValueError for a
    second one."""
    if name in Tensor.__dict__ and name not in ("__eq__", "__ne__", "__repr__"):
        raise ValueError(f"Tensor.{name} has two definitions")
    setattr(Tensor, name, attribute)


def dtype_of(value: Any) -> dtype:
    """The element type of a tensor or a number."""
    return value._dtype if isinstance(value, Tensor) else _of_scalar(value)


def fresh(array: Any, dtype: dtype, device: device = CPU) -> Tensor:
    """A tensor of a newly computed result, which may be a NumPy scalar or of a nearby type; cast if needed."""
    if type(array) is not np.ndarray or array.dtype != dtype.numpy:
        array = (array if type(array) is Hollow else np.asarray(array)).astype(dtype.numpy, copy=False)
    return wrap(array, dtype, device)
