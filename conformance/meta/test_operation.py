"""Rows of operation tables: what is read from them, and what is refused with the reason."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from conformance.operation import OperationError, read_dtypes, read_inputs, read_row
from conformance.planning import operations
from conformance.promotion import DTYPES, promote, result_dtype
from conformance.specification import load

ROW = {"call": "torch.add(x, y)", "inputs": "x(3,4) y(4)", "dtypes": "number", "equals": "x + y"}

REFUSED = {
    "inputs": ("x[3,4]", "cannot read the inputs from 'x[3,4]'"),
    "sizes": ("x(3,*)", "cannot read the inputs"),
    "input dtype": ("x(3): float", "unknown dtype 'float' of input x"),
}


def row(**changed: str) -> dict[str, str]:
    """The cells of a good row with some of them changed."""
    return {**ROW, **changed}


def test_inputs() -> None:
    """Sizes, own dtype, interval and words of each input."""
    x, n, w = read_inputs("x(3,4+,=2) in (-0.5, 4) nonzero n(4): int64 in (0, 3) w() distinct")
    assert [size.value for size in x.sizes] == [3, 4, 2]
    assert (x.low, x.high, x.nonzero, x.dtype) == (-0.5, 4.0, True, None)
    assert (n.dtype, n.low, n.high) == ("int64", 0.0, 3.0)
    assert w.sizes == ()
    assert w.distinct


def test_sizes() -> None:
    """Equal numbers change together; a size that is held does not shrink."""
    x, y = read_inputs("x(3,4+) y(4+,1)")
    assert x.shape({3: 0, 4: 129}) == (0, 129)
    assert x.shape({3: 5, 4: 0}) == (5, 4)
    assert y.shape({1: 7}) == (4, 1)


def test_dtypes() -> None:
    """Words name groups, and a minus takes away."""
    assert read_dtypes("half float") == ("float16", "bfloat16", "float32", "float64")
    assert "uint8" not in read_dtypes("any -uint8")
    assert set(read_dtypes("any")) == set(DTYPES)
    with pytest.raises(OperationError, match="unknown dtype word 'floating'"):
        read_dtypes("floating")


@pytest.mark.parametrize("name", REFUSED)
def test_refused_inputs(name: str) -> None:
    """A cell that cannot be read is named."""
    cell, words = REFUSED[name]
    with pytest.raises(OperationError) as refusal:
        read_inputs(cell)
    assert words in str(refusal.value)


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (row(equal="x"), "unknown column 'equal'"),
        (row(equals=""), "the column 'equals' is missing or empty"),
        (row(call="torch.add(x,"), "cannot compile"),
        (row(grad="yes"), "the cell 'grad' is 'yes', expected no, first, real or first real"),
        (row(within="loose"), "the cell 'within' is 'loose'"),
        (row(kind="pointwise"), "the cell 'kind' is 'pointwise', expected one of elementwise, moving"),
        (row(result="wide"), "unknown result rule 'wide'"),
        (row(result="value", forms="method, out"), "no form but method"),
        (row(call="torch.zeros(2)", inputs="none", forms="method"), "no form but out"),
        (row(inputs="x(3,4) regular"), "the input x is regular, so its last two sizes are equal"),
        (row(inputs="dtype(3)"), "an input cannot be called 'dtype'"),
        (row(through="result["), "cannot compile"),
    ],
)
def test_refused_rows(cells: dict[str, str], words: str) -> None:
    """A row that departs from the grammar tells what was expected."""
    with pytest.raises(OperationError) as refusal:
        read_row("pointwise.add", list(cells), list(cells.values()))
    assert words in str(refusal.value)


def test_promotion_is_a_lattice() -> None:
    """Promotion is commutative, associative and idempotent over every dtype."""
    for a, b, c in product(DTYPES, repeat=3):
        assert promote(a, a) == a
        assert promote(a, b) == promote(b, a)
        assert promote(promote(a, b), c) == promote(a, promote(b, c)), (a, b, c)


def test_promotion_against_numpy() -> None:
    """Where NumPy has the dtypes and mixes no kinds, it promotes alike."""
    shared = [dtype for dtype in DTYPES if dtype != "bfloat16"]
    for a, b in product(shared, repeat=2):
        if np.dtype(a).kind in "ui" and np.dtype(b).kind in "ui":
            assert promote(a, b) == np.promote_types(a, b).name, (a, b)
    assert promote("int64", "float16") == "float16"
    assert promote("float64", "complex64") == "complex128"
    assert promote("float16", "bfloat16") == "float32"


def test_result_rules() -> None:
    """The rules of the column `result`."""
    assert [result_dtype("float", dtype) for dtype in ("bool", "int16", "float64")] == ["float32", "float32", "float64"]
    assert [result_dtype("total", dtype) for dtype in ("bool", "uint8", "float16")] == ["int64", "int64", "float16"]
    assert result_dtype("real", "complex128") == "float64"
    assert [result_dtype("complex", dtype) for dtype in ("int8", "float64", "complex64")] == [
        "complex64",
        "complex128",
        "complex64",
    ]
    assert [result_dtype("float real", dtype) for dtype in ("int8", "float64", "complex64")] == [
        "float32",
        "float64",
        "float32",
    ]
    with pytest.raises(ValueError, match="unknown result rule"):
        result_dtype("wide", "float32")


@pytest.mark.parametrize("chapter", ["pointwise", "special", "reduce", "compare"])
def test_rows_of_the_specification(chapter: str) -> None:
    """No size equals the rank of its tensor, so that one taken for the other shows."""
    for operation in operations(load(), chapter):
        for item in operation.inputs:
            ranks = [size.value for size in item.sizes if size.value == len(item.sizes) and not size.fixed]
            assert not ranks, f"{operation.call}: {item.name}"
