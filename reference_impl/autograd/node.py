"""The nodes of the graph: what a computed tensor remembers of its computation.

A node is an instance of a class named as torch names it (`MulBackward0`). The class says how the gradient of the
outputs becomes the gradients of the inputs, written in tensors so that it can be differentiated again:

    class MulBackward0(Node):
        saves = ("self", "other")

        def gradient(self, grad: Tensor) -> Gradients:
            x, y = self.tensors()
            return grad * y, grad * x
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from itertools import count
from typing import Any, ClassVar, TypeVar

import numpy as np

from .. import layout
from ..format import copied
from ..gradmode import MODE, switch
from ..quiet import quiet
from ..tensor import INFERENCE, Tensor, alias, counter, meta, strides_of, wrap
from .anomaly import ANOMALY

Edge = tuple["Node", int]
Gradients = Any
"""One tensor or None for each input, as a tuple; for a single input the tensor alone will do."""

Outputs = tuple[tuple[tuple[int, ...], Any, Any], ...]
"""Shape, dtype and device of each output of a node: what a gradient that reaches it is reduced and cast to."""

SEQUENCE = count()
_ACCUMULATING = threading.RLock()
FREED = (
    "Trying to backward through the graph a second time (or directly access saved tensors after they have already been "
    "freed). Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). Specify "
    "retain_graph=True if you need to backward through the graph a second time or if you need to access saved tensors "
    "after calling backward."
)
DETACHED = (
    "Trying to use a saved tensor that has been detached in-place, i.e. with .detach_().This is not supported, please "
    "use out-of-place `.detach()` instead"
)


class Snapshot:
    """A saved tensor without its place in the graph: an output of the node itself, or a value from before it was
    overwritten.

    Holding the output itself would close a cycle (tensor, node, tensor) that keeps its memory alive.
    """

    __slots__ = ("edge", "output", "tensor")

    def __init__(self, tensor: Tensor, edge: Edge | None, output: int = 0) -> None:
        """`edge` is the place in the graph; None means output number `output` of the node that saves it."""
        self.tensor = tensor
        self.edge = edge
        self.output = output


class Packed:
    """A saved tensor in the form that a hook gave it, and its place in the graph (None: no gradient flows to it)."""

    __slots__ = ("edge", "output", "unpack", "value")

    def __init__(
        self,
        t: Tensor,
        edge: Edge | None,
        hooks: tuple[Callable[[Any], Any], Callable[[Any], Any]],
        output: int | None = None,
    ) -> None:
        """`output` is the number of an output of the node that saves it, which holds no edge to itself.

        RuntimeError if the hook writes into the tensor.
        """
        c = t._counter
        before = 0 if c is None else c.value
        pack, self.unpack = hooks
        self.edge = edge
        self.output = output
        recording = MODE.enabled
        switch(False, MODE.inference)
        try:
            self.value = pack(t)
        finally:
            switch(recording, MODE.inference)
        if t._counter is not None and t._counter.value != before:
            raise RuntimeError(
                "A saved tensor pack hook is modifying its input in place. Tensors provided as input to pack hook "
                "cannot be modified by in-place operations as this can lead to unexpected side-effects. Please open an "
                "issue if you need to perform in-place operations on the input to a pack hook."
            )

    def tensor(self, node: Node) -> Tensor:
        """The tensor once more, for the node that saved it. TypeError if the hook returns something else."""
        t = self.unpack(self.value)
        if not isinstance(t, Tensor):
            raise TypeError(
                f"Output of saved tensor unpack_hook expected to be a Tensor but got result of type {type(t).__name__}"
            )
        t = alias(t, t._counter)
        t._edge = self.edge if self.output is None else (node, self.output)
        return t


class Node:
    """One recorded operation.

    edges      for each input, the node its gradient goes to and that node's output number, or None
    saved      tensors (and snapshots) kept for the gradient, freed after backward; `tensors()` checks and returns them
    versions   the version of each saved tensor when it was saved
    args       everything else that the gradient needs: dims, shapes, numbers
    outputs    shape, dtype, device of each output
    hooks      None, or the hooks of this node
    metadata   a dict for the user's notes, made when it is first asked for
    """

    __slots__ = ("__weakref__", "args", "edges", "hooks", "metadata", "outputs", "saved", "sequence", "versions")
    saves: ClassVar[tuple[str, ...]] = ()
    """Names under which the saved tensors can be read: `self` makes `node._saved_self`."""
    used_by: ClassVar[tuple[int, ...] | None] = None
    """For each saved tensor the input whose gradient needs it; it is kept only if that input is tracked. None: keep
    all."""
    materializes: ClassVar[bool] = True
    """Undefined gradients arrive as zeros, and the node is passed over where all are undefined. False: they arrive as
    None."""

    edges: tuple[Edge | None, ...]
    saved: tuple[Any, ...] | None
    versions: tuple[int, ...]
    args: Any
    outputs: Outputs
    hooks: Any
    sequence: int
    metadata: dict[str, Any]
    register_hook: ClassVar[Callable[..., Any]]
    register_prehook: ClassVar[Callable[..., Any]]
    place: ClassVar[Callable[..., Any]]

    def gradient(self, *grads: Any) -> Gradients:
        """The gradient of each input, None where there is none, from the gradients of the outputs (zeros where
        undefined)."""
        raise NotImplementedError

    def needs(self, index: int) -> bool:
        """Whether input number `index` wants a gradient."""
        return self.edges[index] is not None

    def tensors(self) -> list[Any]:
        """The saved tensors. RuntimeError if they were freed, or modified in place since they were saved."""
        if self.saved is None:
            raise RuntimeError(FREED)
        out = []
        versions = self.versions
        for i, item in enumerate(self.saved):
            version = versions[i]
            if isinstance(item, Tensor):
                c = item._counter
                if c is not None and c.value != version:
                    edge = None if item.grad_fn is None else item._edge  # grad_fn brings a view up to date
                    raise RuntimeError(_modified(item, edge, c.value, version))
                if item._meta is not None and item._meta.detached > self.sequence:
                    raise RuntimeError(DETACHED)
                out.append(item)
            elif type(item) is Snapshot:
                out.append(self._restore(item, version))
            elif type(item) is Packed:
                out.append(item.tensor(self))
            else:
                out.append(item)
        return out

    def _restore(self, snapshot: Snapshot, version: int) -> Tensor:
        c = snapshot.tensor._counter
        edge = snapshot.edge or (self, snapshot.output)
        if c is not None and c.value != version:
            raise RuntimeError(_modified(snapshot.tensor, edge, c.value, version))
        t = alias(snapshot.tensor, c)
        t._edge = edge
        return t

    def release(self) -> None:
        """Frees what was saved. A node that saved nothing can be run again."""
        if self.saved:
            self.saved = None

    def name(self) -> str:
        """Torch's name for the node."""
        return type(self).__name__

    @property
    def next_functions(self) -> tuple[tuple[Node | None, int], ...]:
        """For each input, the node its gradient goes to and that node's output number; `(None, 0)` where it goes
        nowhere."""
        return tuple([(None, 0) if edge is None else edge for edge in self.edges])

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_saved_") and name[7:] in type(self).saves:
            return self.tensors()[type(self).saves.index(name[7:])]
        if name.startswith("_raw_saved_") and name[11:] in type(self).saves:
            return Node.place(self, type(self).saves.index(name[11:]))
        if name == "metadata":
            notes: dict[str, Any] = {}
            self.metadata = notes
            return notes
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} object at {id(self):#x}>"


N = TypeVar("N", bound=Node)


def unsaving(kind: type[N], edges: tuple[Edge | None, ...], outputs: Any, args: Any = None) -> N:
    """A node that saves nothing, and is recorded now."""
    node = kind()
    node.edges, node.outputs, node.args = edges, outputs, args
    node.saved = node.versions = ()
    node.hooks = None
    node.sequence = next(SEQUENCE)
    return node


def operation_of(node: Node) -> str:
    """The operation that a node belongs to, as messages name it: `Mul` of `MulBackward0`."""
    return node.name().removesuffix("0").removesuffix("Backward")


def _modified(t: Tensor, edge: Edge | None, found: int, expected: int) -> str:
    kind = "torch" if str(t._device) == "cpu" else f"torch.{t._device.type}"
    origin = "" if edge is None else f", which is output {edge[1]} of {operation_of(edge[0])},"
    hint = (
        "the backtrace further above shows the operation that failed to compute its gradient. The variable in question "
        "was changed in there or anywhere later. Good luck!"
        if ANOMALY.enabled
        else "enable anomaly detection to find the operation that failed to compute its gradient, with "
        "torch.autograd.set_detect_anomaly(True, check_nan=False)."
    )
    return (
        "one of the variables needed for gradient computation has been modified by an inplace operation: "
        f"[{kind}.{t._dtype.word}Tensor {list(t._array.shape)}]{origin} is at version {found}; expected version "
        f"{expected} instead. Hint: {hint}"
    )


class AccumulateGrad(Node):
    """The end of the graph at a leaf: adds the gradient to the leaf's `.grad`."""

    __slots__ = ("variable",)
    variable: Tensor

    def name(self) -> str:
        """Torch's name, which tells the namespace."""
        return "torch::autograd::AccumulateGrad"

    def accumulate(self, grad: Tensor, create_graph: bool) -> None:
        """Adds to `.grad` in place, so that the object stays the same; with create_graph a new, recorded sum
        replaces it."""
        leaf = self.variable
        if not leaf._flag:  # taken back since
            if leaf._edge is not None:
                raise RuntimeError("leaf variable has been moved into the graph interior")
            return
        m = meta(leaf)
        with _ACCUMULATING:  # several threads may run graphs that share the leaf
            if grad.__class__ is not Tensor and grad.is_sparse:
                m.grad = _with_sparse(m.grad, grad)
            elif m.grad is None:
                m.grad = _own_recorded(grad, leaf) if create_graph and grad._edge is not None else own(grad, leaf)
            elif create_graph:
                m.grad = m.grad + grad
            elif m.grad.__class__ is not Tensor and m.grad.is_sparse:
                m.grad = grad + m.grad
            else:
                _add(m.grad, grad)
        if m.post_hooks is not None:
            for hook in tuple(m.post_hooks.values()):
                if hook(leaf) is not None:
                    raise RuntimeError("Tensor post accumulate grad hooks should return None.")


def _with_sparse(total: Tensor | None, grad: Tensor) -> Tensor:
    """The gradient so far and a sparse one: sparse, unless there is a dense one, to which it is added in place."""
    if total is None or total.is_sparse:
        return grad if total is None else grad + total
    _add(total, grad.to_dense())
    return total


def _add(total: Tensor, grad: Tensor) -> None:
    """Adds in place, without a record."""
    quiet(np.add, total._array, grad._array, out=total._array)
    c = counter(total)
    if c is not INFERENCE:
        c.value += 1


def own(grad: Tensor, leaf: Tensor) -> Tensor:
    """A copy that belongs to the leaf alone, as the incoming gradient may be another tensor's too. It lies in memory as
    the leaf does, and row-major if the leaf has gaps or repeats elements."""
    array = leaf._array
    if array.flags.c_contiguous or not layout.is_dense(array.shape, strides_of(leaf)):
        array = grad._array.copy("C")
    else:
        array = copied(grad._array, strides_of(leaf))
    copy = wrap(array, grad._dtype, grad._device)
    if MODE.inference:
        copy._counter = INFERENCE
    return copy


def _own_recorded(grad: Tensor, leaf: Tensor) -> Tensor:
    """The same with a place in the graph."""
    stride = strides_of(leaf)
    order = sorted(range(len(stride)), key=lambda i: -stride[i])
    if leaf._array.flags.c_contiguous or not layout.is_dense(leaf._array.shape, stride):
        order.sort()
    rows = grad.permute(order)
    rows = rows.clone() if rows._array.flags.c_contiguous else rows.contiguous()
    return rows if order == sorted(order) else rows.permute([order.index(i) for i in range(len(order))])


def accumulator(leaf: Tensor) -> Edge:
    """The edge to a leaf's AccumulateGrad. The leaf holds it weakly and the graph strongly, so there is no cycle."""
    m = meta(leaf)
    node: AccumulateGrad | None = None if m.accumulator is None else m.accumulator()
    return (_accumulator(leaf) if node is None else node), 0


def _accumulator(leaf: Tensor) -> AccumulateGrad:
    with _ACCUMULATING:
        m = meta(leaf)
        node: AccumulateGrad | None = None if m.accumulator is None else m.accumulator()
        if node is not None:  # another thread was faster
            return node
        node = AccumulateGrad()
        node.edges = ()
        node.saved = node.versions = ()
        node.args = None
        node.hooks = None if m.hooks is None else m.hooks.table()
        node.outputs = ((leaf._array.shape, leaf._dtype, leaf._device),)
        node.sequence = (1 << 62) + next(SEQUENCE)  # runs as soon as its gradient is complete
        node.variable = leaf
        m.accumulator = weakref.ref(node)
        return node


def snapshot_of(t: Tensor, output: int = 0) -> Snapshot:
    """A snapshot of a node's own output, sharing its version counter."""
    copy = wrap(t._array, t._dtype, t._device)
    copy._storage = t._storage
    copy._layout = t._layout
    copy._counter = counter(t)
    return Snapshot(copy, None, output)
