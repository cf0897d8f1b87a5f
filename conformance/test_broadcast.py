"""Laws of the chapter broadcast: pairs of shapes, and every operation that broadcasts."""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from conformance import specification
from conformance.case import Case, Trial

Shape = tuple[int, ...]

FLOATS = ("float32", "float64")
HALVES = {"float16": "half", "bfloat16": "bf16"}
INTEGERS = ("uint8", "int8", "int16", "int32", "int64")
LARGE = 1000
PAIRS: tuple[tuple[Shape, Shape], ...] = (
    ((3, 1), (2,)),
    ((2,), (3, 1)),
    ((4, 1), (4,)),
    ((2, 1, 3), (1, 4, 1)),
    ((), (2, 3)),
    ((2, 3), ()),
    ((2, 1), (0,)),
    ((1,), (1, 1)),
)
REFUSED: tuple[tuple[Shape, Shape, str], ...] = (
    ((2,), (3,), "The size of tensor a (2) must match the size of tensor b (3) at non-singleton dimension 0"),
    ((4, 2), (5, 4, 3), "The size of tensor a (2) must match the size of tensor b (3) at non-singleton dimension 2"),
    ((5, 4, 3), (2, 3), "The size of tensor a (4) must match the size of tensor b (2) at non-singleton dimension 1"),
    ((0,), (2, 2), "The size of tensor a (0) must match the size of tensor b (2) at non-singleton dimension 1"),
)
DIVISIONS = {"div", "div_", "atan2"}
INTEGRAL = {"bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_left_shift", "bitwise_right_shift", "gcd", "lcm"}


def named(trial: Trial, expression: str) -> Any:
    """The backend's function that a cell such as ``torch.add`` names."""
    return functools.reduce(getattr, expression.split(".")[1:], trial.namespace)


def formula_of(expression: str) -> Any:
    """NumPy's function that a cell such as ``np.add`` names."""
    return getattr(np, expression.removeprefix("np."))


def sample(trial: Trial, name: str, *shapes: Shape) -> list[np.ndarray]:
    """Small positive integers, the same for every dtype: exact in each of them, and no divisor is zero."""
    generator = trial.generator(name)
    return [np.asarray(generator.integers(1, 5, shape)) for shape in shapes]


def tensor(trial: Trial, values: np.ndarray, dtype: str) -> Any:
    """`values` on the device under test."""
    torch = trial.namespace
    made = torch.tensor(values.tolist(), dtype=getattr(torch, dtype), device=trial.device)
    return made.reshape(values.shape)


def precise(values: np.ndarray, dtype: str) -> np.ndarray:
    """`values` as a formula takes them: in double precision, or as integers."""
    return values.astype(np.int64 if dtype in INTEGERS else np.float64)


def result_dtype(name: str, want: np.ndarray, dtype: str) -> str:
    """The dtype of the result, from the kind of the formula's result."""
    if want.dtype == bool:
        return "bool"
    return "float32" if name in DIVISIONS and dtype in INTEGERS else dtype


def dtypes_of(trial: Trial, name: str) -> list[str]:
    """The dtypes in which an operation is tried."""
    halves = tuple(dtype for dtype, need in HALVES.items() if need not in trial.backend.lacks)
    every = INTEGERS if name in INTEGRAL else (*FLOATS, *halves, *INTEGERS)
    return [dtype for dtype in every if trial.dtype in (None, dtype)]


def compare(case: Case, got: Any, want: np.ndarray, dtype: str) -> None:
    """Result dtype, shape and values."""
    case.equal("dtype", got.dtype, getattr(case.trial.namespace, dtype))
    case.close(got, want, dtype=dtype)


@pytest.mark.clause("broadcast.rule.shape")
def test_shape(row: dict[str, str], trial: Trial) -> None:
    """Addition and multiplication in both orders have the stated shape and NumPy's values."""
    x_shape, y_shape, result = (ast.literal_eval(row[name]) for name in ("x", "y", "result"))
    x, y = sample(trial, "values", x_shape, y_shape)
    for dtype in dtypes_of(trial, "add"):
        for call, a, b in (("x + y", x, y), ("y + x", y, x), ("x * y", x, y), ("y * x", y, x)):
            with trial.case(f"{dtype} {call}", call=call, inputs=f"x: {dtype} {x_shape}, y: {dtype} {y_shape}") as case:
                left, right = tensor(trial, a, dtype), tensor(trial, b, dtype)
                got = left + right if "+" in call else left * right
                case.equal("shape", tuple(got.shape), result)
                compare(case, got, precise(a, dtype) + b if "+" in call else precise(a, dtype) * b, dtype)
    with trial.case("broadcast_shapes", call=f"torch.broadcast_shapes({x_shape}, {y_shape})") as case:
        case.equal("shape", tuple(trial.namespace.broadcast_shapes(x_shape, y_shape)), result)


@pytest.mark.clause("broadcast.rule.operation")
def test_operation(row: dict[str, str], trial: Trial) -> None:
    """Each operation equals its formula over pairs of shapes and dtypes."""
    name, formula = row["operation"].removeprefix("torch."), formula_of(row["formula"])
    for dtype in dtypes_of(trial, name):
        for x_shape, y_shape in PAIRS:
            inputs = f"x: {dtype} {x_shape}, y: {dtype} {y_shape}"
            with trial.case(f"{dtype} {x_shape} {y_shape}", call=f"torch.{name}(x, y)", inputs=inputs) as case:
                x, y = sample(trial, f"{x_shape} {y_shape}", x_shape, y_shape)
                got = named(trial, row["operation"])(tensor(trial, x, dtype), tensor(trial, y, dtype))
                want = np.asarray(formula(precise(x, dtype), precise(y, dtype)))
                compare(case, got, want, result_dtype(name, want, dtype))


@pytest.mark.clause("broadcast.error.operation")
def test_refused(trial: Trial) -> None:
    """The operations of the table above refuse, and name sizes and dimension."""
    table = specification.load().clauses["broadcast.rule.operation"].tables[0]
    for row in table.records():
        name = row["operation"].removeprefix("torch.")
        dtype = "int64" if name in INTEGRAL else "float32"
        for x_shape, y_shape, words in REFUSED:
            with trial.case(f"{name} {x_shape} {y_shape}", call=f"torch.{name}(x, y)") as case:
                x, y = sample(trial, "refused", x_shape, y_shape)
                operation, left, right = (
                    named(trial, row["operation"]),
                    tensor(trial, x, dtype),
                    tensor(trial, y, dtype),
                )
                with case.raises("RuntimeError", words):
                    operation(left, right)


@pytest.mark.clause("broadcast.inplace.operation")
def test_inplace(row: dict[str, str], trial: Trial) -> None:
    """The target keeps its shape and its identity; where it would have to grow, it keeps its values too."""
    method, formula = row["method"], formula_of(row["formula"])
    for dtype in dtypes_of(trial, method):
        if method in DIVISIONS and dtype in INTEGERS:
            continue
        for shape, other in (((3, 2), (2,)), ((3, 2), (3, 1)), ((2, 3, 2), (1, 2)), ((3,), ()), ((0, 2), (2,))):
            inputs = f"x: {dtype} {shape}, y: {dtype} {other}"
            with trial.case(f"{dtype} {shape} {other}", call=f"x.{method}(y)", inputs=inputs) as case:
                a, b = sample(trial, f"{shape} {other}", shape, other)
                x, y = tensor(trial, a, dtype), tensor(trial, b, dtype)
                got = getattr(x, method)(y)
                case.holds("returns", got is x, "the target itself", "the target" if got is x else "another object")
                compare(case, x, np.asarray(formula(precise(a, dtype), precise(b, dtype))), dtype)
    refuse_growth(trial, method)


def refuse_growth(trial: Trial, method: str) -> None:
    """The target is smaller than the common shape."""
    for shape, other, common in (((1,), (3,), [3]), ((3, 1), (1, 2), [3, 2]), ((2,), (3, 2), [3, 2]), ((), (1,), [1])):
        words = f"output with shape {list(shape)} doesn't match the broadcast shape {common}"
        inputs = f"x: float32 {shape}, y: float32 {other}"
        with trial.case(f"grow {shape} {other}", call=f"x.{method}(y)", inputs=inputs) as case:
            a, b = sample(trial, f"grow {shape} {other}", shape, other)
            x, y = tensor(trial, a, "float32"), tensor(trial, b, "float32")
            write = getattr(x, method)
            with case.raises("RuntimeError", words):
                write(y)
            case.same(x, a.astype(np.float32), "target")


def summed(values: np.ndarray, shape: Shape) -> np.ndarray:
    """`values` summed over the positions that each element of an operand of `shape` met."""
    values = values.sum(axis=tuple(range(values.ndim - len(shape))))
    repeated = tuple(axis for axis, size in enumerate(shape) if size == 1 and values.shape[axis] != 1)
    return np.asarray(values.sum(axis=repeated, keepdims=True))


def partials(call: str, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The derivatives of ``call`` by x and y, each in the common shape."""
    x, y = np.broadcast_arrays(x, y)
    one = np.ones_like(x)
    found = {"x + y": (one, one), "x - y": (one, -one), "x * y": (y, x), "x / y": (1 / y, -x / y**2)}
    return found[call]


OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "x + y": lambda x, y: x + y,
    "x - y": lambda x, y: x - y,
    "x * y": lambda x, y: x * y,
    "x / y": lambda x, y: x / y,
}


@pytest.mark.clause("broadcast.gradient.shape")
def test_gradient(trial: Trial) -> None:
    """Every pair of the table of shapes, four operators, a weighted sum so that no position counts as another."""
    table = specification.load().clauses["broadcast.rule.shape"].tables[0]
    for row in table.records():
        x_shape, y_shape, common = (ast.literal_eval(row[name]) for name in ("x", "y", "result"))
        if np.prod(common) > LARGE:
            continue
        for dtype in FLOATS:
            for call in OPERATORS:
                inputs = f"x: {dtype} {x_shape}, y: {dtype} {y_shape}, w: {dtype} {common}"
                name = f"{dtype} {call} {x_shape} {y_shape}"
                with trial.case(name, call=f"(({call}) * w).sum().backward()", inputs=inputs) as case:
                    compare_gradients(case, call, dtype, (x_shape, y_shape, common))


def compare_gradients(case: Case, call: str, dtype: str, shapes: tuple[Shape, Shape, Shape]) -> None:
    """The gradients of one weighted sum, against the partial derivatives summed by hand."""
    a, b, w = sample(case.trial, str(shapes), *shapes)
    x, y = (tensor(case.trial, values, dtype).requires_grad_() for values in (a, b))
    (OPERATORS[call](x, y) * tensor(case.trial, w, dtype)).sum().backward()
    for name, leaf, partial in zip("xy", (x, y), partials(call, a * 1.0, b * 1.0), strict=True):
        case.equal(f"dtype of the gradient of {name}", leaf.grad.dtype, getattr(case.trial.namespace, dtype))
        case.close(leaf.grad, summed(partial * w, tuple(leaf.shape)), dtype=dtype, factor=4, name=f"gradient of {name}")


@pytest.mark.clause("broadcast.ternary.shape")
def test_ternary(row: dict[str, str], trial: Trial) -> None:
    """Each operand in turn is the one that lacks dimensions."""
    shapes: tuple[tuple[Shape, Shape, Shape], ...] = (
        ((4, 1, 1), (3, 1), (2,)),
        ((2,), (4, 1, 1), (3, 1)),
        ((3, 1), (2,), (4, 1, 1)),
        ((3, 2), (), (3, 1)),
        ((2, 1), (0,), (1, 1)),
    )
    for dtype in FLOATS:
        for chosen in shapes:
            inputs = ", ".join(f"{name}: {dtype} {shape}" for name, shape in zip("abc", chosen, strict=True))
            with trial.case(f"{dtype} {chosen}", call=row["operation"], inputs=inputs) as case:
                values = [item.astype(np.float64) for item in sample(trial, str(chosen), *chosen)]
                want = eval(row["formula"], {"np": np, **dict(zip("abc", values, strict=True))})
                tensors = {name: tensor(trial, item, dtype) for name, item in zip("abc", values, strict=True)}
                compare(case, eval(row["operation"], {"torch": trial.namespace, **tensors}), want, dtype)
