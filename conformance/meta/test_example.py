"""What the comments of an example demand, on a toy library: every form accepts what it says and refuses the rest."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.meta.toy import example

HOLDS = [
    "1 + 1  # -> 2",
    "torch.tensor([1.0, 2.0])  # -> [1.0, 2.0]",
    "torch.tensor([1, 2]) + 1  # -> [2, 3]",
    "torch.tensor([1.0])  # -> torch.tensor([1.0])",
    "torch.tensor([float('nan')])  # -> [float('nan')]",
    "-torch.tensor([0.0])  # -> [-0.0]",
    "(1, 2)  # -> (1, 2)",
    "__import__('time').gmtime(0)[:3]  # -> (1970, 1, 1)",
    "None  # -> None",
    "{'a': 1}  # -> {'a': 1}",
    "3  # in (2, 3)",
    "torch.refuse()  # raises RuntimeError: no such",
    "torch.refuse()  # raises Exception: no such",
    "x = torch.tensor([1.0])\nx.shape  # -> (1,)",
    "torch.warn()  # warns UserWarning: care",
    "with open('/dev/null'):\n    1 + 1  # -> 2",
]
FAILS = [
    "1 + 1  # -> 3",
    "True  # -> 1",
    "1  # -> True",
    "3  # -> 3.0",
    "3.0  # -> 3",
    "'3'  # -> 3",
    "None  # -> 0",
    "0  # -> None",
    "(1, 2)  # -> [1, 2]",
    "(1, 2)  # -> (1, 2, 3)",
    "(1, True)  # -> (1, 1)",
    "{'a': 1}  # -> {'b': 1}",
    "4  # in (2, 3)",
    "torch.tensor([1.0, 2.0])  # -> [1.0, 2.5]",
    "torch.tensor([1.0, 2.0])  # -> [[1.0, 2.0]]",
    "torch.tensor([1.0, 1.0])  # -> 1.0",
    "torch.tensor([1.0])  # -> torch.tensor([1])",
    "torch.tensor([1])  # -> [True]",
    "torch.tensor([True])  # -> [1]",
    "torch.tensor([float('nan')])  # -> [1.0]",
    "torch.tensor([0.0])  # -> [-0.0]",
    "torch.tensor([1.0])  # -> 'tensor'",
    "[1.0, 2.0]  # -> torch.tensor([1.0, 2.0])",
    "torch.refuse()  # raises ValueError: no such",
    "torch.refuse()  # raises RuntimeError: other words",
    "torch.refuse()  # -> 1",
    "1  # raises RuntimeError: no such",
    "1  # warns UserWarning: care",
    "torch.warn()  # warns UserWarning: other words",
    "torch.warn()  # warns DeprecationWarning: care",
    "torch.refuse()\n1  # -> 1",
    "with open('/dev/null'):\n    1 + 1  # -> 3",
]


@pytest.mark.parametrize("source", HOLDS)
def test_holds(source: str) -> None:
    """True statements pass."""
    assert example(source).status == "pass", example(source).cases[0].checks


@pytest.mark.parametrize("source", FAILS)
def test_fails(source: str) -> None:
    """False statements fail; none of them is an error or missing."""
    assert example(source).status == "fail"


def test_a_document_that_cannot_be_read_is_no_answer() -> None:
    """A broken cell or comment is an error, and not the backend's failure."""
    assert example("1  # -> n", "n", "1 +").status == "error"
    assert example("1  # gives 1").status == "error"


def test_every_statement_is_held() -> None:
    """A later statement that holds does not hide one that does not, and all are recorded."""
    (case,) = example("1  # -> 2\n2  # -> 2").cases
    assert [check.ok for check in case.checks] == [False, True]
    assert case.checks[0].name == "toy.md:1: 1"


def test_a_name_that_is_missing() -> None:
    """Missing, and the place tells where; `raises AttributeError` is the one statement that may expect it."""
    found = example("x = 1\ntorch.nothing(x)  # -> 2")
    assert found.status == "missing"
    assert found.cases[0].where == "toy.md:2: torch.nothing(x)"
    assert example("torch.nothing(1)  # raises RuntimeError: words").status == "missing"
    assert example("torch.nothing  # raises AttributeError: nothing\n1  # -> 1").status == "pass"
    assert example("torch.tensor([1.0]).nothing()  # -> 2").status == "missing"
    assert example("None.nothing  # -> 2").status == "fail"


def test_a_row_binds_its_columns() -> None:
    """Cells are expressions over the names of an example, the device among them."""
    source = "torch.tensor(values).shape  # -> shape\ndevice  # -> where"
    assert example(source, "values|shape|where", "[1.0, 2.0]|(2,)|'cpu'").status == "pass"
    assert example(source, "values|shape|where", "[1.0, 2.0]|(3,)|'cpu'").status == "fail"
    assert example("1  # -> n", "n", "torch.nothing").status == "missing"


def test_the_accelerator_is_bound_where_it_is_required() -> None:
    """And nowhere else."""
    places: dict[str, Any] = {"devices": ("cpu", "sim:0"), "accelerator": "sim:0"}
    assert example("accelerator  # -> 'sim:0'", requires=("accelerator",), **places).status == "pass"
    assert example("accelerator  # -> 'sim:0'", **places).status == "fail"


def test_a_companion_is_bound_where_it_is_required() -> None:
    """And nowhere else."""
    there: dict[str, Any] = {"companions": {"safetensors": "the package"}}
    assert example("safetensors  # -> 'the package'", requires=("safetensors",), **there).status == "pass"
    assert example("safetensors  # -> 'the package'", **there).status == "fail"


def test_a_backend_may_wrap_the_example() -> None:
    """Under a compiler, say: what it does not run, does not pass."""
    assert example("1  # -> 1", wrap=lambda run: run).status == "pass"
    assert example("1  # -> 1", wrap=lambda run: lambda: None).status == "error"
