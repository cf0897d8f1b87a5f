"""`torch.autograd.Function`: an operation whose forward and backward a user writes."""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

import numpy as np

from ..gradmode import MODE, enable_grad, no_grad
from ..tensor import INFERENCE, Tensor, alias, counter, tracked, wrap
from .anomaly import ANOMALY, remember
from .context import FunctionCtx
from .gradients import grad as gradients
from .history import edge_of
from .node import FREED, SEQUENCE, Gradients, Node, Packed, snapshot_of, unsaving
from .placing import placed
from .reach import duals

__all__ = ["Function", "FunctionCtx", "once_differentiable"]


def _forward(inputs: tuple[Any, ...]) -> bool:
    """Whether tangents flow through these inputs: inside a forward transform through all that are tracked, inside a
    level of dual tensors through these."""
    if not MODE.forward:
        return False
    tensors = [t for t in inputs if isinstance(t, Tensor) and tracked(t)]
    return bool(tensors) and (MODE.transforms > 0 or any(duals(t) for t in tensors))


class FunctionNode(Node):
    """A custom Function in the graph.

    shared     the attributes of its contexts
    shapes     shape, dtype and device of each argument, None for one that is no tensor
    recorded   whether gradients flow, and `forward` whether tangents do
    freed      what was saved is gone, `accessed` because it was read
    """

    __slots__ = ("accessed", "forward", "freed", "recorded", "shapes", "shared")

    materializes = False
    outputs: Any
    __repr__ = object.__repr__
    _forward_cls: ClassVar[Any]

    def __init__(self, args: tuple[Any, ...]) -> None:
        needs = tuple([isinstance(a, Tensor) and tracked(a) for a in args])
        self.shared: dict[str, Any] = {"needs_input_grad": needs}
        self.recorded = MODE.grad and any(needs)
        self.edges = tuple([edge_of(a) if isinstance(a, Tensor) and MODE.grad else None for a in args])
        self.shapes = tuple([(a._array.shape, a._dtype, a._device) if isinstance(a, Tensor) else None for a in args])
        self.forward = _forward(args)
        self.saved, self.versions, self.outputs = (), (), ()
        self.args = self.hooks = None
        self.freed = self.accessed = False
        self.sequence = next(SEQUENCE)
        if ANOMALY.enabled:
            remember(self)

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What was saved. RuntimeError if it was freed, or modified in place since."""
        if self.accessed:
            raise RuntimeError(
                "saved_tensors can only be accessed once when clear_saved_tensors_on_access=True is set on the "
                "autograd.Function"
            )
        if self.freed:
            raise RuntimeError(FREED)
        found = tuple(self.tensors())
        if self._forward_cls.clear_saved_tensors_on_access and found:
            self.saved, self.versions, self.accessed = (), (), True
        return found

    @property
    def _raw_saved_tensors(self) -> tuple[Any, ...]:
        return tuple([Node.place(self, i) for i in range(len(self.saved or ()))])

    def release(self) -> None:
        """Frees what was saved; what hangs on `ctx` as an attribute stays."""
        self.saved, self.versions, self.freed = (), (), True

    def __getattr__(self, name: str) -> Any:
        shared = self.shared
        return shared[name] if name in shared else super().__getattr__(name)

    def keep(self, tensors: tuple[Any, ...]) -> None:
        """Saves what `save_for_backward` was given, once the outputs are known. TypeError for what is no tensor."""
        items = []
        for i, t in enumerate(tensors):
            if t is not None and not isinstance(t, Tensor):
                kind = type(t).__name__
                raise TypeError(f"save_for_backward can only save variables, but argument {i} is of type {kind}")
            items.append(t if t is None else self._kept(t))
        self.versions = tuple([0 if t is None or t._counter in (None, INFERENCE) else t._version for t in tensors])
        self.saved = tuple(items)

    def _kept(self, t: Tensor) -> Any:
        number = t._edge[1] if t._edge is not None and t._edge[0] is self else None
        if MODE.packing is not None:
            return Packed(t, edge_of(t) if number is None else None, MODE.packing, number)
        return t if number is None else snapshot_of(t, number)

    def gradient(self, *grads: Any) -> Gradients:
        """Calls the user's backward, and checks what it returns."""
        ctx = FunctionCtx(self)
        if ctx.materialize_grads:
            grads = tuple([_zeros(self.outputs[i]) if g is None else g for i, g in enumerate(grads)])
        if self.forward:
            return self._transposed(grads)
        written = _written_backward(self._forward_cls)
        found = written(ctx, list(grads)) if self._forward_cls.boxed_grads_call else written(ctx, *grads)
        return self._checked(found if isinstance(found, tuple) else (found,))

    def _transposed(self, grads: tuple[Any, ...]) -> tuple[Any, ...]:
        """The gradient in forward mode, where `jvp` defines the derivative: v ↦ jvp(v) is linear, and its own gradient
        along g is the product from the left."""
        with enable_grad():
            tangents = [None if like is None else _zeros(like) for like in self.shapes]
            wanted = [
                t.requires_grad_() for t, edge in zip(tangents, self.edges, strict=True) if t is not None and edge
            ]
            pushed = self._forward_cls.jvp(FunctionCtx(self, forward=True), *tangents)
            pushed = pushed if isinstance(pushed, tuple) else (pushed,)
            pairs = [
                (o, g) for o, g in zip(pushed, grads, strict=True) if o is not None and g is not None and tracked(o)
            ]
            outputs, weights = [o for o, _ in pairs], [g for _, g in pairs]
            found = gradients(outputs, wanted, weights, create_graph=True, allow_unused=True) if pairs else ()
        left = iter(found or [None] * len(wanted))
        return tuple([next(left) if edge else None for edge in self.edges])

    def _checked(self, found: tuple[Any, ...]) -> tuple[Any, ...]:
        count = len(self.edges)
        if len(found) < count or any(g is not None for g in found[count:]):
            raise RuntimeError(
                f"function {self.name()} returned an incorrect number of gradients (expected {count}, got {len(found)})"
            )
        for i, g in enumerate(found[:count]):
            if g is not None and self.shapes[i] is None:
                raise RuntimeError(
                    f"function {self.name()} returned a gradient different than None at position {i + 1}, but the "
                    "corresponding forward input was not a Variable"
                )
            if g is not None and not isinstance(g, Tensor):
                raise RuntimeError(f"expected Variable or None (got {type(g).__name__})")
        return found[:count]


def _zeros(like: Any) -> Tensor | None:
    """Zeros of a shape, dtype and device; None for None, which stands where no tensor is."""
    if like is None:
        return None
    shape, dtype, device = like
    return wrap(np.zeros(shape, dtype.numpy), dtype, device)


def _written_backward(function: Any) -> Callable[..., Any]:
    """The user's `backward`, or `vjp`, its other name. RuntimeError if there are both."""
    backward, vjp = function.backward is not Function.backward, function.vjp is not Function.vjp
    if backward and vjp:
        raise RuntimeError(
            "Implementing both 'backward' and 'vjp' for a custom Function is not allowed. You should only implement "
            "one of them."
        )
    written: Callable[..., Any] = function.vjp if vjp else function.backward
    return written


class Function:
    """An operation with a gradient of its own: subclasses define static `forward` and `backward`, and are used through
    `apply`."""

    generate_vmap_rule = False
    clear_saved_tensors_on_access = False
    """`saved_tensors` can be read once, and is freed then."""
    boxed_grads_call = False
    """`backward` gets its gradients as one list."""
    _backward_cls: ClassVar[type[FunctionNode]]

    def __init_subclass__(cls) -> None:
        cls._backward_cls = type(f"{cls.__name__}Backward", (FunctionNode,), {"_forward_cls": cls, "__slots__": ()})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        warnings.warn(
            f"{type(self)} should not be instantiated. Methods on autograd functions are all static, so you should "
            "invoke them on the class itself. Instantiating an autograd function will raise an error in a future "
            "version of PyTorch.",
            DeprecationWarning,
            stacklevel=2,
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """RuntimeError: a Function is used through `apply`."""
        raise RuntimeError(
            "Legacy autograd function with non-static forward method is deprecated. Please use new-style autograd "
            "function with static forward method. (Example: "
            "https://pytorch.org/docs/stable/autograd.html#torch.autograd.Function)"
        )

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """`forward(ctx, *inputs)`; without `ctx` where there is a `setup_context`."""
        raise NotImplementedError("You must implement the forward function for custom autograd.Function.")

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> Any:
        """Fills `ctx` after a `forward` that does not see it."""
        raise NotImplementedError("setup_context is not implemented.")

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        """One gradient for each input of `forward`, from one for each of its outputs."""
        raise NotImplementedError(
            "You must implement either the backward or vjp method for your custom autograd.Function to use it with "
            "backward mode AD."
        )

    vjp = backward

    @staticmethod
    def jvp(ctx: Any, *grad_inputs: Any) -> Any:
        """One tangent for each output of `forward`, from one for each of its inputs."""
        raise NotImplementedError(
            "You must implement the jvp function for custom autograd.Function to use it with forward mode AD."
        )

    @staticmethod
    def vmap(info: Any, in_dims: tuple[int | None, ...], *args: Any) -> Any:
        """The results of a batch of arguments, and the dimensions in which they are a batch."""
        raise NotImplementedError(
            "To use autograd.Function with vmap, you must either override the vmap staticmethod or set "
            "generate_vmap_rule=True."
        )

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Runs `forward` without recording, and makes its results outputs of one node."""
        separate = cls.setup_context is not Function.setup_context
        if separate:
            bound = inspect.signature(cls.forward).bind(*args, **kwargs)
            bound.apply_defaults()
            args, kwargs = bound.args, bound.kwargs
        inputs = (*args, *kwargs.values())
        if MODE.transforms:
            _check_transformed(cls, separate)
            if MODE.mapping is not None and cls.vmap is not Function.vmap:
                return _applied_to_batch(cls, inputs)
        if cls.jvp is Function.jvp and _forward(inputs):
            cls.jvp(None)
        node = cls._backward_cls(inputs)
        ctx = FunctionCtx(node)
        with no_grad():
            if separate:
                output = cls.forward(*args, **kwargs)
                cls.setup_context(ctx, inputs, output)
            else:
                output = cls.forward(ctx, *args, **kwargs)
        found = output if isinstance(output, tuple) else (output,)
        results = placed(node, ctx.marks(), inputs, found)
        return results if isinstance(output, tuple) else results[0]


def _check_transformed(function: Any, separate: bool) -> None:
    """RuntimeError for a Function that says too little to be transformed."""
    more = "For more details, please see https://pytorch.org/docs/main/notes/extending.func.html"
    if not separate:
        raise RuntimeError(
            "In order to use an autograd.Function with functorch transforms (vmap, grad, jvp, jacrev, ...), it must "
            f"override the setup_context staticmethod. {more}"
        )
    ruled = function.vmap is not Function.vmap
    if MODE.mapping is not None and function.generate_vmap_rule and ruled:
        raise RuntimeError(
            f"You tried to vmap over {function.__name__}, but it has both generate_vmap_rule=True and an overridden "
            "vmap staticmethod. Please set generate_vmap_rule=False or delete the overridden vmap staticmethod to "
            f"avoid ambiguity. {more}"
        )
    if MODE.mapping is not None and not function.generate_vmap_rule and not ruled:
        raise RuntimeError(
            f"You tried to vmap over {function.__name__}, but it does not have vmap support. Please override and "
            f"implement the vmap staticmethod or set generate_vmap_rule=True. {more}"
        )


class VmapInfo(NamedTuple):
    """What a `vmap` tells the rule of a Function."""

    batch_size: int
    randomness: str


def _applied_to_batch(function: Any, inputs: tuple[Any, ...]) -> Any:
    """The rule of a Function for a slice, which is given to it as a batch of one."""
    info = VmapInfo(1, MODE.mapping or "error")
    batched = [t.unsqueeze(0) if isinstance(t, Tensor) else t for t in inputs]
    before, MODE.mapping = MODE.mapping, None
    try:
        found, dims = function.vmap(info, tuple([0 if isinstance(t, Tensor) else None for t in inputs]), *batched)
    finally:
        MODE.mapping = before
    if isinstance(found, tuple):
        return tuple([o if dim is None else o.select(dim, 0) for o, dim in zip(found, dims, strict=True)])
    return found if dims is None else found.select(dims, 0)


class Error(Node):
    """The gradient of what is differentiable once."""

    __slots__ = ()
    outputs: Any

    def name(self) -> str:
        """Torch's name, which tells the namespace."""
        return "torch::autograd::Error"

    def gradient(self, *grads: Any) -> Gradients:
        raise RuntimeError("trying to differentiate twice a function that was marked with @once_differentiable")


def once_differentiable(fn: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator of `backward`: it runs without recording, and differentiating its results raises."""

    @functools.wraps(fn)
    def wrapper(ctx: Any, *args: Any) -> Any:
        with no_grad():
            outputs = fn(ctx, *args)
        if not MODE.grad or not any(isinstance(a, Tensor) and tracked(a) for a in args):
            return outputs
        found = outputs if isinstance(outputs, tuple) else (outputs,)
        described = tuple([(o._array.shape, o._dtype, o._device) if o is not None else None for o in found])
        node = unsaving(Error, (), described)
        refusing = tuple([None if o is None else _leading_to(o, (node, i)) for i, o in enumerate(found)])
        return refusing if isinstance(outputs, tuple) else refusing[0]

    return wrapper


def _leading_to(o: Tensor, edge: Any) -> Tensor:
    o = alias(o, counter(o))
    o._edge = edge
    return o
