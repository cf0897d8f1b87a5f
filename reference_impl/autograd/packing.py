"""Hooks on what nodes save: each saved tensor passes through one when it is saved, and through another when it is
needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ..gradmode import MODE
from ..tensor import Tensor
from .history import edge_of
from .node import Node, Packed, Snapshot

_NOTHING = "Calling register_hooks on a saved tensor with value None is forbidden"
_GONE = (
    "Calling register_hooks on a saved tensor after it has been freed. Saved intermediate values of the graph are "
    "freed when you call .backward() or autograd.grad(). Specify retain_graph=True if you need to backward through the "
    "graph a second time or if you need to access saved variables after calling backward."
)


class SavedTensor:
    """The place of one tensor that a node saved: `node._raw_saved_self`."""

    __slots__ = ("_index", "_node")

    def __init__(self, node: Node, index: int) -> None:
        self._node = node
        self._index = index

    def register_hooks(self, pack_hook: Callable[[Tensor], Any], unpack_hook: Callable[[Any], Tensor]) -> None:
        """Passes this one tensor through `pack_hook` now, and what that returns through `unpack_hook` each time the
        tensor is needed.

        TypeError for hooks that cannot be called, RuntimeError where there are hooks, no tensor, or no longer one.
        """
        node, index = self._node, self._index
        if not (callable(pack_hook) and callable(unpack_hook)):
            raise TypeError("register_hooks(): incompatible function arguments. Two functions are expected.")
        item = node.saved[index] if node.saved and index < len(node.saved) else None
        if isinstance(item, Packed):
            raise RuntimeError(
                "Calling register_hooks on a saved tensor whose hooks have already been set. Hint: only one pair of "
                "hooks is allowed at a time."
            )
        if isinstance(item, Snapshot):
            t, edge, output = item.tensor, item.edge, None if item.edge else item.output
        elif isinstance(item, Tensor):
            t, edge, output = item, edge_of(item), None
        else:
            raise RuntimeError(_NOTHING if node.saved else _GONE)
        packed = Packed(t, edge, (pack_hook, unpack_hook), output)
        assert node.saved is not None
        node.saved = (*node.saved[:index], packed, *node.saved[index + 1 :])


Node.place = SavedTensor


class saved_tensors_hooks:  # noqa: N801
    """A context manager: every tensor that is saved inside passes through `pack_hook`, and what that returns through
    `unpack_hook` each time the tensor is needed. Of nested blocks the innermost prevails.

    TypeError for hooks that cannot be called, RuntimeError where such hooks are disabled.
    """

    def __init__(self, pack_hook: Callable[[Tensor], Any], unpack_hook: Callable[[Any], Tensor]) -> None:
        self.pack_hook = pack_hook
        self.unpack_hook = unpack_hook
        self._before: list[Any] = []

    def __enter__(self) -> None:
        if MODE.unpacked is not None:
            raise RuntimeError(MODE.unpacked)
        for hook in (self.pack_hook, self.unpack_hook):
            if not callable(hook):
                raise TypeError(f"a hook on saved tensors is a function, not {type(hook).__name__}")
        self._before.append(MODE.packing)
        MODE.packing = (self.pack_hook, self.unpack_hook)

    def __exit__(self, *exc: object) -> None:
        MODE.packing = self._before.pop()


@contextmanager
def disable_saved_tensors_hooks(error_message: str) -> Iterator[None]:
    """A context manager in which hooks on saved tensors raise a RuntimeError with the message; so does the block itself
    within such hooks."""
    if MODE.packing is not None:
        raise RuntimeError(error_message)
    before, MODE.unpacked = MODE.unpacked, error_message
    try:
        yield
    finally:
        MODE.unpacked = before


class save_on_cpu(saved_tensors_hooks):  # noqa: N801
    """A context manager: what is saved inside waits in the host's memory, and comes back when it is needed."""

    def __init__(self, pin_memory: bool = False, device_type: str = "cuda") -> None:
        def pack(t: Tensor) -> tuple[Any, Tensor]:
            host = t.detach().to("cpu")
            return t.device, host.pin_memory() if pin_memory else host

        def unpack(packed: tuple[Any, Tensor]) -> Tensor:
            device, host = packed
            return host.to(device)

        super().__init__(pack, unpack)


class _Copies:
    """The tensors that were saved in a block of `allow_mutation_on_saved_tensors`, as they were then."""

    enclosing: _Copies | None = None

    def __init__(self) -> None:
        self.open = True

    def pack(self, t: Tensor) -> Tensor:
        """A copy."""
        return t.detach().clone()

    def unpack(self, copy: Tensor) -> Tensor:
        """The copy. AssertionError after the block."""
        if not self.open:
            raise AssertionError(
                "Trying to backward outside of the 'allow_mutation_on_saved_tensors' context"
                "in which the graph was originally recorded."
            )
        return copy


@contextmanager
def allow_mutation_on_saved_tensors() -> Iterator[_Copies]:
    """A context manager: what is saved inside may be written later; backward, inside too, computes with what it was.

    RuntimeError in another such block. The copies are made when the tensors are saved; torch waits until they are
    written.
    """
    if _Copies.enclosing is not None:
        raise RuntimeError("allow_mutation_on_saved_tensors contexts cannot be nested")
    copies = _Copies.enclosing = _Copies()
    try:
        with saved_tensors_hooks(copies.pack, copies.unpack):
            yield copies
    finally:
        _Copies.enclosing, copies.open = None, False
