"""Methods that overwrite a tensor with random numbers: `uniform_`, `normal_` and their like."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import draw
from .draw import Draw
from .dtype import dtype
from .inplace_rules import overwriting
from .op import record
from .promote import cast
from .random import source_of
from .sampling import RandomBackward0
from .tensor import Tensor, attach


def _method(name: str, prepare: Callable[..., Draw], *parameters: str, required: int = 0) -> None:
    """Attaches a method that overwrites its tensor with what `prepare(dtype, *values)` draws.

    `parameters` are the names that the values are given by; the first `required` of them have no default.
    """

    def function(self: Tensor, *values: Any, generator: Any = None, **named: Any) -> Tensor:
        d = self._dtype
        given = _arguments(name, parameters, required, values, named)
        numbers = prepare(d, **given)
        array = numbers(source_of(generator, self._device, f"{name}_"), self._array.shape, d)
        return record(RandomBackward0, cast(array, d), d, self._device, (self,))

    function.__doc__ = prepare.__doc__
    attach(f"{name}_", overwriting(function, name))


def _arguments(
    name: str, parameters: tuple[str, ...], required: int, values: tuple[Any, ...], named: dict[str, Any]
) -> dict[str, Any]:
    """The values by the names of the drawing function. TypeError for too many, unknown or missing ones, and for what
    is no number."""
    if len(values) > len(parameters):
        raise TypeError(
            f"{name}_() takes from {required} to {len(parameters)} positional arguments but {len(values)} were given"
        )
    given = dict(zip(parameters, values, strict=False))
    for key, value in named.items():
        if key not in parameters:
            raise TypeError(f"{name}_() got an unexpected keyword argument '{key}'")
        given[key] = value
    for key in parameters[:required]:
        if key not in given:
            raise TypeError(f"{name}_() missing 1 required positional argument: '{key}'")
    return {_OURS.get(key, key): _number(name, key, parameters, value) for key, value in given.items()}


_OURS = {"from": "low", "to": "high"}
_WHOLE = ("random",)


def _number(name: str, key: str, parameters: tuple[str, ...], value: Any) -> Any:
    if isinstance(value, Tensor) and not value._array.ndim:
        value = value.item()
    if name in _WHOLE:
        if value is not None and not hasattr(value, "__index__"):
            got = type(value).__name__
            raise TypeError(f"{name}_() received an invalid combination of arguments - got ({got})")
        return value
    if not hasattr(value, "__float__") or isinstance(value, Tensor):
        if name == "bernoulli" and isinstance(value, Tensor):
            return value
        place, got = parameters.index(key) + 1, type(value).__name__
        raise TypeError(f"{name}_(): argument '{key}' (position {place}) must be float, not {got}")
    return float(value)


def _random(d: dtype, low: int | None = None, high: int | None = None) -> Draw:
    """Integers below one bound, between two, or up to the last that the dtype holds exactly. RuntimeError for an empty
    interval and for bounds beyond the dtype."""
    if low is None and high is None:
        return draw.whole(d)
    if high is None:
        low, high = 0, low
    return draw.between(d, low or 0, int(high or 0))


def _bernoulli(d: dtype, p: Any = 0.5) -> Draw:
    """Ones with probability p, a number or a tensor that broadcasts, and zeros. RuntimeError outside 0 to 1."""
    if not isinstance(p, Tensor):
        return draw.bernoulli(d, p)
    if not p._dtype.is_floating_point:
        raise NotImplementedError(f"\"bernoulli_tensor_cpu_p_\" not implemented for '{p._dtype.word}'")
    draw.check_real(d, "bernoulli_tensor_cpu_self_")
    return lambda source, shape, d: draw.with_chances(p.expand(shape)._array)(source, shape, d)


_method("uniform", draw.uniform, "from", "to")
_method("normal", draw.normal, "mean", "std")
_method("bernoulli", _bernoulli, "p")
_method("random", _random, "from", "to")
_method("exponential", draw.exponential, "lambd")
_method("geometric", draw.geometric, "p", required=1)
_method("log_normal", draw.log_normal, "mean", "std")
_method("cauchy", draw.cauchy, "median", "sigma")
