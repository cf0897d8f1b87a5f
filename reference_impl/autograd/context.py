"""The context of a custom Function: what its `forward` and `backward` see of their node."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..tensor import Tensor

if TYPE_CHECKING:
    from .function import FunctionNode


class FunctionCtx:
    """What `forward` and `backward` share: tensors that are saved, marks, and any attribute.

    Each of them sees a context of its own; their attributes are one dictionary, which belongs to the node. A name
    that the engine uses of a node is free for the user here.
    """

    __slots__ = ("__dict__", "__weakref__", "_forward", "_node")
    dirty_tensors: tuple[Any, ...] = ()
    non_differentiable: tuple[Any, ...] = ()
    to_save: tuple[Any, ...] = ()
    saved_for_forward: tuple[Any, ...] = ()
    materialize_grads = True
    needs_input_grad: tuple[bool, ...] = ()
    """For each argument of `apply` whether it is a tensor that requires grad."""

    def __init__(self, node: FunctionNode, forward: bool = False) -> None:
        """`forward`: `saved_tensors` are those of `save_for_forward`."""
        self.__dict__ = node.shared
        self._node = node
        self._forward = forward

    def __getattr__(self, name: str) -> Any:
        return getattr(self._node, name)

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What was saved. RuntimeError if it was freed, or modified in place since."""
        return self.saved_for_forward if self._forward else self._node.saved_tensors

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keeps tensors for `backward`, where `saved_tensors` gives them. The last call counts."""
        self.to_save = tensors

    def save_for_forward(self, *tensors: Tensor | None) -> None:
        """Keeps tensors for `jvp`. AssertionError for anything else."""
        for t in tensors:
            if t is not None and not isinstance(t, Tensor):
                raise AssertionError(
                    "save_for_forward expects all arguments to be tensors; you should save non-tensors as attributes "
                    "on ctx."
                )
        if self._node.forward:
            self.saved_for_forward = tensors

    def mark_dirty(self, *tensors: Tensor) -> None:
        """Says which inputs `forward` overwrites; it returns each of them."""
        self.dirty_tensors = tensors

    def mark_non_differentiable(self, *tensors: Tensor) -> None:
        """Says which outputs no gradient flows through."""
        self.non_differentiable = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """Whether undefined gradients arrive as zeros (so it is without this call) or as None."""
        self.materialize_grads = value

    def marks(self) -> tuple[tuple[Any, ...], ...]:
        """What was marked as overwritten and as constant, and what is to be saved. They are forgotten: a result that
        its own node holds would stay alive."""
        found = self.dirty_tensors, self.non_differentiable, self.to_save
        for name in ("dirty_tensors", "non_differentiable", "to_save"):
            self.__dict__.pop(name, None)
        return found
