"""How an operation is defined. One definition gives the function, the method, the in-place method, `out=` and the
operators.

    class MulBackward0(Node):
        saves = ("self", "other")
        used_by = (1, 0)

        def gradient(self, grad: Tensor) -> Gradients:
            x, y = self.tensors()
            return grad * y if self.needs(0) else None, grad * x if self.needs(1) else None


    @operation(operators=("__mul__", "__rmul__", "__imul__"), inplace=True)
    def mul(input: Any, other: Any) -> Tensor:
        \"\"\"The product of each pair of elements.\"\"\"
        return binary(np.multiply, input, other, MulBackward0, saved=(input, other))

An operation that is composed of others needs no node. See README.md beside this file.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from typing import cast as cast_type

import numpy as np

from . import layout
from .arguments import NAMED, lenient
from .autocast import plainly
from .autograd.anomaly import ANOMALY, remember
from .autograd.history import INFERENCE_VIEW, MULTIPLE, NO_GRAD, edge_of
from .autograd.node import SEQUENCE, Node, Packed, Snapshot, snapshot_of
from .device import device
from .dtype import COMPLEX, DEFAULT, SCALARS, dtype
from .dtype import bool as bool_
from .gradmode import MODE
from .hollow import Hollow
from .inplace_rules import Promotes, overwriting, writing_out
from .promote import cast, common_device, operand, result_type
from .quiet import _QUIET
from .storage import Array
from .tensor import INFERENCE, Tensor, View, attach, strided, strides_of, tracked, wrap

Kind = type[Node] | None
Rule = Callable[[dtype], tuple[dtype, dtype]]
"""From the promoted type of the operands to the type that is computed in and the type of the result."""

RESULT: Any = object()
"""Stands in `saved` for the result itself."""

SECOND: Any = object()
"""Stands in `saved` for the second of several results."""

HIGHEST = COMPLEX + 1

_UNWRITTEN = ((), (0,), (0, 0), (0, 0, 0))
"""The versions of tensors that nobody has written into. Most are such, and their nodes share these tuples."""

UNSAVABLE = (
    "Inference tensors cannot be saved for backward. Please do not use Tensors created in inference mode in "
    "computation tracked by autograd. To work around this, you can make a clone to get a normal tensor and use it in "
    "autograd, or use `torch.no_grad()` instead of `torch.inference_mode()`."
)

_new = object.__new__
_array = np.ndarray


def floating(d: dtype) -> tuple[dtype, dtype]:
    """Integers and bools compute in the default floating type."""
    if not d.differentiable:
        d = DEFAULT.floating
    return d, d


def boolean(d: dtype) -> tuple[dtype, dtype]:
    """Computes in the operands' type; the result is bool."""
    return d, bool_


def record(
    kind: Kind, array: Any, dtype: dtype, device: device, inputs: Sequence[Any], saved: Any = (), args: Any = None
) -> Tensor:
    """A result tensor, with its place in the graph if anything it was computed from is tracked.

    kind    the node class, None where there is no gradient
    array   the result, of exactly the NumPy type of `dtype`; a NumPy scalar is taken for a 0-dim array
    inputs  what `kind.gradient` returns gradients for, in order; entries that are no tensors get none
    saved   tensors (or numbers, None, RESULT) that the gradient needs; freed after backward
    args    what else the gradient needs
    """
    if array.__class__ is not _array and array.__class__ is not Hollow:
        array = np.asarray(array)
    result = wrap(array, dtype, device)
    if MODE.grad:
        if kind is not None and dtype.differentiable:
            for t in inputs:
                if isinstance(t, Tensor) and (t._edge is not None or t._flag or (t._view is not None and tracked(t))):
                    node = link(kind, inputs, saved, args, result)
                    outputs = ((array.shape, dtype, device),)
                    edge = t._edge  # its node mostly says the same of its output: sharing saves a third of the memory
                    node.outputs = edge[0].outputs if edge is not None and edge[0].outputs == outputs else outputs
                    result._edge = (node, 0)
                    break
    elif MODE.inference:
        result._counter = INFERENCE
    return result


def link(kind: type[Node], inputs: Sequence[Any], saved: Any, args: Any, *results: Tensor) -> Node:
    """A node for tracked inputs. Its caller sets `outputs`, and the edges of the results."""
    edges: list[Any] = []
    for t in inputs:
        if isinstance(t, Tensor):
            edge = t._edge
            edges.append(edge if edge is not None and t._view is None else edge_of(t))
        else:
            edges.append(None)
    node = _new(kind)
    node.edges = tuple(edges)
    node.args = args
    node.hooks = None
    node.sequence = next(SEQUENCE)
    if saved:
        _save(node, saved, results)
    else:
        node.saved = node.versions = ()
    if ANOMALY.enabled:
        remember(node)
    return node


def _save(node: Node, saved: Sequence[Any], results: tuple[Tensor, ...]) -> None:
    items: list[Any] = []
    versions = []
    outputs = 0
    used_by, packing = node.used_by, MODE.packing
    for t in saved:
        version = 0
        if used_by is not None and node.edges[used_by[len(items)]] is None:
            t = None
        elif t is RESULT or t is SECOND:
            number = outputs if t is RESULT else 1
            t = snapshot_of(results[number], number)
            version = t.tensor._version
            outputs += 1
            if packing is not None:
                t.tensor._edge = node, t.output
                t = Packed(t.tensor, None, packing, t.output)
        elif isinstance(t, Tensor):
            c = t._counter
            if c is not None:
                if c is INFERENCE:
                    raise RuntimeError(UNSAVABLE)
                version = c.value
            if packing is not None:
                t = Packed(t, edge_of(t), packing)
        items.append(t)
        versions.append(version)
    node.saved = tuple(items)
    node.versions = tuple(versions) if len(items) > 3 or any(versions) else _UNWRITTEN[len(items)]


def record_many(
    kind: Kind,
    results: Sequence[tuple[Array, dtype]],
    device: device,
    inputs: Sequence[Any],
    saved: Any = (),
    args: Any = None,
) -> tuple[Tensor, ...]:
    """Several results of one node, as `(array, dtype)` pairs. Results that are not floating have no place in the graph.

    `kind.gradient` gets one gradient for each result, zeros where none arrived. RESULT in `saved` is the next result in
    turn.
    """
    tensors = tuple([wrap(a if type(a) is _array else np.asarray(a), d, device) for a, d in results])
    if MODE.inference and not MODE.grad:
        for t in tensors:
            t._counter = INFERENCE
    if MODE.grad and kind is not None and any(isinstance(t, Tensor) and tracked(t) for t in inputs):
        node = link(kind, inputs, saved, args, *tensors)
        node.outputs = tuple([(t._array.shape, t._dtype, device) for t in tensors])
        for i, t in enumerate(tensors):
            if t._dtype.differentiable:
                t._edge = (node, i)
    return tensors


def binary(
    ufunc: Callable[..., Any], x: Any, y: Any, kind: Kind, rule: Rule | None = None, saved: Any = (), args: Any = None
) -> Tensor:
    """An element by element operation on two operands: tensors, or a tensor and a number. Promotes and broadcasts.

    RuntimeError for shapes that do not broadcast and for two devices.
    """
    if (
        rule is None
        and isinstance(x, Tensor)
        and isinstance(y, Tensor)
        and (d := x._dtype) is y._dtype
        and d.compute is d.numpy
        and (where := x._device) is y._device
    ):
        a, b = x._array, y._array
        result = d
    else:
        d, result, where, a, b = _prepared(x, y, rule)
    try:
        array = _QUIET.run(ufunc, a, b)
    except ValueError:
        layout.broadcast_shapes(a.shape, b.shape)
        raise
    except TypeError:
        raise _unsupported(ufunc, d) from None
    if (
        array.ndim > 1
        and not (a.flags.c_contiguous and b.flags.c_contiguous)
        and (isinstance(y, Tensor) or 0 in a.strides)
    ):
        array = ordered_as(array, a, b)
    if d.compute is not d.numpy or array.dtype is not result.numpy:
        array = cast(array, result)
    return record(kind, array, result, where, (x, y), saved, args)


def _prepared(x: Any, y: Any, rule: Rule | None) -> tuple[dtype, dtype, device, Any, Any]:
    """The types of computation and result, the device, and both operands in the type of computation."""
    if isinstance(x, Tensor) and x._dtype.category >= SCALARS.get(type(y), HIGHEST):
        d, where = x._dtype, x._device
    elif isinstance(y, Tensor) and y._dtype.category >= SCALARS.get(type(x), HIGHEST):
        d, where = y._dtype, y._device
    else:
        d, where = result_type(x, y), common_device(x, y)
    d, result = (d, d) if rule is None else rule(d)
    return d, result, where, operand(x, d), operand(y, d)


def _unsupported(ufunc: Callable[..., Any], d: dtype) -> NotImplementedError:
    return NotImplementedError(f"\"{ufunc.__name__}_cpu\" not implemented for '{d.word}'")


def ordered_as(array: Array, *operands: Array) -> Array:
    """The result with its dimensions in memory in the order that the operands' have, where NumPy chose another one."""
    shape = array.shape
    order = layout.memory_order(shape, *[_broadcast_strides(a, shape) for a in operands])
    steps = [array.strides[i] for i in order if shape[i] != 1]
    if steps == sorted(steps, reverse=True):
        return array
    out = np.empty([shape[i] for i in order], array.dtype).transpose([order.index(i) for i in range(len(order))])
    out[...] = array
    return out


def _broadcast_strides(array: Array, shape: layout.Shape) -> layout.Shape:
    if array.shape == shape:
        return array.strides
    lead = len(shape) - array.ndim
    kept = [
        0 if n == 1 and m != 1 else step for n, m, step in zip(array.shape, shape[lead:], array.strides, strict=True)
    ]
    return (0,) * lead + tuple(kept)


def unary(
    ufunc: Callable[..., Any], x: Tensor, kind: Kind, rule: Rule | None = None, saved: Any = (), args: Any = None
) -> Tensor:
    """An element by element operation on one tensor."""
    d = x._dtype
    d, result = (d, d) if rule is None else rule(d)
    a = x._array
    if a.dtype is not d.compute:
        a = operand(x, d)
    try:
        array = _QUIET.run(ufunc, a)
    except TypeError:
        raise _unsupported(ufunc, d) from None
    if array.ndim > 1 and 0 in a.strides:
        array = ordered_as(array, a)
    if array.dtype is not result.numpy:
        array = cast(array, result)
    return record(kind, array, result, x._device, (x,), saved, args)


Call = tuple[Callable[..., Any], tuple[Any, ...]]


def view(
    kind: Kind,
    t: Tensor,
    shape: layout.Shape,
    stride: layout.Shape,
    offset: int,
    call: Call,
    args: Any = None,
    dtype: dtype | None = None,
) -> Tensor:
    """A view with the given layout, counted in elements. `call` is the function and arguments that make it from
    another tensor; `dtype` is another type to read the bits as."""
    v = strided(t, shape, stride, offset, dtype)
    if v._counter is INFERENCE:
        return v
    _remember(v, t, (*call, None), None)
    if MODE.grad and kind is not None and tracked(t):
        node = link(kind, (t,), (), args)
        node.outputs = ((shape, v._dtype, t._device),)
        v._edge = (node, 0)
    return v


def views(
    kind: Kind, t: Tensor, layouts: Sequence[tuple[layout.Shape, layout.Shape, int]], call: Call, args: Any = None
) -> tuple[Tensor, ...]:
    """Several views made by one call, as `(shape, stride, offset)`. Writing into them is refused while gradients are
    recorded."""
    results = tuple([strided(t, *each) for each in layouts])
    if t._counter is INFERENCE:
        return results
    for i, v in enumerate(results):
        _remember(v, t, (*call, i), MULTIPLE)
    if MODE.grad and kind is not None and tracked(t):
        node = link(kind, (t,), (), args)
        node.outputs = tuple([(v._array.shape, t._dtype, t._device) for v in results])
        for i, v in enumerate(results):
            v._edge = (node, i)
    return results


def _remember(v: Tensor, t: Tensor, call: tuple[Any, ...], restriction: str | None) -> None:
    parent = t._view
    version = v._version
    if not MODE.grad:
        restriction = INFERENCE_VIEW if MODE.inference else NO_GRAD
    if parent is None:
        calls: tuple[Any, ...] = (call,)
        if t._meta is not None and t._meta.original is not None:
            layout_now = (t._array.shape, strides_of(t), t.storage_offset())
            calls = ((t._meta.original[0], layout_now, None), call)
        v._view = View(t, calls, version, restriction)
    else:
        v._view = View(parent.base, (*parent.replay, call), version, restriction or parent.restriction)


_OPERANDS = {Tensor, int, float, bool, complex}


def _acceptable(other: Any) -> bool:
    return isinstance(other, (Tensor, int, float, complex, np.generic))


def _operator(function: Callable[..., Any], reflected: bool) -> Callable[..., Any]:
    """A binary operator: NotImplemented for what is neither a tensor nor a number. An ndarray on the right is taken by
    `==` and `!=` alone."""

    def forward(self: Tensor, other: Any) -> Any:
        if type(other) in _OPERANDS or _acceptable(other):
            return function(self, other)
        if type(other) is np.ndarray and function.__name__ in ("eq", "ne"):
            return function(self, self._from_numpy(other))
        return NotImplemented  # NumPy computes with an ndarray on the right, and wraps the result

    def backward(self: Tensor, other: Any) -> Any:
        if type(other) in _OPERANDS or _acceptable(other):
            return function(other, self)
        return NotImplemented

    return backward if reflected else forward


def _unary_operator(function: Callable[..., Any]) -> Callable[..., Any]:
    def forward(self: Tensor) -> Any:
        return function(self)

    return forward


_UNARY = ("__neg__", "__pos__", "__abs__", "__invert__")


def _attach_operators(operators: tuple[str, ...], function: Callable[..., Any], writer: Any) -> None:
    """Attaches the function under dunder names; `__iadd__` and its like write, where there is an in-place form."""
    for dunder in operators:
        if dunder.startswith("__i") and dunder != "__invert__" and writer is not None:
            attach(dunder, _operator(writer, reflected=False))
        elif dunder in _UNARY:
            attach(dunder, _unary_operator(function))
        else:
            attach(dunder, _operator(function, reflected=dunder.startswith("__r") and dunder != "__rshift__"))


F = TypeVar("F", bound=Callable[..., Any])


def operation(
    *,
    name: str | None = None,
    operators: tuple[str, ...] = (),
    method: bool = True,
    inplace: bool = False,
    overlap: bool = False,
    out: bool = True,
    promotes: Promotes = True,
    apart: bool = False,
    autocast: Callable[[Callable[..., Any]], Callable[..., Any]] | None = None,
) -> Callable[[F], F]:
    """Makes an operation of a function whose first parameter is a tensor.

    operators   dunder names: `__add__`, the reflected `__radd__`, the in-place `__iadd__`, or a unary one
    method      attaches `Tensor.name`
    inplace     attaches `Tensor.name_`
    overlap     `Tensor.name_` writes into tensors that share memory with themselves, or with operands
    out         the function accepts `out=`
    promotes    `out=` may be of another dtype of the same or a higher category; or a check of both dtypes that raises
    apart       `out=` and `Tensor.name_` share no memory with an operand
    """

    def define(function: F) -> F:
        word = name or function.__name__
        plain: Callable[..., Any] = function
        if autocast is not None:
            plain = functools.wraps(function)(functools.partial(plainly, function))
            function = cast_type(F, autocast(function))
        if method:
            attach(word, lenient(function, word) if NAMED & function.__annotations__.keys() else function)
        writer = overwriting(plain, word, overlap, apart) if inplace else None
        if writer is not None:
            attach(f"{word}_", writer)
        _attach_operators(operators, function, writer)
        return cast_type(F, writing_out(function, word, promotes, apart, inplace) if out else lenient(function, word))

    return define


def inplace_of(function: Callable[..., Any]) -> Callable[..., Any]:
    """Makes an in-place method of a function that computes the new value of its first argument; the name ends with
    `_`."""
    writer = overwriting(function, function.__name__.rstrip("_"))
    attach(function.__name__, writer)
    return writer


__all__ = [
    "RESULT",
    "SECOND",
    "Node",
    "Snapshot",
    "binary",
    "operation",
    "record",
    "record_many",
    "unary",
    "view",
    "views",
]
