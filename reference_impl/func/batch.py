"""`vmap`: a function of one example becomes one of a batch.

What it means is a loop: the function is called for each slice, and the results are stacked. Torch computes all slices
at once, and so refuses what would look at the values of one; so does this loop.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..fill import zeros_like
from ..gradmode import MODE
from ..join import stack
from ..random import fork_rng
from ..tensor import Tensor
from .transform import Function
from .tree import broadcast, flatten, unflatten


def vmap(
    func: Function, in_dims: Any = 0, out_dims: Any = 0, randomness: str = "error", *, chunk_size: int | None = None
) -> Function:
    """A function that applies `func` to each slice of its arguments and stacks the results.

    in_dims     the dimension of each argument that is sliced, None for one that is passed on whole
    out_dims    the dimension of each result along which slices are stacked, None for one that is the same for all
    randomness  `error`: drawing raises; `same`: every slice draws the same numbers; `different`: its own
    chunk_size  how many slices torch computes at once

    ValueError for arguments that cannot be sliced so.
    """
    if randomness not in ("error", "different", "same"):
        raise RuntimeError(f"Only allowed values for randomness are 'error', 'different', or 'same'. Got {randomness}")
    if chunk_size is not None and chunk_size <= 0:
        raise ValueError(f"vmap: chunk_size should be None or greater than 0. (got {chunk_size})")

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        name = _name(func)
        _check_out_dims(out_dims, name)
        leaves, structure, dims, size = _sliced(in_dims, args, name)
        found: list[list[Any]] = []
        shape: Any = None
        with _mapping(randomness):
            for i in range(size or 1):
                slices = [
                    leaf if dim is None else leaf.select(dim, i) if size else zeros_like(leaf).sum(dim)
                    for leaf, dim in zip(leaves, dims, strict=True)
                ]
                output = _drawn(randomness, i + 1 < size, func, unflatten(slices, structure), kwargs)
                each, shape = flatten(output)
                found.append(each)
        return unflatten(_joined(found, out_dims, shape, size, name), shape)

    return wrapper


@contextmanager
def _mapping(randomness: str) -> Iterator[None]:
    before = MODE.mapping
    MODE.mapping = randomness
    MODE.transforms += 1
    try:
        yield
    finally:
        MODE.mapping = before
        MODE.transforms -= 1


def _drawn(randomness: str, again: bool, func: Function, args: Any, kwargs: Any) -> Any:
    """One call. With `same` the generators go back afterwards, except after the last."""
    with fork_rng(enabled=randomness == "same" and again):
        return func(*args, **kwargs)


def _name(func: Any) -> str:
    if hasattr(func, "__name__"):
        return str(func.__name__)
    if isinstance(func, functools.partial):
        return f"functools.partial({_name(func.func)}, ...)"
    return repr(func)


def _check_out_dims(out_dims: Any, name: str) -> None:
    if not all(dim is None or isinstance(dim, int) for dim in flatten(out_dims)[0]):
        raise ValueError(
            f"vmap({name}, ..., out_dims={out_dims}): `out_dims` must be an int, None or a python collection of ints "
            "representing where in the outputs the vmapped dimension should appear."
        )


def _sliced(in_dims: Any, args: tuple[Any, ...], name: str) -> tuple[list[Any], Any, list[Any], int]:
    """The leaves of the arguments, their structure, the dimension of each, and the size of the batch."""
    call = f"vmap({name}, in_dims={in_dims}, ...)(<inputs>)"
    if not isinstance(in_dims, (int, tuple)):
        raise ValueError(
            f"{call}: expected `in_dims` to be int or a (potentially nested) tuple matching the structure of inputs, "
            f"got: {type(in_dims)}."
        )
    if not args:
        raise ValueError(
            f"vmap({name})(<inputs>): got no inputs. Maybe you forgot to add inputs, or you are trying to vmap over a "
            "function with no inputs. The latter is unsupported."
        )
    leaves, structure = flatten(args)
    dims = broadcast(in_dims, structure)
    if dims is None:
        raise ValueError(f"{call}: in_dims is not compatible with the structure of `inputs`.")
    for leaf, dim in zip(leaves, dims, strict=True):
        _check_dim(call, leaf, dim)
    sizes = [leaf.shape[dim] for leaf, dim in zip(leaves, dims, strict=True) if dim is not None]
    if not sizes:
        raise ValueError("vmap: Expected at least one Tensor to vmap over")
    if len(set(sizes)) > 1:
        raise ValueError(
            "vmap: Expected all tensors to have the same size in the mapped dimension, got sizes "
            f"{sizes} for the mapped dimension"
        )
    return leaves, structure, dims, sizes[0]


def _check_dim(call: str, leaf: Any, dim: Any) -> None:
    if dim is None:
        return
    if not isinstance(dim, int):
        raise ValueError(
            f"{call}: Got in_dim={dim} for an input but in_dim must be either an integer dimension or None."
        )
    if not isinstance(leaf, Tensor):
        raise ValueError(
            f"{call}: Got in_dim={dim} for an input but the input is of type {type(leaf)}. We cannot vmap over "
            "non-Tensor arguments, please use None as the respective in_dim"
        )
    if not -leaf.ndim <= dim < leaf.ndim:
        raise ValueError(
            f"{call}: Got in_dim={dim} for some input, but that input is a Tensor of dimensionality {leaf.ndim} so "
            f"expected in_dim to satisfy -{leaf.ndim} <= in_dim < {leaf.ndim}."
        )


def _joined(found: list[list[Any]], out_dims: Any, structure: Any, size: int, name: str) -> list[Any]:
    """The results of all slices, one with another."""
    if structure is None and isinstance(out_dims, tuple):
        dims = list(out_dims) if len(out_dims) == 1 else None
    else:
        dims = broadcast(out_dims, structure)
    if dims is None:
        raise ValueError(
            f"vmap({name}, ..., out_dims={out_dims})(<inputs>): out_dims is not compatible with the structure of "
            "`outputs`."
        )
    return [_stacked([each[j] for each in found], dim, size, name) for j, dim in enumerate(dims)]


def _stacked(values: list[Any], dim: int | None, size: int, name: str) -> Any:
    if dim is None:
        if isinstance(values[0], Tensor) and any(value is not values[0] for value in values):
            raise ValueError(f"vmap({name}, ...): `{name}` can not return a BatchedTensor when out_dim is None")
        return values[0]
    if not isinstance(values[0], Tensor):
        raise ValueError(
            f"vmap({name}, ...): `{name}` must only return Tensors, got type {type(values[0])}. Did you mean to set "
            "out_dims= to None for output?"
        )
    joined = stack(values, dim)
    return joined if size else joined.narrow(dim, 0, 0)
