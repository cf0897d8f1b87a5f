"""Writing into existing tensors: in-place methods and `out=`, from the out-of-place function and torch's checks."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from . import layout
from .arguments import lenient
from .autocast import plainly
from .autograd.history import check_inplace, check_view, edge_of, rebase
from .autograd.node import Edge, Snapshot, snapshot_of
from .device import CPU, different
from .dtype import check_writable, dtype, int64
from .gradmode import MODE
from .quiet import quiet
from .tensor import INFERENCE, Tensor, adopt, counter, storage, strided, strides_of, tracked, wrap

Promotes = bool | Callable[[dtype, dtype], None]
"""Whether `out=` may have another dtype than the result: a higher one, none, or as a check says that raises."""

OVERLAP = (
    "unsupported operation: some elements of the input tensor and the written-to tensor refer to a single memory "
    "location. Please clone() the tensor before performing the operation."
)


def overwriting(
    function: Callable[..., Any], name: str, overlap: bool = False, apart: bool = False
) -> Callable[..., Any]:
    """The in-place method: computes the result out of place, then writes it into self and rewrites self's history.
    `overlap` admits targets that share memory with themselves, `apart` refuses operands in the target's memory."""
    function = lenient(function, f"{name}_")

    def method(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        check_inplace(self)
        if apart:
            check_apart(self, *_tensors(args))
        if MODE.grad and (tracked(self) or _any_tracked(args) or (kwargs and _any_tracked(kwargs.values()))):
            check_view(self)
            # The function sees a copy in the same place of the graph: what it saves keeps the old values.
            before = wrap(self._array.copy("K"), self._dtype, self._device)
            before._edge = edge_of(self)
            result = function(before, *args, **kwargs)
        else:
            result = function(self, *args, **kwargs)
        write(self, result, args, overlap)
        if result._edge is not None:
            _take_place(self, result)
        return self

    method.__name__ = f"{name}_"
    method.__qualname__ = f"Tensor.{name}_"
    method.__doc__ = f"In-place form of {name}. {function.__doc__ or ''}"
    return method


def write(t: Tensor, result: Tensor, others: tuple[Any, ...] = (), overlap: bool = False) -> None:
    """Writes a computed value into a tensor of the same shape and raises its version. RuntimeError as torch's checks
    say."""
    target = t._array
    if result._array.shape != target.shape:
        raise RuntimeError(
            f"output with shape {list(target.shape)} doesn't match the broadcast shape {list(result._array.shape)}"
        )
    if result._dtype is not t._dtype:
        check_writable(result._dtype, t._dtype)
    if result._device is not t._device and not (result._device is CPU and not result._array.ndim):
        raise different(t._device, result._device)
    if not overlap:
        check_overlap(t, others)
    quiet(target.__setitem__, ..., result._array)
    bump(t)


def bump(t: Tensor) -> None:
    """Raises the version of the values that the tensor shares."""
    c = counter(t)
    if c is not INFERENCE:
        c.value += 1


def _take_place(t: Tensor, result: Tensor) -> None:
    """Gives the overwritten tensor the result's place in the graph."""
    edge = result._edge
    assert edge is not None
    node, number = edge
    if node.saved:
        _resave(t, result, edge)
    outputs = list(node.outputs)
    outputs[number] = (t._array.shape, t._dtype, t._device)
    node.outputs = tuple(outputs)
    rebase(t, edge)


def _resave(t: Tensor, result: Tensor, edge: Edge) -> None:
    """A node that saved its result now watches the tensor that the result was written into."""
    node, number = edge
    saved, versions = list(node.saved or ()), list(node.versions)
    for i, item in enumerate(saved):
        if type(item) is Snapshot and item.edge is None and item.tensor._array is result._array:
            saved[i] = snapshot_of(t, number)
            versions[i] = counter(t).value
    node.saved, node.versions = tuple(saved), tuple(versions)


def check_overlap(t: Tensor, others: Any) -> None:
    """RuntimeError if two elements of the target share memory, or an operand lies partly in the target's memory."""
    array = t._array
    if 0 in array.strides and layout.overlaps_itself(array.shape, strides_of(t)):
        raise RuntimeError(
            "unsupported operation: more than one element of the written-to tensor refers to a single memory location. "
            "Please clone() the tensor before performing the operation."
        )
    if t._storage is None:
        return
    for other in others:
        if isinstance(other, Tensor) and other is not t and _overlaps_partly(t, other):
            raise RuntimeError(OVERLAP)


def check_apart(t: Tensor, *others: Tensor) -> None:
    """RuntimeError if an operand surely lies in the memory that is written to, be it the same elements."""
    for other in others:
        if other is t or (t._storage is not None and _overlaps_partly(t, other, same=True)):
            raise RuntimeError(OVERLAP)


def _overlaps_partly(t: Tensor, other: Tensor, same: bool = False) -> bool:
    """Whether two dense tensors of one storage overlap without being the same elements (`same`: or are the same);
    unclear cases count as no."""
    if other._storage is not t._storage or not t._array.size or not other._array.size:
        return False
    a, b = strides_of(t), strides_of(other)
    if not layout.is_dense(t._array.shape, a) or not layout.is_dense(other._array.shape, b):
        return False
    begin, start = t.data_ptr(), other.data_ptr()
    end, stop = begin + t._array.nbytes, start + other._array.nbytes
    if (begin, end) == (start, stop):
        return same or a != b
    return begin < stop and start < end


def _tensors(values: Any) -> list[Tensor]:
    """The tensors among arguments, and in lists of them."""
    found: list[Tensor] = []
    for value in values:
        if isinstance(value, Tensor):
            found.append(value)
        elif isinstance(value, (tuple, list)):
            found.extend(_tensors(value))
    return found


def _any_tracked(values: Any) -> bool:
    for value in values:
        if isinstance(value, Tensor):
            if tracked(value):
                return True
        elif isinstance(value, (tuple, list)) and _any_tracked(value):
            return True
    return False


def exactly(result: dtype, out: dtype) -> None:
    """RuntimeError for an `out=` of another dtype than the result."""
    if out is not result:
        raise RuntimeError(f"Found dtype {out.word} but expected {result.word}")


def writing_out(
    function: Callable[..., Any], name: str, promotes: Promotes, apart: bool = False, same: bool = False
) -> Callable[..., Any]:
    """The function of the namespace: accepts `out=`, a tensor or a tuple of them, and returns it. `apart`: RuntimeError
    for one that lies in the memory of an operand; `same` admits the first operand itself."""

    function = lenient(function, name)

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        out = kwargs.pop("out", None) if kwargs else None
        if out is None:
            return function(*args, **kwargs)
        if apart and isinstance(out, Tensor):
            own = same and args and args[0] is out
            check_apart(out, *_tensors((*(args[1:] if own else args), *kwargs.values())))
        return _into(out, function, name, promotes, args, kwargs)

    return wrapper


def check_out(name: str, out: Any) -> None:
    """TypeError for an `out=` that is no tensor, RuntimeError for one that gradients flow to."""
    if not isinstance(out, Tensor):
        raise TypeError(f"{name}(): argument 'out' must be Tensor, not {type(out).__name__}")
    if MODE.grad and tracked(out):
        raise _not_recorded(name)


def _not_recorded(name: str) -> RuntimeError:
    return RuntimeError(
        f"{name}(): functions with out=... arguments don't support automatic differentiation, but one of the "
        "arguments requires grad."
    )


def _into(out: Any, function: Callable[..., Any], name: str, promotes: Promotes, args: Any, kwargs: Any) -> Any:
    targets = out if isinstance(out, (tuple, list)) else (out,)
    if MODE.grad and (_any_tracked(args) or _any_tracked(kwargs.values()) or _any_tracked(targets)):
        raise _not_recorded(name)
    result = plainly(function, *args, **kwargs)
    if isinstance(result, Tensor):
        return fill_out(out, result, promotes, args)
    if len(targets) != len(result):
        raise TypeError(f"expected tuple of {len(result)} elements but got {len(targets)}")
    for target, value in zip(targets, result, strict=True):
        fill_out(target, value, False if value._dtype is int64 and promotes is True else promotes, args)
    return type(result)(*targets) if hasattr(result, "_fields") else type(result)(targets)


def fill_out(out: Tensor, result: Tensor, promotes: Promotes = True, others: Any = ()) -> Tensor:
    """Writes a result into `out`, which is resized where it has another shape (with a warning if it had elements)."""
    if not isinstance(out, Tensor):
        raise TypeError(f"argument 'out' must be Tensor, not {type(out).__name__}")
    if out._counter is INFERENCE:
        check_inplace(out)
    if callable(promotes):
        promotes(result._dtype, out._dtype)
    elif promotes:
        check_writable(result._dtype, out._dtype)
    elif result._dtype is not out._dtype:
        want, got = result._dtype.legacy, out._dtype.legacy
        raise RuntimeError(f"Expected out tensor to have dtype {want}, but got {got} instead")
    if result._device is not out._device:
        raise different(result._device, out._device)
    if out._array.shape != result._array.shape:
        _resize(out, result._array.shape)
    write(out, result, tuple(others))
    return out


def _resize(out: Tensor, shape: tuple[int, ...]) -> None:
    if out._array.size:
        warnings.warn(
            f"An output with one or more elements was resized since it had shape {list(out._array.shape)}, which does "
            f"not match the required output shape {list(shape)}. This behavior is deprecated, and in a future PyTorch "
            "release outputs will not be resized unless they have zero elements. You can explicitly reuse an out "
            "tensor t by resizing it, inplace, to zero elements with t.resize_(0).",
            UserWarning,
            stacklevel=5,
        )
    memory, offset = storage(out), out.storage_offset()
    if (offset + layout.numel(shape)) * out._dtype.itemsize <= memory.nbytes():  # others that share it see the result
        adopt(out, strided(out, shape, layout.contiguous_strides(shape), offset))
    else:
        adopt(out, wrap(np.zeros(shape, out._dtype.numpy), out._dtype, out._device))
