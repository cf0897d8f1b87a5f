"""`torch.autograd.functional`: Jacobians, Hessians and their products with vectors, of functions of tensors.

A product of a Jacobian with a vector from the right (`jvp`, `hvp`) is the gradient of a gradient: the product from the
left, u J, is linear in u, and its derivative by u along v is J v (J. Townsend, "A new trick for calculating Jacobian
vector products", 2017).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ..gradmode import enable_grad, is_grad_enabled, set_grad_enabled
from ..tensor import Tensor
from .gradients import grad

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]

Function = Callable[..., Any]
Tensors = tuple[Tensor, ...]
OUTPUTS = "outputs of the user-provided function"


def vjp(func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """What `func` gives at `inputs`, and `v` times its Jacobian there: one tensor for each input, of its shape.

    v       shaped as the outputs; may be left out for a single output with one element
    strict  RuntimeError where outputs do not depend on an input, instead of zeros
    """
    with enable_grad():
        several, xs, copies = _prepared(inputs, "vjp", create_graph)
        many, outputs = _called(func, copies, "vjp", strict)
        vector = _vector(v, outputs, many, "vjp", create_graph, _NO_OUTPUT_VECTOR)
    with set_grad_enabled(create_graph or is_grad_enabled()):
        product = _gradients(outputs, copies, vector, create_graph)
        found = _filled(product, xs, strict, create_graph, _INDEPENDENT_INPUT, "jacobian")
    return _packed(outputs, many, create_graph), _packed(found, several, create_graph)


def jvp(func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """What `func` gives at `inputs`, and its Jacobian there times `v`: one tensor for each output, of its shape.

    v       shaped as the inputs; may be left out for a single input with one element
    strict  RuntimeError where outputs do not depend on an input, instead of zeros
    """
    with enable_grad():
        several, xs, copies = _prepared(inputs, "jvp", create_graph)
        vector = _vector(v, xs, several, "jvp", create_graph, _NO_INPUT_VECTOR)
        many, outputs = _called(func, copies, "jvp", strict)
        weights = tuple([_zeros(y).requires_grad_() for y in outputs])
        products = _gradients(outputs, copies, weights, True)
        if strict:
            _check_gradients(products)
    with set_grad_enabled(create_graph or is_grad_enabled()):
        along = _gradients(products, weights, vector, create_graph)
        found = _filled(along, outputs, strict, create_graph, _INDEPENDENT_WEIGHT, "jacobian")
    return _packed(outputs, many, create_graph), _packed(found, many, create_graph)


def jacobian(
    func: Function,
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """The derivative of every output of `func` by every input, at `inputs`.

    A tensor of shape output + input; for several inputs a tuple with one for each, for several outputs a tuple of
    these.

    strict    RuntimeError where an output does not depend on an input, instead of zeros
    strategy  "forward-mode" gives columns and is for vectorize=True alone; the numbers are the same
    """
    if strategy not in ("forward-mode", "reverse-mode"):
        raise AssertionError(_STRATEGY + _STRATEGY_HINT)
    if strategy == "forward-mode":
        _check_forward(create_graph, strict, vectorize)
        return _columns(func, inputs)
    with enable_grad():
        several, _, copies = _prepared(inputs, "jacobian", create_graph)
        many, outputs = _called(func, copies, "jacobian", strict)
        if vectorize and strict:
            raise RuntimeError(_EXCLUDES)
        rows = [[_row(y, copies, create_graph) for y in _elements(output)] for output in outputs]
        if strict:
            _check_rows(rows, create_graph)
        table = [_stacked(found, output, copies) for found, output in zip(rows, outputs, strict=True)]
    return _nested(table, many, several, create_graph)


def hessian(
    func: Function,
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """The second derivative of `func`, which gives one number, by every pair of inputs: the Jacobian of its Jacobian.

    A tensor of shape input + input; for several inputs a tuple of tuples of these.
    """
    several, _ = _as_tuple(inputs, "inputs", "hessian")
    if outer_jacobian_strategy not in ("forward-mode", "reverse-mode"):
        raise AssertionError(_STRATEGY)

    def number(*xs: Tensor) -> Tensor:
        (y,) = _scalar(func, xs, "hessian", strict)
        return y.squeeze()

    def slopes(*xs: Tensor) -> Any:
        found = jacobian(number, xs, create_graph=True)
        if strict:
            _check_slopes(found)
        return found if several else found[0]

    return jacobian(slopes, inputs, create_graph, strict, vectorize, outer_jacobian_strategy)


def vhp(func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """What `func` gives at `inputs`, one number, and `v` times its Hessian there: one tensor for each input."""
    with enable_grad():
        several, xs, copies = _prepared(inputs, "vhp", create_graph)
        vector = _vector(v, xs, several, "vhp", create_graph, _NO_VECTOR)
        outputs = _scalar(func, copies, "vhp", strict)
        slopes = _gradients(outputs, copies, None, True)
        if strict:
            _check_slopes(slopes)
    with set_grad_enabled(create_graph or is_grad_enabled()):
        product = _gradients(slopes, copies, vector, create_graph)
        found = _filled(product, xs, strict, create_graph, _INDEPENDENT_JACOBIAN, "hessian")
    return _packed(outputs, False, create_graph), _packed(found, several, create_graph)


def hvp(func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """What `func` gives at `inputs`, one number, and its Hessian there times `v`: one tensor for each input."""
    with enable_grad():
        several, xs, copies = _prepared(inputs, "hvp", create_graph)
        vector = _vector(v, xs, several, "hvp", create_graph, _NO_VECTOR)
        outputs = _scalar(func, copies, "hvp", strict)
        slopes = _gradients(outputs, copies, None, True)
        if strict:
            _check_slopes(slopes)
        weights = tuple([_zeros(x).requires_grad_() for x in xs])
        products = _gradients(slopes, copies, weights, True)
    with set_grad_enabled(create_graph or is_grad_enabled()):
        along = _gradients(products, weights, vector, create_graph)
        found = _filled(along, xs, strict, create_graph, _INDEPENDENT_HESSIAN, "hessian")
    return _packed(outputs, False, create_graph), _packed(found, several, create_graph)


def _as_tuple(values: Any, what: str, function: str) -> tuple[bool, Tensors]:
    """Whether there are several, and all of them. TypeError for what is no tensor."""
    several = isinstance(values, tuple)
    for i, t in enumerate(values if several else (values,)):
        if not isinstance(t, Tensor):
            which = f"value at index {i}" if several else f"given {what}"
            raise TypeError(
                f"The {what} given to {function} must be either a Tensor or a tuple of Tensors but the {which} has "
                f"type {type(t)}."
            )
    return several, values if several else (values,)


def _prepared(inputs: Any, function: str, create_graph: bool) -> tuple[bool, Tensors, Tensors]:
    """Whether there are several inputs, the inputs, and new tensors of the same memory that gradients are wanted of."""
    several, xs = _as_tuple(inputs, "inputs", function)
    return several, xs, tuple([_copy(x, create_graph, True) for x in xs])


def _copy(x: Tensor, create_graph: bool, wanted: bool) -> Tensor:
    if create_graph and x.requires_grad:
        same: Tensor = x.view_as(x)
        return same
    apart: Tensor = x.detach().requires_grad_(wanted)
    return apart


def _called(func: Function, copies: Tensors, function: str, strict: bool) -> tuple[bool, Tensors]:
    """Whether the function gives several outputs, and these."""
    many, outputs = _as_tuple(func(*copies), OUTPUTS, function)
    for i, y in enumerate(outputs if strict else ()):
        if not y.requires_grad:
            raise RuntimeError(_UNTRACKED.format(i))
    return many, outputs


def _scalar(func: Function, copies: Tensors, function: str, strict: bool) -> Tensors:
    many, outputs = _called(func, copies, function, strict)
    if many:
        raise RuntimeError(f"The function given to {function} should return a single Tensor")
    if outputs[0].numel() != 1:
        raise RuntimeError(f"The Tensor returned by the function given to {function} should contain a single element")
    return outputs


def _vector(
    v: Any, like: Tensors, several: bool, function: str, create_graph: bool, missing: str
) -> Sequence[Tensor | None]:
    """The vector, checked against what it is to be shaped as; a single None where it may be left out."""
    if v is None:
        if len(like) != 1 or like[0].numel() != 1:
            raise RuntimeError(missing)
        return (None,)
    _, vs = _as_tuple(v, "v", function)
    if len(vs) != len(like):
        if several:
            raise RuntimeError(f"v is a tuple of invalid length: should be {len(like)} but got {len(vs)}.")
        raise RuntimeError("The given v should contain a single Tensor.")
    for i, (each, t) in enumerate(zip(vs, like, strict=True)):
        if each.shape != t.shape:
            entry = f"Entry {i} in " if several else ""
            raise RuntimeError(f"{entry}v has invalid size: should be {t.shape} but got {each.shape}.")
    return [_copy(each, create_graph, False) for each in vs]


def _gradients(
    outputs: Sequence[Tensor | None], inputs: Tensors, weights: Sequence[Tensor | None] | None, create_graph: bool
) -> tuple[Tensor | None, ...]:
    """The gradients of those outputs that have some; None where nothing leads to an input."""
    pairs = [
        (y, w)
        for y, w in zip(outputs, weights or (None,) * len(outputs), strict=True)
        if y is not None and y.requires_grad
    ]
    if not pairs:
        return (None,) * len(inputs)
    ys, ws = zip(*pairs, strict=True)
    found: tuple[Tensor | None, ...] = grad(ys, inputs, ws, create_graph=create_graph, allow_unused=True)
    return found


def _elements(output: Tensor) -> Iterator[Tensor]:
    flat = output.reshape(-1)
    return (flat[i] for i in range(flat.numel()))


def _row(y: Tensor, inputs: Tensors, create_graph: bool) -> tuple[Tensor | None, ...]:
    """The derivative of one number by every input."""
    if not y.requires_grad:
        return (None,) * len(inputs)
    found: tuple[Tensor | None, ...] = grad(y, inputs, None, True, create_graph, allow_unused=True)
    return found


def _check_rows(rows: list[list[tuple[Tensor | None, ...]]], create_graph: bool) -> None:
    for i, output in enumerate(rows):
        for row in output:
            for j, part in enumerate(row):
                if part is None:
                    raise RuntimeError(
                        f"Output {i} of the user-provided function is independent of input {j}. This is not allowed "
                        "in strict mode."
                    )
                if create_graph and not part.requires_grad:
                    raise RuntimeError(_CONSTANT.format("jacobian", i))


def _stacked(rows: list[tuple[Tensor | None, ...]], output: Tensor, inputs: Tensors) -> Tensors:
    """The rows of one output, side by side for each input, in the output's shape."""
    columns = zip(*rows, strict=True) if rows else [()] * len(inputs)
    return tuple(
        [
            Tensor._stack([_zeros(x) if part is None else part for part in column]).reshape(output.shape + x.shape)
            for column, x in zip(columns, inputs, strict=True)
        ]
    )


def _columns(func: Function, inputs: Any) -> Any:
    """The Jacobian from its products with each unit vector."""
    several, xs = _as_tuple(inputs, "inputs", "jacobian")
    many, outputs = _as_tuple(func(*xs), OUTPUTS, "jacobian")
    blocks: list[list[Tensor]] = [[] for _ in outputs]
    for j, x in enumerate(xs):
        columns: list[list[Tensor]] = [[] for _ in outputs]
        for i in range(x.numel()):
            units = tuple([_unit(x, i if k == j else -1) for k, x in enumerate(xs)])
            _, found = jvp(func, xs, units)
            for column, part in zip(columns, found if many else (found,), strict=True):
                column.append(part)
        for block, column, output in zip(blocks, columns, outputs, strict=True):
            block.append(Tensor._stack(column, -1).reshape(output.shape + x.shape))
    return _nested([tuple(block) for block in blocks], many, several, False)


def _unit(x: Tensor, place: int) -> Tensor:
    """Zeros, with a one at a place (-1: nowhere)."""
    unit: Tensor = x.new_zeros(x.numel())
    if place >= 0:
        unit[place] = 1
    return unit.reshape(x.shape)


def _check_forward(create_graph: bool, strict: bool, vectorize: bool) -> None:
    if create_graph:
        raise NotImplementedError(_FORWARD.format("create_graph"))
    if strict:
        raise RuntimeError(_FORWARD.format("strict"))
    if not vectorize:
        raise NotImplementedError(
            "Computing Jacobian using forward-AD or forward-over-reverse Hessian isonly implemented for "
            "`vectorize=True`."
        )


def _check_gradients(found: Sequence[Tensor | None]) -> None:
    for i, g in enumerate(found):
        if g is None:
            raise RuntimeError(_INDEPENDENT_INPUT.format(i))
        if not g.requires_grad:
            raise RuntimeError(
                f"The gradient with respect to input {i} is independent of the inputs of the user-provided function. "
                "This is not allowed in strict mode."
            )


def _check_slopes(slopes: Sequence[Tensor | None]) -> None:
    for i, g in enumerate(slopes):
        if g is None:
            raise RuntimeError(_INDEPENDENT_INPUT.format(i))
        if not g.requires_grad:
            raise RuntimeError(_LINEAR.format(i))


def _filled(
    found: Sequence[Tensor | None], like: Tensors, strict: bool, create_graph: bool, independent: str, what: str
) -> Tensors:
    """Zeros where nothing was found. When strict, RuntimeError instead, and for what has no derivative of its own."""
    filled = []
    for i, (g, t) in enumerate(zip(found, like, strict=True)):
        if g is None and strict:
            raise RuntimeError(independent.format(i))
        if g is not None and strict and create_graph and not g.requires_grad:
            raise RuntimeError(_CONSTANT.format(what, i))
        filled.append(_zeros(t) if g is None else g)
    return tuple(filled)


def _zeros(x: Tensor) -> Tensor:
    zeros: Tensor = x.detach().clone().zero_()
    return zeros


def _packed(found: Tensors, several: bool, create_graph: bool) -> Any:
    """A tuple where there are several; without history unless it was asked for."""
    parts = found if create_graph else tuple([t.detach() for t in found])
    return parts if several else parts[0]


def _nested(table: Sequence[Tensors], many: bool, several: bool, create_graph: bool) -> Any:
    rows = tuple([_packed(row, several, create_graph) for row in table])
    return rows if many else rows[0]


_NO_OUTPUT_VECTOR = (
    "The vector v can only be None if the user-provided function returns a single Tensor with a single element."
)
_NO_INPUT_VECTOR = (
    "The vector v can only be None if the input to the user-provided function is a single Tensor with a single element."
)
_NO_VECTOR = _NO_INPUT_VECTOR
_STRATEGY = 'Expected strategy to be either "forward-mode" or "reverse-mode".'
_STRATEGY_HINT = (
    ' Hint: If your function has more outputs than inputs, "forward-mode" tends to be more performant. Otherwise, '
    'prefer to use "reverse-mode".'
)
_EXCLUDES = (
    "torch.autograd.functional.jacobian: `strict=True` and `vectorized=True` are not supported together. Please either "
    "set `strict=False` or `vectorize=False`."
)
_FORWARD = (
    'torch.autograd.functional.jacobian: `{0}=True` and `strategy="forward-mode"` are not supported together (yet). '
    'Please either set `{0}=False` or `strategy="reverse-mode"`.'
)
_UNTRACKED = (
    "Output {} of the user-provided function does not require gradients. The outputs must be computed in a "
    "differentiable manner from the input when running in strict mode."
)
_INDEPENDENT_INPUT = (
    "The output of the user-provided function is independent of input {}. This is not allowed in strict mode."
)
_INDEPENDENT_WEIGHT = (
    "The gradient with respect to the input is independent of entry {} in the grad_outputs when using the double "
    "backward trick to compute forward mode gradients. This is not allowed in strict mode."
)
_INDEPENDENT_JACOBIAN = (
    "The jacobian of the user-provided function is independent of input {}. This is not allowed in strict mode."
)
_INDEPENDENT_HESSIAN = (
    "The hessian of the user-provided function is independent of entry {} in the grad_jacobian. This is not allowed in "
    "strict mode as it prevents from using the double backward trick to replace forward mode AD."
)
_CONSTANT = (
    "The {} of the user-provided function is independent of input {}. This is not allowed in strict mode when "
    "create_graph=True."
)
_LINEAR = (
    "While computing the hessian, found that the jacobian of the user-provided function with respect to input {} is "
    "independent of the input. This is not allowed in strict mode. You should ensure that your function is twice "
    "differentiable and that the jacobian depends on the inputs (this would be violated by a linear function for "
    "example)."
)
