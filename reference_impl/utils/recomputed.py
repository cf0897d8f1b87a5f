"""Tensors that were saved and not kept: they are computed again when a backward pass needs the first of them."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from ..autograd import enable_grad
from ..autograd.engine import current
from ..autograd.node import Node
from ..autograd.packing import saved_tensors_hooks
from ..op import link
from ..tensor import Tensor


class CheckpointError(RuntimeError):
    """A function that was called again did something else than the first time."""


class _EnoughError(Exception):
    """Everything that is needed has been computed again."""


class _Holder:
    """Stands in the graph for a tensor that was saved."""

    __slots__ = ("__weakref__",)


class _Outside:
    """Stands for a backward pass where there is none."""


def _described(t: Tensor) -> dict[str, Any]:
    return {"shape": t.shape, "dtype": t.dtype, "device": t.device}


CHECKS: dict[str, Callable[[Tensor], Any]] = {"default": _described, "none": lambda t: None}
"""What of a saved tensor is compared with that of the one computed again."""

Values = WeakKeyDictionary[_Holder, Tensor]


class Frame:
    """One call of a function: what it saved, and how to compute that again.

    Each backward pass computes the values once. A value lives as long as the node that saved it may ask for it, and no
    longer than the pass.
    """

    def __init__(
        self, again: Callable[..., None], args: tuple[Any, ...], early: bool, describe: Callable[[Tensor], Any]
    ) -> None:
        self.again, self.early, self.describe = again, early, describe
        self.places = [i for i, a in enumerate(args) if isinstance(a, Tensor)]
        self.inputs: Node = link(Node, (), [args[i] for i in self.places], None)
        self.args = tuple([None if isinstance(a, Tensor) else a for a in args])
        self.holders: list[weakref.ref[_Holder]] = []
        self.descriptions: list[Any] = []
        self.complete = False
        self.found: WeakKeyDictionary[Any, Values] = WeakKeyDictionary()

    def packing(self) -> saved_tensors_hooks:
        """The hooks on what the function saves in its first call."""
        return saved_tensors_hooks(self._pack, self._unpack)

    def _pack(self, t: Tensor) -> _Holder:
        holder = _Holder()
        self.holders.append(weakref.ref(holder))
        self.descriptions.append(self.describe(t))
        return holder

    def _unpack(self, holder: _Holder) -> Tensor:
        walk = current() or _Outside()
        values = self.found.get(walk)
        if values is None:
            values = self.found[walk] = self._recompute()
        return values[holder]

    def _recompute(self) -> Values:
        values: Values = WeakKeyDictionary()
        count = 0

        def keep(t: Tensor) -> Tensor:
            nonlocal count
            t = t.detach() if t.requires_grad else t
            number, count = count, count + 1
            if number >= len(self.holders):
                if not self.complete:  # a backward pass inside of the function
                    return t
                raise CheckpointError(
                    "torch.utils.checkpoint: trying to save more tensors during recomputation than during the original "
                    "forward pass.\n"
                )
            holder = self.holders[number]()
            if holder is not None:
                values[holder] = t
            if self.early and count == len(self.holders):
                raise _EnoughError
            return t

        args = list(self.args)
        for i, t in zip(self.places, self.inputs.tensors(), strict=True):
            args[i] = t
        try:
            with saved_tensors_hooks(keep, lambda t: t), enable_grad():
                self.again(*args)
        except _EnoughError:
            pass
        if self.complete or count < len(self.holders):
            self._check(values, count)
        return values

    def _check(self, values: Values, count: int) -> None:
        """CheckpointError for another number of tensors, or tensors of another kind."""
        if count != len(self.holders):
            raise CheckpointError(
                "torch.utils.checkpoint: A different number of tensors was saved during the original forward and "
                f"recomputation.\nNumber of tensors saved during forward: {len(self.holders)}\n"
                f"Number of tensors saved during recomputation: {count}.\n"
            )
        different = ""
        for i, (reference, before) in enumerate(zip(self.holders, self.descriptions, strict=True)):
            holder = reference()
            now = before if holder is None else self.describe(values[holder])
            if now != before:
                different += f"tensor at position {i}:\nsaved metadata: {before}\nrecomputed metadata: {now}\n"
        if different:
            raise CheckpointError(
                "torch.utils.checkpoint: Recomputed values for the following tensors have different metadata than "
                f"during the forward pass.\n{different}.\n"
            )
