"""The namespace `torch.testing`: `assert_close`, by which tests compare tensors."""

from __future__ import annotations

import cmath
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .compare import isclose
from .create import as_tensor
from .dtype import PROMOTE, bfloat16, complex64, complex128, dtype, float16, float32, float64, int64
from .tensor import Tensor

TOLERANCES: dict[dtype, tuple[float, float]] = {
    float16: (1e-3, 1e-5),
    bfloat16: (1.6e-2, 1e-5),
    float32: (1.3e-6, 1e-5),
    float64: (1e-7, 1e-7),
    complex64: (1.3e-6, 1e-5),
    complex128: (1e-7, 1e-7),
}
"""The relative and the absolute tolerance of each dtype; other dtypes are compared exactly."""

TYPE_OF_NUMBER: dict[type, dtype] = {bool: int64, int: int64, float: float64, complex: complex128}
Message = str | Callable[[str], str] | None
Place = tuple[Any, ...]


@dataclass(frozen=True)
class Options:
    """What `assert_close` looks at."""

    rtol: float | None
    atol: float | None
    equal_nan: bool
    check_device: bool
    check_dtype: bool
    check_layout: bool
    check_stride: bool

    def tolerances(self, *types: dtype) -> tuple[float, float]:
        """Those that were given, or the widest of the types."""
        if self.rtol is not None and self.atol is not None:
            return self.rtol, self.atol
        pairs = [TOLERANCES.get(d, (0.0, 0.0)) for d in types]
        return max(r for r, _ in pairs), max(a for _, a in pairs)


def assert_close(
    actual: Any,
    expected: Any,
    *,
    allow_subclasses: bool = True,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    check_device: bool = True,
    check_dtype: bool = True,
    check_layout: bool = True,
    check_stride: bool = False,
    msg: Message = None,
) -> None:
    """AssertionError unless `abs(actual - expected) <= atol + rtol * abs(expected)` everywhere, and shape, dtype and
    device agree.

    Takes tensors, arrays, numbers, None, and sequences and mappings of them. `msg` replaces the message, or makes one
    of it. ValueError if one tolerance is given alone, TypeError for operands that cannot be compared.
    """
    if (rtol is None) != (atol is None):
        missing = "rtol" if rtol is None else "atol"
        raise ValueError(f"Both 'rtol' and 'atol' must be either specified or omitted, but got no {missing}.")
    options = Options(rtol, atol, equal_nan, check_device, check_dtype, check_layout, check_stride)
    for compare, a, b, place in list(_pairs(actual, expected, ())):
        complaint = compare(a, b, options)
        if complaint is not None:
            complaint = _placed(complaint, place)
            raise AssertionError(complaint if msg is None else msg(complaint) if callable(msg) else msg)


def _placed(message: str, place: Place) -> str:
    where = "".join(f"[{step!r}]" for step in place)
    return f"{message}\n\nThe failure occurred for item {where}" if place else message


def _pairs(actual: Any, expected: Any, place: Place) -> Iterator[tuple[Callable[..., str | None], Any, Any, Place]]:
    """What is compared with what, and how. AssertionError where containers differ in length or keys."""
    both = (actual, expected)
    if all(isinstance(x, Sequence) and not isinstance(x, str) for x in both):
        if len(actual) != len(expected):
            message = f"The length of the sequences mismatch: {len(actual)} != {len(expected)}"
            raise AssertionError(_placed(message, place))
        for i, (a, b) in enumerate(zip(actual, expected, strict=True)):
            yield from _pairs(a, b, (*place, i))
    elif all(isinstance(x, Mapping) for x in both):
        missing, additional = sorted(expected.keys() - actual.keys()), sorted(actual.keys() - expected.keys())
        if missing or additional:
            message = (
                f"The keys of the mappings do not match:\nMissing keys in the actual mapping: {missing}\n"
                f"Additional keys in the actual mapping: {additional}"
            )
            raise AssertionError(_placed(message, place))
        for key in sorted(actual):
            yield from _pairs(actual[key], expected[key], (*place, key))
    else:
        yield _comparison(actual, expected, place), actual, expected, place


def _comparison(actual: Any, expected: Any, place: Place) -> Callable[..., str | None]:
    """How two values are compared. TypeError for kinds that do not go together."""
    both = (actual, expected)
    if None in [x if x is None else 0 for x in both]:
        return _compare_none
    if all(isinstance(x, (bool, np.bool_)) for x in both):
        return _compare_bools
    if all(isinstance(x, (int, float, complex, np.number)) for x in both):
        return _compare_numbers
    if all(isinstance(x, (Tensor, np.ndarray)) for x in both):
        return _compare_tensors
    message = f"No comparison pair was able to handle inputs of type {type(actual)} and {type(expected)}."
    raise TypeError(_placed(message, place))


def _compare_none(actual: Any, expected: Any, options: Options) -> str | None:
    return None if actual is expected else f"None mismatch: {actual} is not {expected}"


def _compare_bools(actual: Any, expected: Any, options: Options) -> str | None:
    return None if bool(actual) is bool(expected) else f"Booleans mismatch: {actual} is not {expected}"


def _compare_numbers(actual: Any, expected: Any, options: Options) -> str | None:
    a, b = (x.item() if isinstance(x, np.number) else x for x in (actual, expected))
    if options.check_dtype and type(a) is not type(b):
        return f"The (d)types do not match: {type(a)} != {type(b)}."
    rtol, atol = options.tolerances(TYPE_OF_NUMBER[type(a)], TYPE_OF_NUMBER[type(b)])
    if a == b or (options.equal_nan and cmath.isnan(a) and cmath.isnan(b)):
        return None
    difference = abs(a - b)
    if cmath.isfinite(difference) and difference <= atol + rtol * abs(b):
        return None
    return _of_numbers(a, b, rtol, atol)


def _of_numbers(a: Any, b: Any, rtol: float, atol: float) -> str:
    difference = abs(a - b)
    relative = difference / abs(b) if b != 0 else float("inf")
    lines = [f"Expected {b} but got {a}."]
    lines.append(f"Absolute difference: {difference}" + _allowed(atol, rtol or atol))
    lines.append(f"Relative difference: {relative}" + _allowed(rtol, rtol or atol))
    return f"Scalars are not {'close' if rtol or atol else 'equal'}!\n\n" + "\n".join(lines)


def _allowed(tolerance: float, any_at_all: float) -> str:
    return f" (up to {tolerance} allowed)" if any_at_all else ""


def _compare_tensors(actual: Any, expected: Any, options: Options) -> str | None:
    a, b = as_tensor(actual), as_tensor(expected)
    different = _attributes(a, b, options)
    if different is not None:
        return different
    rtol, atol = options.tolerances(a.dtype, b.dtype)
    if a.device is not b.device:
        a, b = a.cpu(), b.cpu()
    if a.dtype is not b.dtype:
        common = PROMOTE[a.dtype, b.dtype]
        a, b = a.to(common), b.to(common)
    a, b = a.detach(), b.detach()
    matches = isclose(a, b, rtol=rtol, atol=atol, equal_nan=options.equal_nan)
    if matches.all():
        return None
    return _of_numbers(a.item(), b.item(), rtol, atol) if not a.ndim else _of_tensors(a, b, matches, rtol, atol)


def _attributes(a: Tensor, b: Tensor, options: Options) -> str | None:
    """The first attribute that differs and is looked at, in torch's order."""
    seen = [("shape", a.shape, b.shape, True), ("layout", a.layout, b.layout, options.check_layout)]
    seen.append(("stride()", a.stride(), b.stride(), options.check_stride))
    seen.append(("device", a.device, b.device, options.check_device))
    seen.append(("dtype", a.dtype, b.dtype, options.check_dtype))
    for name, x, y, looked_at in seen:
        if looked_at and x != y:
            return f"The values for attribute '{name}' do not match: {x} != {y}."
    return None


def _of_tensors(a: Tensor, b: Tensor, matches: Tensor, rtol: float, atol: float) -> str:
    """How many elements differ, and the greatest differences with their places."""
    if not a.dtype.is_floating_point and not a.dtype.is_complex:
        a, b = a.to(int64), b.to(int64)
    apart = (a - b).abs().masked_fill(matches, 0)
    relative = (apart / b.abs()).masked_fill(matches, 0)
    total, wrong = matches.numel(), int((~matches).sum())
    lines = [f"Mismatched elements: {wrong} / {total} ({wrong / total:.1%})"]
    for kind, difference, tolerance in (("absolute", apart, atol), ("relative", relative, rtol)):
        most, flat = difference.flatten().max(0)
        index = tuple(int(i) for i in np.unravel_index(int(flat), tuple(a.shape)))
        told = f"Greatest {kind} difference: {most.item()} at index {index}"
        lines.append(told + _allowed(tolerance, rtol or atol))
    return f"Tensor-likes are not {'close' if rtol or atol else 'equal'}!\n\n" + "\n".join(lines)


__all__ = ["assert_close"]
