"""Jacobians row by row and column by column, and Hessians."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from ..fill import zeros_like
from ..join import stack
from ..tensor import Tensor
from .transform import (
    Arguments,
    Function,
    check_differentiable,
    checked_outputs,
    pull,
    push,
    release,
    reversing,
    split,
    transforming,
)
from .tree import flatten, unflatten


def jacrev(
    func: Function,
    argnums: Any = 0,
    *,
    has_aux: bool = False,
    chunk_size: int | None = None,
    _preallocate_and_copy: bool = False,
) -> Function:
    """A function that gives the Jacobian of `func`, of the output's shape followed by the input's: backward, a row for
    each element of the output. Nested like the output, and inside like the input."""
    if chunk_size is not None and chunk_size <= 0:
        raise ValueError("jacrev: `chunk_size` should be greater than 0.")

    @functools.wraps(func)
    def wrapper(*args: Any) -> Any:
        _refuse_complex("jacrev", args, "inputs")
        with reversing():
            arguments = Arguments(args, argnums)
            output, aux = split(func(*arguments.args), has_aux, "vjp(f, *primals)")
            outputs, structure = checked_outputs(output, "vjp(f, *primals)")
            check_differentiable(outputs)
            _refuse_complex("jacrev", output, "outputs")
            blocks = []
            for y in outputs:
                rows = [pull([y], [e], arguments.leaves) for e in basis(y)]
                columns = [
                    stack([row[j] for row in rows]).reshape((*y.shape, *x.shape))
                    if rows
                    else zeros_like(x.detach()).expand((0, *x.shape)).reshape((*y.shape, *x.shape))
                    for j, x in enumerate(arguments.leaves)
                ]
                blocks.append(unflatten(columns, arguments.structure))
        found = _released(blocks, structure, arguments)
        return (found, release(aux, arguments.own)) if has_aux else found

    return wrapper


def jacfwd(func: Function, argnums: Any = 0, has_aux: bool = False, *, randomness: str = "error") -> Function:
    """The same forward: a column for each element of the input."""

    @functools.wraps(func)
    def wrapper(*args: Any) -> Any:
        _refuse_complex("jacfwd", args, "inputs")
        with transforming(forward=True):
            arguments = Arguments(args, argnums)
            call = "jvp(f, primals, tangents)"
            output, aux = split(func(*arguments.args), has_aux, call)
            outputs, structure = checked_outputs(output, call)
            _refuse_complex("jacfwd", output, "outputs")
            columns = [_columns(outputs, arguments.leaves, j) for j in range(len(arguments.leaves))]
            blocks = [unflatten([column[i] for column in columns], arguments.structure) for i in range(len(outputs))]
        found = _released(blocks, structure, arguments)
        return (found, release(aux, arguments.own)) if has_aux else found

    return wrapper


def _columns(outputs: Sequence[Tensor], leaves: Sequence[Tensor], number: int) -> list[Tensor]:
    """For each output its derivatives by one input."""
    x = leaves[number]
    pushed = [push(outputs, [x], [e]) for e in basis(x)]
    found = []
    for i, y in enumerate(outputs):
        zero = zeros_like(y.detach())
        columns = [zero if t is None else t for t in (tangents[i] for tangents in pushed)]
        shape = (*y.shape, *x.shape)
        found.append(
            stack(columns, -1).reshape(shape) if columns else zero.unsqueeze(-1).expand((*y.shape, 0)).reshape(shape)
        )
    return found


def basis(t: Tensor) -> list[Tensor]:
    """Tensors shaped like `t` with a one at each place in turn."""
    found = []
    for i in range(t.numel()):
        e = zeros_like(t.detach()).contiguous()
        e._array.reshape(-1)[i] = 1
        found.append(e)
    return found


def _released(blocks: list[Any], structure: Any, arguments: Arguments) -> Any:
    return release(unflatten(blocks, structure), arguments.own)


def _refuse_complex(name: str, values: Any, what: str) -> None:
    for i, leaf in enumerate(flatten(values)[0]):
        if isinstance(leaf, Tensor) and leaf.dtype.is_complex:
            raise RuntimeError(
                f"{name}: Expected all {what} to be real but received complex tensor at flattened {what[:-1]} idx: {i}"
            )


def hessian(func: Function, argnums: Any = 0) -> Function:
    """A function that gives the Hessian of `func`: forward over backward."""
    return jacfwd(jacrev(func, argnums), argnums)
