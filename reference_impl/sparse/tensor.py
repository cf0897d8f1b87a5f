"""What the sparse layouts share: a tensor of values, and places at which they stand."""

from __future__ import annotations

from typing import Any, NoReturn, TypeVar

from ..device import device
from ..dtype import dtype
from ..format import Layout
from ..layout import Shape
from ..tensor import Tensor, attach, wrap

S = TypeVar("S", bound="Sparse")


class Absent:
    """Stands where a tensor has its array: it knows the shape, and refuses everything else."""

    __slots__ = ("shape",)

    def __init__(self, shape: Shape) -> None:
        self.shape = shape

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements, kept or not."""
        count = 1
        for n in self.shape:
            count *= n
        return count

    def __getattr__(self, name: str) -> NoReturn:
        raise NotImplementedError("Could not run the operation with arguments from the 'Sparse' backend.")

    def __array__(self, *args: Any, **kwargs: Any) -> NoReturn:
        self.__getattr__("__array__")

    def __getitem__(self, index: Any) -> NoReturn:
        self.__getattr__("__getitem__")


class Sparse(Tensor):
    """A tensor without an array. What it can do stands in its subclass; all other operations raise NotImplementedError.

    Gradients flow to the values: operations are compositions of those of dense tensors.
    """

    content: Tensor
    kind: Layout

    @property
    def layout(self) -> Layout:
        """How the elements are kept."""
        return self.kind

    @property
    def requires_grad(self) -> bool:  # type: ignore[override]
        """Whether gradients flow to the values."""
        return bool(self.content.requires_grad)

    def _nnz(self) -> int:
        """How many elements are kept, those counted that stand at one place."""
        count: int = self.content._array.shape[0]
        return count

    def like(self: S, content: Tensor) -> S:
        """The same places with other values."""
        raise NotImplementedError

    def clone(self: S) -> S:
        """A copy of the values."""
        return self.like(self.content.clone())

    def detach(self: S) -> S:
        """The values without their history."""
        return self.like(self.content.detach())

    def to(self: S, *args: Any, **kwargs: Any) -> S:
        """Values of another dtype, or all on another device."""
        return self.like(self.content.to(*args, **kwargs))

    def numpy(self, *, force: bool = False) -> NoReturn:
        """TypeError: an array is dense."""
        raise TypeError("can't convert Sparse layout tensor to numpy. Use Tensor.to_dense() first.")

    def reshape(self, *shape: Any) -> NoReturn:
        """RuntimeError: other shapes are not implemented."""
        raise RuntimeError("reshape is not implemented for sparse tensors")


def _cast(name: str) -> Any:
    def method(self: Sparse) -> Sparse:
        return self.like(getattr(self.content, name)())

    method.__doc__ = f"The values in {name}."
    return method


for _name in ("float", "double", "half", "bfloat16", "long", "int", "cpu"):
    setattr(Sparse, _name, _cast(_name))


def made(cls: type[S], shape: Shape, content: Tensor, **places: Any) -> S:
    """A sparse tensor of a layout's class."""
    t: Any = wrap(Absent(shape), content._dtype, content._device)  # type: ignore[arg-type]
    t.__class__ = cls
    t.content = content
    for name, value in places.items():
        setattr(t, name, value)
    return t  # type: ignore[no-any-return]


def shown(name: str, t: Tensor) -> str:
    """A part of the text of a sparse tensor, its lines below each other."""
    text = f"{name}={t.detach()!r}"
    return text.replace("\n", "\n" + " " * (8 + len(name)))


def suffix(t: Sparse) -> str:
    """What a text says at its end."""
    grad = ", requires_grad=True" if t.requires_grad and t.content.is_leaf else ""
    return f"size={tuple(t._array.shape)}, nnz={t._nnz()}, layout={t.kind}{grad}"


def _refusing(name: str, words: str) -> Any:
    def method(self: Tensor) -> NoReturn:
        kinds = {"strided": "Strided", "sparse_coo": "Sparse", "sparse_csr": "SparseCsr"}
        raise RuntimeError(f"{name} expected {words} layout but got {kinds[self.layout.name]}")

    method.__doc__ = f"RuntimeError: the tensor is not of a {words} layout."
    return method


for _name in ("indices", "coalesce", "is_coalesced"):
    attach(_name, _refusing(_name, "sparse coordinate tensor"))
for _name in ("crow_indices", "col_indices"):
    attach(_name, _refusing(_name, "sparse row compressed tensor"))
attach("values", _refusing("values", "sparse tensor"))
attach("is_sparse", property(lambda self: self.layout.name == "sparse_coo"))
attach("is_sparse_csr", property(lambda self: self.layout.name == "sparse_csr"))

__all__ = ["Absent", "Sparse", "device", "dtype", "made", "shown", "suffix"]
