"""NumPy's names of arguments, and torch's words for wrong ones. They are looked for only after a call has failed, so
that a good call costs nothing."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from numbers import Number
from typing import Any, TypeVar, cast

from .tensor import Tensor

F = TypeVar("F", bound=Callable[..., Any])

_MISSING = re.compile(r"\(\) missing (\d+) required (?:positional|keyword-only) arguments?: (.*)")

_STRANGE = re.compile(r"'(\w+)' object has no attribute")
_UNEXPECTED = re.compile(r"unexpected keyword argument '(\w+)'")
ALIASES = {"axis": "dim", "keepdims": "keepdim", "x": "input", "a": "input", "x1": "input", "x2": "other"}
NAMED = {"dim", "keepdim"}
"""The parameters that have such names in methods."""


NUMBERS = frozenset((bool, int, float, complex))
"""Python's numbers; where the first operand is a tensor, they would do for one all too often."""


def lenient(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """The function, which also takes NumPy's names of arguments and complains in torch's words."""
    demanding = next(iter(getattr(function, "__annotations__", {}).values()), "") == "Tensor"

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        try:
            if demanding and args and args[0].__class__ in NUMBERS:
                raise TypeError("a number in a tensor's place")
            return function(*args, **kwargs)
        except (AttributeError, RuntimeError, TypeError) as error:
            return once_more(function, name, args, kwargs, error)

    return wrapper


def spoken(function: F) -> F:
    """Such a function under its own name, where `operation` has not made one already."""
    return cast(F, lenient(function, function.__name__))


def once_more(function: Callable[..., Any], name: str, args: Any, kwargs: dict[str, Any], error: Exception) -> Any:
    """Calls the method that a first argument of another layout has, or again with torch's names in place of NumPy's;
    without such, raises the error in torch's words."""
    method = _own_method(name, args)
    if method is not None:
        return method(*args, **kwargs)
    renamed = _renamed(function, name, kwargs, error)
    if renamed is not None:
        return lenient(function, name)(*args, **renamed)
    better = complaint(function, name, args, error)
    if better is None:
        raise error
    raise better from None


def _own_method(name: str, args: Any) -> Any:
    """The method of this name that the class of the first argument has instead of Tensor's."""
    kind = type(args[0]) if args else Tensor
    own = getattr(kind, name, None) if issubclass(kind, Tensor) else None
    return None if own is getattr(Tensor, name, None) else own


def _renamed(function: Callable[..., Any], name: str, kwargs: dict[str, Any], error: Exception) -> Any:
    """The arguments with the alias that the error names renamed; None where that is not the trouble. TypeError for an
    argument that is given under both names."""
    found = _UNEXPECTED.search(str(error)) if isinstance(error, TypeError) else None
    alias = found[1] if found else ""
    known = ALIASES.get(alias)
    if known is None or alias not in kwargs or known not in function.__annotations__:
        return None
    if known in kwargs:
        raise TypeError(f"{name}() got an unexpected keyword argument '{alias}'") from None
    return {known if key == alias else key: value for key, value in kwargs.items()}


def complaint(function: Callable[..., Any], name: str, args: tuple[Any, ...], error: Exception) -> Exception | None:
    """The error that torch raises for a first argument that is no tensor, for one that must be, and for missing ones.

    A parameter annotated `Tensor` takes nothing else; one called `input` or `other` takes a tensor or a number.
    """
    parameters = [item for item in function.__annotations__.items() if item[0] != "return"]
    for position, (parameter, annotation) in enumerate(parameters[: len(args)]):
        value = args[position]
        demanded = annotation == "Tensor" or (parameter in ("input", "other") and not isinstance(value, Number))
        if demanded and not isinstance(value, Tensor):
            return _no_tensor(name, value, parameter, position + 1)
    strange = _STRANGE.match(str(error)) if isinstance(error, AttributeError) else None
    if strange is not None and strange[1] in {type(value).__name__ for value in _each(args)} - {"Tensor"}:
        return TypeError(f"{name}(): expected Tensor, but got {strange[1]}")
    missing = _MISSING.search(str(error)) if isinstance(error, TypeError) else None
    if missing is None:
        return None
    names = ", ".join(f'"{each}"' for each in re.findall(r"'(\w+)'", missing[2]))
    return TypeError(f"{name}() missing {missing[1]} required positional arguments: {names}")


def _each(args: Any) -> Iterator[Any]:
    """The arguments, and what lists and tuples among them hold."""
    for value in args:
        yield value
        if isinstance(value, (tuple, list)):
            yield from value


def kind_of(value: Any) -> str:
    """How torch names the type of a wrong argument: those of NumPy with their module."""
    kind = type(value)
    return f"numpy.{kind.__name__}" if kind.__module__ == "numpy" else kind.__name__


def _no_tensor(name: str, value: Any, parameter: str, position: int) -> TypeError:
    kind = kind_of(value)
    return TypeError(f"{name}(): argument '{parameter}' (position {position}) must be Tensor, not {kind}")


def need_tensor(name: str, value: Any, parameter: str = "other", position: int = 2) -> None:
    """TypeError for an argument, by default the second operand, that is no tensor."""
    if not isinstance(value, Tensor):
        raise _no_tensor(name, value, parameter, position)


def need_tensors(name: str, input: Any, other: Any) -> None:
    """TypeError for a first or second operand that is no tensor."""
    need_tensor(name, input, "input", 1)
    need_tensor(name, other)


def need_one_tensor(name: str, *operands: Any) -> None:
    """TypeError if all operands are numbers."""
    if not any(isinstance(operand, Tensor) for operand in operands):
        kinds = ", ".join(type(operand).__name__ for operand in operands)
        raise TypeError(f"{name}() received an invalid combination of arguments - got ({kinds}), but expected a Tensor")
