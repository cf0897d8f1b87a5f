"""What a row of an operation table asks of a backend beyond one tensor for one formula, with libraries that fail it."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from conformance import matrix
from conformance.backend import load
from conformance.case import Trial
from conformance.law import empty, forms, gradient, layout, result, value
from conformance.operation import Operation, read_inputs, read_row

Law = Callable[[Operation, Trial], None]
TORCH = load("reference").namespace


def row(chapter: str = "linalg", **cells: str) -> Operation:
    """A row of a chapter; `through` and the other columns by their name, in-place forms as `forms`."""
    return read_row(f"{chapter}.some", list(cells), list(cells.values()))


def trial(**replaced: Any) -> Trial:
    """A trial on the reference with some of its functions replaced by those of a wrong library."""
    backend = load("reference")
    namespace = SimpleNamespace(**{**vars(TORCH), **replaced})
    found = type(backend)("wrong", "1", namespace)
    return Trial(found, "linalg.some", "linalg.some[cpu]", "cpu", "linalg.some[]")


def status(law: Law, operation: Operation, **replaced: Any) -> str:
    """What a law says of the reference, some of its functions replaced."""
    found = trial(**replaced)
    law(operation, found)
    return found.status


ZEROS = row(call="torch.zeros(2, 3, dtype=dtype)", inputs="none", dtypes="any", equals="np.zeros((2, 3))", forms="out")
DRAWN = row(call="torch.rand(2, 3)", inputs="none", dtypes="float32", equals="np.zeros((2, 3))", within="open")
SIZES = row(call="torch.broadcast_shapes((3, 1), (4,))", inputs="none", dtypes="int64", equals="(3, 4)", result="value")
ITEM = row(call="x.item()", inputs="x()", dtypes="bool int64 float32", equals="x", result="value")
SORTED = row(
    call="torch.sort(x)",
    inputs="x(5) in (0, 2)",
    dtypes="int64 float32 float64",
    equals="(np.sort(x), np.sort(x))",
    through="(result[0], x[result[1]])",
    result="same, int64",
    grad="first",
)


def test_factories() -> None:
    """Without inputs, in every dtype, and in the form with `out=`."""
    assert not ZEROS.inputs
    assert not any((ZEROS.differentiable, ZEROS.may_be_empty, ZEROS.may_be_strided, ZEROS.complex_differentiable))
    for law in (value.check, result.check, forms.check):
        assert status(law, ZEROS) == "pass"
    assert status(value.check, ZEROS, zeros=lambda *sizes, dtype: TORCH.ones(*sizes, dtype=dtype)) == "fail"
    assert status(result.check, ZEROS, zeros=lambda *sizes, dtype: TORCH.zeros(*sizes)) == "fail"


def test_open_values() -> None:
    """Any values of the right shape and dtype."""
    assert status(value.check, DRAWN) == "pass"
    assert status(value.check, DRAWN, rand=lambda *sizes: TORCH.rand(3, 2)) == "fail"
    assert status(result.check, DRAWN, rand=lambda *sizes: TORCH.rand(*sizes, dtype=TORCH.float64)) == "fail"


def test_python_values() -> None:
    """The value and its type."""
    assert not SIZES.gives_tensors
    assert status(value.check, SIZES) == "pass"
    assert status(value.check, SIZES, broadcast_shapes=lambda *shapes: [3, 4]) == "fail"
    assert status(value.check, SIZES, broadcast_shapes=lambda *shapes: (3.0, 4)) == "fail"
    assert status(value.check, ITEM) == "pass"
    assert not ITEM.differentiable


def test_through() -> None:
    """Expressions over the results and the inputs are compared, the dtypes are those of the call."""
    for law in (value.check, layout.check, empty.check, result.check, gradient.check):
        assert status(law, SORTED) == "pass"
    assert status(value.check, SORTED, sort=lambda x: (TORCH.sort(x)[0], TORCH.argsort(x) * 0)) == "fail"
    assert status(value.check, SORTED, sort=lambda x: TORCH.sort(x)[::-1]) == "fail"
    assert status(result.check, SORTED, sort=lambda x: (TORCH.sort(x)[0], TORCH.argsort(x).int())) == "fail"


COMPLEX = {
    "x * y": "x(3,4) y(4)",
    "x * x.conj()": "x(3,4)",
    "x.real * x.imag": "x(3,4)",
    "x * y * y": "x(3,4) y(4): float64",
    "torch.abs(x)": "x(3,4)",
}


@pytest.mark.parametrize("call", COMPLEX)
def test_complex_gradients(call: str) -> None:
    """Products, conjugates and parts; a real operand has a real gradient."""
    formula = call.replace("torch", "np")
    operation = row(call=call, inputs=COMPLEX[call], dtypes="complex", equals=formula, grad="first")
    assert operation.complex_differentiable
    assert status(gradient.check_complex, operation) == "pass"


def test_complex_gradient_that_is_not_conjugated() -> None:
    """The gradient of `x * y` to x is the incoming one times the conjugate of y."""
    operation = row(call="torch.mul(x, y)", inputs="x(3,4) y(4)", dtypes="complex", equals="x * y")
    assert status(gradient.check_complex, operation) == "pass"
    assert status(gradient.check_complex, operation, mul=lambda x, y: x * y.conj().detach()) == "fail"


def test_words_for_gradients() -> None:
    """`first` leaves the second derivative out, `real` the complex gradient."""
    cells = {"call": "torch.sin(x)", "inputs": "x(3,4)", "dtypes": "float complex", "equals": "np.sin(x)"}
    found = {word: row(**cells, grad=word) for word in ("", "first", "real", "first real", "no")}
    assert [item.twice_differentiable for item in found.values()] == [True, False, True, False, False]
    assert [item.complex_differentiable for item in found.values()] == [True, True, False, False, False]
    assert [item.differentiable for item in found.values()] == [True, True, True, True, False]


@pytest.mark.parametrize("dtype", ["float64", "complex128"])
@pytest.mark.parametrize("size", [1, 3, 4, 129])
def test_matrices(size: int, dtype: str) -> None:
    """Each kind is what its name says, in batches too, and can be inverted without loss."""
    for word in ("regular", "hermitian", "positive", "lower", "upper"):
        (item,) = read_inputs(f"x(2,5,5) {word}")
        found = matrix.draw(np.random.default_rng(0), item, dtype, (2, size, size))
        assert np.linalg.cond(found).max() < 20
        assert (word in ("hermitian", "positive")) <= np.array_equal(found, found.conj().swapaxes(-1, -2))
        assert (word == "positive") <= bool((np.linalg.eigvalsh(found) > 0).all())
        assert (word == "lower") <= np.array_equal(found, np.tril(found))
        assert (word == "upper") <= np.array_equal(found, np.triu(found))
        assert np.iscomplexobj(found) == (dtype == "complex128")


@pytest.mark.parametrize("law", [value.check, layout.check, empty.check, gradient.check, gradient.check_complex])
def test_laws_of_matrices(law: Law) -> None:
    """A product of batches: values, layouts, sizes of zero, gradients."""
    cells = {"call": "torch.matmul(x, y)", "inputs": "x(3,5,5) regular y(5,5) lower", "equals": "x @ y"}
    assert status(law, row(**cells, dtypes="float complex")) == "pass"


def test_kinds() -> None:
    """A chapter gives its rows their kind, and a row may say otherwise."""
    cells = {"call": "torch.exp(x)", "inputs": "x(3,4)", "dtypes": "float", "equals": "np.exp(x)"}
    assert row("special", **cells).may_be_zero_dim
    assert not row("pointwise", **cells, kind="moving").may_be_zero_dim
    assert row("fft", **cells).accumulates
    assert row("fft", **cells, kind="elementwise").allowance == (False, 1.0)
