"""Torch's words for wrong arguments. They are looked for only after a call has failed, so that a good call costs
nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from numbers import Number
from typing import Any

from .tensor import Tensor

_MISSING = re.compile(r"\(\) missing (\d+) required positional arguments?: (.*)")


def complaint(function: Callable[..., Any], name: str, args: tuple[Any, ...], error: Exception) -> Exception | None:
    """The error that torch raises for a first argument that is no tensor, for one that must be, and for missing ones.

    A parameter annotated `Tensor` takes nothing else; one called `input` takes a tensor or a number.
    """
    for position, (parameter, annotation) in enumerate(list(function.__annotations__.items())[: len(args)]):
        value = args[position]
        demanded = annotation == "Tensor" or (parameter == "input" and not isinstance(value, Number))
        if demanded and not isinstance(value, Tensor):
            kind = type(value).__name__
            return TypeError(f"{name}(): argument '{parameter}' (position {position + 1}) must be Tensor, not {kind}")
    missing = _MISSING.search(str(error)) if isinstance(error, TypeError) else None
    if missing is None:
        return None
    names = ", ".join(f'"{each}"' for each in re.findall(r"'(\w+)'", missing[2]))
    return TypeError(f"{name}() missing {missing[1]} required positional arguments: {names}")


def need_tensor(name: str, other: Any) -> None:
    """TypeError for a second operand that is no tensor."""
    if not isinstance(other, Tensor):
        raise TypeError(f"{name}(): argument 'other' (position 2) must be Tensor, not {type(other).__name__}")
