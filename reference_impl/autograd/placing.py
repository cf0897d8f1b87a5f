"""The results of a custom Function and their places in the graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..gradmode import no_grad
from ..tensor import INFERENCE, Tensor, alias, counter, tracked
from .history import FUNCTION, MULTIPLE, check_view, rebase

if TYPE_CHECKING:
    from .function import FunctionNode


def placed(
    node: FunctionNode, marks: tuple[tuple[Any, ...], ...], inputs: tuple[Any, ...], found: tuple[Any, ...]
) -> tuple[Any, ...]:
    """The outputs, each with its place in the graph. `marks`: those that are overwritten inputs, those that no gradient
    flows through, and what is to be saved."""
    dirty, constant, saved = marks
    _check_marks(dirty, constant, found)
    for t in dirty:
        if t._counter is not INFERENCE:
            counter(t).value += 1
    node.outputs = tuple([(o._array.shape, o._dtype, o._device) if isinstance(o, Tensor) else None for o in found])
    results = []
    for i, o in enumerate(found):
        if isinstance(o, Tensor):
            flows = node.recorded and o._dtype.differentiable and not _among(o, constant)
            o = _place(node, i, o, _among(o, inputs), _among(o, dirty), flows)
        results.append(o)
    _restrict(results, inputs)
    if node.recorded:
        node.keep(saved)
    return tuple(results)


def _check_marks(dirty: tuple[Any, ...], constant: tuple[Any, ...], found: tuple[Any, ...]) -> None:
    for t in dirty:
        if not isinstance(t, Tensor):
            raise RuntimeError("mark_dirty can only accept variables, but argument is of another type")
        if not _among(t, found):
            raise RuntimeError(
                "Some elements marked as dirty during the forward method were not returned as output. The inputs that "
                "are modified inplace must all be outputs of the Function."
            )
    if not all(isinstance(t, Tensor) for t in constant):
        raise RuntimeError("mark_non_differentiable only accepts variable arguments, but got another type")


def _among(value: Any, values: Sequence[Any]) -> bool:
    return any(value is each for each in values)


def _place(node: FunctionNode, number: int, o: Tensor, own: bool, dirty: bool, flows: bool) -> Tensor:
    """One output in its place: an input that comes back unchanged becomes a view of itself."""
    if not flows:
        if not tracked(o):
            return _itself_viewed(o) if own and not dirty else o
        return alias(o, counter(o)) if own else o
    if own and dirty:
        _overwrite(node, number, o)
        return o
    if own:
        o = _itself_viewed(o)
    o._edge = (node, number)
    return o


def _itself_viewed(o: Tensor) -> Tensor:
    with no_grad():
        viewed: Tensor = o.view_as(o)
    return viewed


def _overwrite(node: FunctionNode, number: int, o: Tensor) -> None:
    """Makes the Function the origin of an input that it overwrote. RuntimeError for a leaf, a view of one, and one of
    several outputs if it is a view."""
    if o._flag:
        raise RuntimeError("a leaf Variable that requires grad has been used in an in-place operation.")
    if o._view is not None:
        if len(node.outputs) > 1:
            raise RuntimeError(
                "If your Function modifies inplace an input that is a view of another Tensor, your Function cannot "
                "return more than one Tensor. This is not supported by the current autograd engine. You should either "
                "make sure the input is not a view (using .clone() for example) or make your Function only return one "
                "Tensor (potentially splitting it into two Functions: one doing the inplace that returns a single "
                "Tensor and a second one that does the other operations)."
            )
        check_view(o)
        if o._view.base._flag:
            raise RuntimeError("a view of a leaf Variable that requires grad is being used in an in-place operation.")
    rebase(o, (node, number))


def _restrict(results: list[Any], inputs: tuple[Any, ...]) -> None:
    """Views that come from a Function are not written while gradients are recorded."""
    flowing = [o for o in results if isinstance(o, Tensor) and o._edge is not None]
    for o in results:
        if isinstance(o, Tensor) and o._view is not None and not _among(o, inputs):
            o._view.restriction = MULTIPLE if len(flowing) > 1 else FUNCTION
