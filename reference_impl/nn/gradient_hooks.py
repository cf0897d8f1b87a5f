"""Hooks that see the gradients of a module's inputs and results."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

from ..autograd.function import Function
from ..gradmode import is_grad_enabled
from ..tensor import Tensor

NO_INPUT = (
    "Full backward hook is firing when gradients are computed with respect to module outputs since no inputs require "
    "gradients. See https://docs.pytorch.org/docs/main/generated/torch.nn.Module.html"
    "#torch.nn.Module.register_full_backward_hook for more details."
)


class BackwardHookFunction(Function):
    """The tensors themselves: a node around the module, whose hooks see all its gradients together."""

    @staticmethod
    def forward(ctx: Any, *tensors: Tensor) -> tuple[Tensor, ...]:
        """The tensors, as views."""
        ctx.mark_non_differentiable(*[t for t in tensors if not t.requires_grad])
        return tensors

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, ...]:
        """The gradients."""
        return grads


class GradientHooks:
    """The backward hooks of one call of a module. `hooks` see the gradients of inputs and results, `prior` those of
    the results."""

    def __init__(self, module: Any, hooks: Sequence[Any], prior: Sequence[Any]) -> None:
        self.module = module
        self.hooks = hooks
        self.prior = prior
        self.arrived: Any = None
        self.inputs: tuple[int, list[int] | None] = 0, None
        self.outputs: tuple[int, list[int] | None] = 0, None

    def enter(self, args: Any) -> Any:
        """The arguments, behind a node that calls the hooks."""
        args, places = _behind(args, self._at_inputs)
        self.inputs = len(args), places
        return args

    def leave(self, result: Any) -> Any:
        """The result, behind a node that tells the gradients of the results."""
        if not isinstance(result, (Tensor, tuple)):
            warnings.warn(
                "For backward hooks to be called, module output should be a Tensor or a tuple of Tensors but received "
                f"{type(result)}",
                stacklevel=5,
            )
        results = result if isinstance(result, tuple) else (result,)
        placed, places = _behind(results, self._at_outputs)
        self.outputs = len(results), places
        return placed if isinstance(result, tuple) else placed[0]

    def _at_inputs(self, grads: tuple[Any, ...], _: Any) -> Any:
        if self.arrived is None:
            return None
        count, places = self.inputs
        found: Any = _spread(count, places, grads)
        for hook in self.hooks:
            replaced = hook(self.module, found, self.arrived)
            if replaced is None:
                continue
            if len(replaced) != len(found):
                raise RuntimeError(
                    f"Backward hook returned an invalid number of grad_input, got {len(replaced)}, but expected "
                    f"{len(found)}"
                )
            found = replaced
        self.arrived = None
        return tuple([found[place] for place in places or ()])

    def _at_outputs(self, _: Any, grads: tuple[Any, ...]) -> Any:
        count, places = self.outputs
        self.arrived = _spread(count, places, grads)
        for hook in self.prior:
            replaced = hook(self.module, self.arrived)
            if replaced is None:
                continue
            if len(replaced) != count:
                raise RuntimeError(
                    f"Backward pre hook returned an invalid number of grad_output, got {len(replaced)}, but expected "
                    f"{count}"
                )
            self.arrived = replaced
        arrived = self.arrived
        if self.inputs[1] is None:
            self._without_inputs()
        return tuple([arrived[place] for place in places or ()])

    def _without_inputs(self) -> None:
        warnings.warn(NO_INPUT, stacklevel=6)
        nothing = (None,) * self.inputs[0]
        for hook in self.hooks:
            found = hook(self.module, nothing, self.arrived)
            if found is not None and not (isinstance(found, tuple) and all(each is None for each in found)):
                raise RuntimeError(
                    "Backward hook for Modules where no input requires gradient should always return None or None for "
                    "all gradients."
                )
        self.arrived = None


def _spread(count: int, places: list[int] | None, values: Sequence[Any]) -> tuple[Any, ...]:
    """Values at their places, None elsewhere."""
    found: list[Any] = [None] * count
    for place, value in zip(places or (), values, strict=True):
        found[place] = value
    return tuple(found)


def _behind(values: Any, told: Callable[..., Any]) -> tuple[Any, list[int] | None]:
    """The values with the tensors among them behind a node that calls the function, and their places; the values
    themselves and None where no gradient is recorded."""
    places = [i for i, value in enumerate(values) if isinstance(value, Tensor)]
    if not (is_grad_enabled() and any(values[i].requires_grad for i in places)):
        return values, None
    placed = BackwardHookFunction.apply(*[values[i] for i in places])
    node = next(t.grad_fn for t in placed if t.grad_fn is not None)

    def hook(grad_inputs: tuple[Any, ...], grad_outputs: tuple[Any, ...]) -> Any:
        return told(grad_inputs, grad_outputs)

    node.register_hook(hook)
    found = list(values)
    for place, t in zip(places, placed, strict=True):
        found[place] = t
    return tuple(found) if type(values) is tuple else type(values)(*found), places


def hook_node(module: Any, hooks: Sequence[Any], inputs: Any, result: Any) -> None:
    """Hooks of the old kind: they see what the last operation of the module gets and gives."""
    first = result
    while not isinstance(first, Tensor):
        first = next(v for v in first.values() if isinstance(v, Tensor)) if isinstance(first, dict) else first[0]
    node = first.grad_fn
    if node is None:
        return
    for hook in hooks:
        node.register_hook(lambda grad_input, grad_output, hook=hook: hook(module, grad_input, grad_output))
    told = _partial(node, inputs, result)
    if told:
        warnings.warn(told, FutureWarning, stacklevel=4)


def _partial(node: Any, inputs: Any, result: Any) -> str | None:
    """What hooks of the old kind miss, in torch's words."""
    start = "Using {}is deprecated and will be removed in future versions. This hook will be missing some {}."
    better = " Please use register_full_backward_hook to get the documented behavior."
    results, args = [v if isinstance(v, tuple) else (v,) for v in (result, inputs)]
    a_module = "non-full backward hooks on a Module that does not "
    if not all(isinstance(r, Tensor) for r in results):
        return start.format(a_module + "return a single Tensor or a tuple of Tensors ", "of the grad_output") + better
    if not all(isinstance(a, Tensor) for a in args):
        kind = "take as input a single Tensor or a tuple of Tensors "
        return start.format(a_module + kind, "of the grad_input") + better
    nodes = {r.grad_fn for r in results if r.grad_fn is not None}
    when = "a non-full backward hook when "
    if not nodes or (len(nodes) == 1 and node not in nodes):
        return start.format(when + "outputs are nested in python data structure ", "grad_output")
    if len(nodes) > 1:
        return start.format(when + "outputs are generated by different autograd Nodes ", "grad_output") + better
    if {a.grad_fn for a in args if a.grad_fn is not None} != {edge[0] for edge in node.next_functions}:
        return start.format(when + "the forward contains multiple autograd Nodes ", "grad_input") + better
    return None
