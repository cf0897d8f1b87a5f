"""Derivatives as functions of functions: `grad`, `vjp`, `jvp`, `linearize`.

The product of a Jacobian and a vector comes from two passes backward: u ↦ uᵀJ is linear, and its gradient along v is Jv
(J. Townsend, "A new trick for calculating Jacobian vector products", 2017).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ..autograd.gradients import grad as gradients
from ..autograd.packing import disable_saved_tensors_hooks
from ..autograd.reach import duals, entered, released
from ..fill import ones_like, zeros_like
from ..gradmode import MODE, enable_grad
from ..tensor import Tensor, alias, counter, tracked
from .tree import describe, flatten, unflatten

Function = Callable[..., Any]


NO_HOOKS = (
    "torch.func.{grad, vjp, jacrev, hessian} don't yet support saved tensor hooks. Please open an issue with your use "
    "case."
)


@contextmanager
def transforming(forward: bool = False) -> Iterator[None]:
    """Operations inside are recorded, whatever the mode outside."""
    MODE.transforms += 1
    MODE.forward += forward
    try:
        with enable_grad():
            yield
    finally:
        MODE.transforms -= 1
        MODE.forward -= forward


@contextmanager
def reversing() -> Iterator[None]:
    """A transform that goes backward: it takes no hooks on saved tensors, neither from outside nor inside."""
    with disable_saved_tensors_hooks(NO_HOOKS), transforming():
        yield


def inside(t: Any) -> Tensor:
    """A tensor that stands for `t` in a transform, and to which gradients flow. ValueError for what is no tensor."""
    if not isinstance(t, Tensor):
        raise ValueError(f"Thing passed to transform API must be Tensor, got {type(t)}")
    if tracked(t):
        return entered(t)
    return alias(t, counter(t)).requires_grad_()  # type: ignore[no-any-return]


class Arguments:
    """The arguments of a transformed function: those to differentiate by are replaced by tensors inside."""

    def __init__(self, args: tuple[Any, ...], argnums: Any) -> None:
        """RuntimeError for arguments that do not exist, are named twice, or none."""
        if not isinstance(argnums, (int, tuple)):
            raise RuntimeError(f"argnums must be int or Tuple[int, ...], got: {type(argnums)}")
        numbers = [_number(n, len(args)) for n in (argnums if isinstance(argnums, tuple) else (argnums,))]
        if not numbers:
            raise RuntimeError("argnums must be non-empty")
        if len(set(numbers)) != len(numbers):
            raise RuntimeError(f"argnums elements must be unique, got {argnums}")
        chosen = tuple([args[n] for n in numbers])
        leaves, self.structure = flatten(chosen if isinstance(argnums, tuple) else chosen[0])
        self.leaves = [inside(leaf) for leaf in leaves]
        self.own = {id(leaf) for leaf in self.leaves}
        replaced = unflatten(self.leaves, self.structure)
        new = dict(zip(numbers, replaced if isinstance(argnums, tuple) else (replaced,), strict=True))
        self.args = [new.get(i, a) for i, a in enumerate(args)]


def _number(argnum: Any, count: int) -> int:
    if not isinstance(argnum, int):
        raise RuntimeError(f"argnum must be int, got: {type(argnum)}")
    if not -count <= argnum < count:
        raise RuntimeError(f"Got argnum={argnum}, but only {count} positional inputs")
    return argnum % count


def split(output: Any, has_aux: bool, call: str) -> tuple[Any, Any]:
    """What a function returned, and what it returned beside."""
    if not has_aux:
        return output, None
    if not (isinstance(output, tuple) and len(output) == 2):
        raise RuntimeError(f"{call}: output of function f should be a tuple: (output, aux) if has_aux is True")
    return output


def release(value: Any, own: Collection[int]) -> Any:
    """Nested tensors as the caller gets them. RuntimeError for what is no tensor."""
    leaves, structure = flatten(value)
    for leaf in leaves:
        if not isinstance(leaf, Tensor):
            raise RuntimeError(f"Expected tensors, got unsupported type {type(leaf)}")
    return unflatten([leaf if duals(leaf) else released(leaf, own, MODE.grad) for leaf in leaves], structure)


def pull(outputs: Sequence[Tensor], weights: Sequence[Tensor], leaves: Sequence[Tensor]) -> list[Tensor]:
    """The gradients by the leaves of the weighted outputs, zeros where nothing depends on them."""
    pairs = [(y, w) for y, w in zip(outputs, weights, strict=True) if tracked(y)]
    found: Sequence[Tensor | None] = [None] * len(leaves)
    if pairs:
        found = gradients([y for y, _ in pairs], leaves, [w for _, w in pairs], create_graph=True, allow_unused=True)
    return [zeros_like(leaf.detach()) if g is None else g for leaf, g in zip(leaves, found, strict=True)]


def push(outputs: Sequence[Tensor], leaves: Sequence[Tensor], tangents: Sequence[Tensor]) -> list[Tensor | None]:
    """The tangent of each output from those of the leaves; None where it does not depend on them."""
    found = []
    for y in outputs:
        u = zeros_like(y.detach()).requires_grad_() if y.dtype.differentiable else y
        back = gradients([y], leaves, [u], create_graph=True, allow_unused=True) if tracked(y) and u is not y else ()
        pairs = [(g, v) for g, v in zip(back, tangents, strict=False) if g is not None and tracked(g)]
        if pairs:
            (tangent,) = gradients(
                [g for g, _ in pairs], [u], [v for _, v in pairs], create_graph=True, allow_unused=True
            )
            found.append(released(tangent, {id(u)}, True) if tangent is not None else None)
        else:
            found.append(None)
    return found


def grad_and_value(func: Function, argnums: Any = 0, has_aux: bool = False) -> Function:
    """A function that gives the gradient of `func` and its value; `func` gives a tensor without dimensions.

    argnums  the argument to differentiate by, or a tuple of them: then the gradient is a tuple
    has_aux  `func` gives a pair, whose second part is passed on beside the value
    """
    call = "grad_and_value(f)(*args)"

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        with reversing():
            arguments = Arguments(args, argnums)
            output, aux = split(func(*arguments.args, **kwargs), has_aux, call)
            if not isinstance(output, Tensor):
                raise RuntimeError(f"{call}: Expected f(*args) to return a Tensor, got {type(output)}")
            if output.ndim:
                raise RuntimeError(
                    f"{call}: Expected f(*args) to return a scalar Tensor, got tensor with {output.ndim} dims. Maybe "
                    "you wanted to use the vjp or jacrev APIs instead?"
                )
            if output.is_complex() and tracked(output):
                raise RuntimeError(
                    f"grad can be implicitly created only for real scalar outputs but got {output.dtype}"
                )
            found = pull([output], [ones_like(output.detach())], arguments.leaves)
        gradient = release(unflatten(found, arguments.structure), arguments.own)
        value = release(output, arguments.own)
        return gradient, (value, release(aux, arguments.own)) if has_aux else value

    return wrapper


def grad(func: Function, argnums: Any = 0, has_aux: bool = False) -> Function:
    """A function that gives the gradient of `func`, and what it passes on beside with `has_aux`."""
    both = grad_and_value(func, argnums, has_aux)

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        gradient, value = both(*args, **kwargs)
        return (gradient, value[1]) if has_aux else gradient

    return wrapper


def checked_outputs(output: Any, call: str) -> tuple[list[Tensor], Any]:
    """The output tensors and their structure. RuntimeError for what is no tensor."""
    leaves, structure = flatten(output)
    if not leaves:
        raise RuntimeError(f"{call}: Expected f to be a function that has non-empty output (got output = {output})")
    for leaf in leaves:
        if not isinstance(leaf, Tensor):
            shape = "f(*primals)"
            raise RuntimeError(f"{call}: expected {shape} to return only tensors, got unsupported type {type(leaf)}")
    return leaves, structure


def check_differentiable(outputs: Sequence[Tensor]) -> None:
    """RuntimeError for outputs of a dtype that has no gradient."""
    for y in outputs:
        if not y.dtype.differentiable:
            raise RuntimeError(
                "vjp(f, ...): All outputs of f must be floating-point or complex Tensors, got Tensor with dtype "
                f"{y.dtype}"
            )


def vjp(func: Function, *primals: Any, has_aux: bool = False) -> Any:
    """The value of `func`, and a function that takes a cotangent of it to those of the primals: a tuple."""
    with reversing():
        arguments = Arguments(primals, tuple(range(len(primals))))
        output, aux = split(func(*arguments.args), has_aux, "vjp(f, *primals)")
        outputs, structure = checked_outputs(output, "vjp(f, *primals)")
        check_differentiable(outputs)

    def pullback(cotangents: Any, retain_graph: bool = True, create_graph: bool | None = None) -> Any:
        weights, given = flatten(cotangents)
        if given != structure:
            raise RuntimeError(
                "Expected pytree structure of cotangents to be the same as pytree structure of outputs to the function."
                f" cotangents: {describe(given)}, primal output: {describe(structure)}"
            )
        with transforming():
            found = pull(outputs, weights, arguments.leaves)
        return release(unflatten(found, arguments.structure), arguments.own)

    value = release(output, arguments.own)
    return (value, pullback, release(aux, arguments.own)) if has_aux else (value, pullback)


def jvp(func: Function, primals: Any, tangents: Any, *, strict: bool = False, has_aux: bool = False) -> Any:
    """The value of `func` and its Jacobian times the tangents: a tangent of the value. Outputs independent of the
    primals have a tangent of zeros; with `strict` they raise RuntimeError."""
    call = "jvp(f, primals, tangents)"
    if not isinstance(primals, tuple):
        raise RuntimeError(f"{call}: Expected primals to be a tuple. E.g. it should be valid to call f(*primals).")
    with transforming(forward=True):
        vectors = _tangents(primals, tangents, call)
        arguments = Arguments(primals, tuple(range(len(primals))))
        output, aux = split(func(*arguments.args), has_aux, call)
        outputs, structure = checked_outputs(output, call)
        found = push(outputs, arguments.leaves, vectors)
        if strict and any(t is None for t in found):
            raise RuntimeError(
                "jvp(f, primals, tangents, strict=True): The output of f is independent of the inputs. This is not "
                "allowed with strict=True."
            )
        filled = [zeros_like(y.detach()) if t is None else t for y, t in zip(outputs, found, strict=True)]
    value = release(output, arguments.own)
    tangent = release(unflatten(filled, structure), arguments.own)
    return (value, tangent, release(aux, arguments.own)) if has_aux else (value, tangent)


def _tangents(primals: Any, tangents: Any, call: str) -> list[Tensor]:
    """The tangents, one for each primal. RuntimeError where structures or shapes differ, ValueError for dtypes without
    a gradient."""
    points, structure = flatten(primals)
    vectors, given = flatten(tangents)
    if given != structure:
        raise RuntimeError(
            f"{call}: Expected primals and tangents to have the same python structure. For example, if primals is a "
            f"tuple of 3 tensors, tangents also must be. Got primals with structure {describe(structure)} and tangents "
            f"with structure {describe(given)}"
        )
    if not points:
        raise RuntimeError(f"{call}: Expected primals to contain at least one Tensor.")
    for what, values in (("primals", points), ("tangents", vectors)):
        for each in values:
            if not isinstance(each, Tensor):
                raise RuntimeError(f"{call}: Expected {what} to only contain Tensors, got {type(each)}")
            if not each.dtype.differentiable:
                raise ValueError(f"Expected {what[:-1]} to be floating point or complex, but got: {each.dtype}")
    check_sizes(points, vectors)
    return vectors


def check_sizes(points: Sequence[Tensor], vectors: Sequence[Tensor]) -> None:
    """RuntimeError for a tangent of another shape than its primal."""
    for x, v in zip(points, vectors, strict=True):
        if x.shape != v.shape:
            raise RuntimeError(
                "Trying to set a forward gradient that has a different size than that of the original Tensor, this is "
                f"not supported. Tensor is of size {list(x.shape)} while the given forward gradient is of size "
                f"{list(v.shape)}."
            )


def linearize(func: Function, *primals: Any) -> tuple[Any, Function]:
    """The value of `func`, and its derivative there as a function of tangents."""
    with transforming(forward=True):
        arguments = Arguments(primals, tuple(range(len(primals))))
        output = func(*arguments.args)
        outputs, structure = checked_outputs(output, "linearize(f, *primals)")

    def pushforward(*tangents: Any) -> Any:
        vectors, given = flatten(tangents)
        if given != arguments.structure:
            raise RuntimeError(
                f"Expected the tangents {describe(given)} to have the same argspec as the primals "
                f"{describe(arguments.structure)}"
            )
        for i, (x, v) in enumerate(zip(arguments.leaves, vectors, strict=True)):
            if x.shape != v.shape:
                raise RuntimeError(
                    f"tangent:{i} with shape {v.shape} in flattened pytree doesn't match the shape {x.shape} of the "
                    "corresponding primal."
                )
        with transforming(forward=True):
            found = push(outputs, arguments.leaves, vectors)
            filled = [zeros_like(y.detach()) if t is None else t for y, t in zip(outputs, found, strict=True)]
        return release(unflatten(filled, structure), arguments.own)

    return release(output, arguments.own), pushforward
