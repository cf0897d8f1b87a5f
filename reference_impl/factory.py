"""What all factories share: the dtype that holds, the options that every one takes, and where the result goes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .create import made
from .device import device, resolve
from .dtype import DEFAULT, chosen, dtype
from .format import Layout
from .inplace_rules import check_out, fill_out
from .storage import Array
from .tensor import Tensor


def type_of(name: str, dtype: Any, out: Tensor | None, default: dtype | None = None) -> dtype:
    """The dtype of a factory's result: that of `out`, the one asked for, or the default. RuntimeError where the first
    two differ."""
    d = chosen(dtype, name)
    if out is None:
        return d or default or DEFAULT.floating
    check_out(name, out)
    if d is not None and d is not out._dtype:
        raise RuntimeError(f"dtype {d.word} does not match dtype of out parameter ({out._dtype.word})")
    return out._dtype


def check_options(name: str, layout: Any, unknown: dict[str, Any]) -> None:
    """TypeError for what is no layout, and for options that there are not."""
    if layout is not None and not isinstance(layout, Layout):
        raise TypeError(f"{name}(): argument 'layout' must be torch.layout, not {type(layout).__name__}")
    if unknown:
        raise TypeError(f"{name}() got an unexpected keyword argument '{next(iter(unknown))}'")


def factory(
    name: str,
    d: dtype,
    make: Callable[[device], Array],
    *,
    out: Tensor | None = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    **unknown: Any,
) -> Tensor:
    """A new tensor of the array that `make` gives for a device, in the type of `d`, or `out` resized and overwritten
    with it."""
    check_options(name, layout, unknown)
    if out is None:
        where = resolve(device)
        return made(make(where), d, where, requires_grad)
    result = made(make(out._device), d, out._device)
    if out._array.shape != result._array.shape:
        out.resize_(0)  # no warning is due
    return fill_out(out, result)
